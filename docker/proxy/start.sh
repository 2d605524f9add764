#!/bin/bash
# Starts nginx with TLS in front of Orthanc; in its container, under systemd, and in the tests.
# Needs in MAMMOVLM_TLS_DIR: proxy.crt, proxy.key.
set -euo pipefail
here=$(dirname "$(realpath "$0")")

export MAMMOVLM_TLS_DIR=${MAMMOVLM_TLS_DIR:-/run/secrets} MAMMOVLM_RUN_DIR=${MAMMOVLM_RUN_DIR:-/run/mammovlm}
export MAMMOVLM_HTTPS_ADDRESS=${MAMMOVLM_HTTPS_ADDRESS:-0.0.0.0} MAMMOVLM_HTTPS_PORT=${MAMMOVLM_HTTPS_PORT:-8443}
export MAMMOVLM_ORTHANC_HTTP=${MAMMOVLM_ORTHANC_HTTP:-orthanc:8042}
nameserver=$(awk '$1 == "nameserver" {print $2; exit}' /etc/resolv.conf)
case $nameserver in
    *:*) MAMMOVLM_RESOLVER="[$nameserver]" ;;
    *) MAMMOVLM_RESOLVER=${nameserver:-127.0.0.1} ;;
esac
export MAMMOVLM_RESOLVER

umask 077
mkdir -p "$MAMMOVLM_RUN_DIR"
# shellcheck disable=SC2016  # the names are for envsubst
envsubst '$MAMMOVLM_TLS_DIR $MAMMOVLM_RUN_DIR $MAMMOVLM_HTTPS_ADDRESS $MAMMOVLM_HTTPS_PORT
    $MAMMOVLM_ORTHANC_HTTP $MAMMOVLM_RESOLVER' <"$here/nginx.conf" >"$MAMMOVLM_RUN_DIR/nginx.conf"
# nginx opens /dev/stdout by name, which it cannot where that is a socket, as under systemd.
exec nginx -e stderr -c "$MAMMOVLM_RUN_DIR/nginx.conf" > >(exec cat)
