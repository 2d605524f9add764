#!/bin/bash
# Starts a worker; in its container, under systemd, and in the tests. Arguments go to Celery.
# Use: start.sh [OPTION...] | start.sh doctor [OPTION...]      doctor: `mammovlm doctor` with the same settings
# Needs in MAMMOVLM_TLS_DIR: ca.crt, worker.crt, worker.key; in MAMMOVLM_SECRETS_DIR:
# mammovlm_broker_password, mammovlm_dicomweb_password.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
home=${MAMMOVLM_HOME:-$(realpath "$here/../..")}

: "${MAMMOVLM_BROKER_URL:?is missing: amqps://worker@HOST:5671/mammovlm}"
: "${MAMMOVLM_DICOMWEB_URL:?is missing: https://HOST:8443/dicom-web}"
tls=${MAMMOVLM_TLS_DIR:-/run/secrets}
export MAMMOVLM_SECRETS_DIR=${MAMMOVLM_SECRETS_DIR:-/run/secrets}
export MAMMOVLM_DICOMWEB_USER=${MAMMOVLM_DICOMWEB_USER:-worker}
export MAMMOVLM_DICOMWEB_CA_BUNDLE=$tls/ca.crt MAMMOVLM_BROKER_CA_BUNDLE=$tls/ca.crt
export MAMMOVLM_BROKER_CERTIFICATE=$tls/worker.crt MAMMOVLM_BROKER_KEY=$tls/worker.key
export MAMMOVLM_DECLARE_QUEUES=false
export MAMMOVLM_LOG_FORMAT=${MAMMOVLM_LOG_FORMAT:-json}
python=${MAMMOVLM_PYTHON:-$home/.venv/bin/python}
if [ -z "${MAMMOVLM_WORKERS:-}" ]; then
    MAMMOVLM_WORKERS=$("$python" -c 'from mammovlm.stack.reading_processes import default_processes as of; print(of())')
fi
export MAMMOVLM_WORKERS
if [ "${1:-}" = doctor ]; then
    export MAMMOVLM_ORTHANC_URL=${MAMMOVLM_ORTHANC_URL:-${MAMMOVLM_DICOMWEB_URL%/dicom-web}}
    exec "$python" -c 'from mammovlm.cli import main; main()' "$@"
fi
exec "$python" -m celery --app mammovlm.tasks worker \
    --pool prefork --concurrency "$MAMMOVLM_WORKERS" \
    --without-mingle --without-gossip --without-heartbeat --loglevel INFO "$@"
