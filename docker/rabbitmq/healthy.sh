#!/bin/bash
# The container's health: exit code 0 when the broker's port answers with a certificate of our authority.
# No client certificate is shown, so the broker then ends the connection; nobody logs in.
set -euo pipefail
told=$(timeout 8 openssl s_client -verify_return_error -CAfile "${MAMMOVLM_TLS_DIR:-/run/secrets}/ca.crt" \
    -connect "127.0.0.1:${MAMMOVLM_AMQPS_PORT:-5671}" </dev/null 2>&1) || true
[[ $told == *'Verify return code: 0 (ok)'* ]]
