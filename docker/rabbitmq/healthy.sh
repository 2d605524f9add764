#!/bin/bash
# The container's health: exit code 0 when the broker completes a TLS handshake and greets a client.
set -euo pipefail
tls=${MAMMOVLM_TLS_DIR:-/run/secrets}
# The broker's own certificate is enough to be greeted: AMQP's Connection.Start names the product.
printf 'AMQP\0\0\11\1' | timeout 5 openssl s_client -quiet -no_ign_eof -verify_return_error \
    -connect "127.0.0.1:${MAMMOVLM_AMQPS_PORT:-5671}" -CAfile "$tls/ca.crt" \
    -cert "$tls/rabbitmq.crt" -key "$tls/rabbitmq.key" 2>/dev/null | grep --quiet --text RabbitMQ
