#!/bin/bash
# Starts Orthanc with MammoVLM's plugin; in its container, under systemd, and in the tests.
# Needs in MAMMOVLM_TLS_DIR: ca.crt, orthanc.crt, orthanc.key; in the files that are named below:
# users, modalities, the broker's password. Arguments go to Orthanc.
set -euo pipefail
here=$(dirname "$(realpath "$0")")

export MAMMOVLM_HOME=${MAMMOVLM_HOME:-$(realpath "$here/../..")}
export MAMMOVLM_OHIF_DIR=${MAMMOVLM_OHIF_DIR:-$MAMMOVLM_HOME/orthanc/without_ohif}
: "${MAMMOVLM_BROKER_URL:?is missing: amqps://plugin@HOST:5671/mammovlm}"
: "${MAMMOVLM_PUBLIC_HOST:?is missing: name (and port, unless 443) by which browsers reach the proxy}"
run=${MAMMOVLM_RUN_DIR:-/run/mammovlm}
users=${MAMMOVLM_USERS_FILE:-/run/secrets/orthanc_users.json}
modalities=${MAMMOVLM_MODALITIES_FILE:-/etc/mammovlm/modalities.json}
export PGPASSFILE=${PGPASSFILE:-/run/secrets/orthanc_pgpass}

configuration=$run/orthanc
rm -rf "$configuration"
mkdir -p "$configuration"
# Orthanc joins the groups of settings of all files in a folder; the users' passwords stay theirs.
ln -s "$users" "$configuration/users.json"
ln -s "$modalities" "$configuration/modalities.json"
plugins=plugins.json
[ -z "${MAMMOVLM_POSTGRESQL:-}" ] || plugins=postgresql.json
for file in orthanc.json "$plugins"; do
    ln -s "$MAMMOVLM_HOME/orthanc/production/$file" "$configuration/$file"
done
PATH=$PATH:/usr/sbin exec Orthanc "$@" "$configuration"
