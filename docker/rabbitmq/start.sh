#!/bin/bash
# Starts RabbitMQ with TLS, users and rights; in its container, under systemd, and in the tests.
# Needs in MAMMOVLM_TLS_DIR: ca.crt, rabbitmq.crt, rabbitmq.key; in MAMMOVLM_BROKER_USERS_FILE: the
# users (`mammovlm passwords`). RABBITMQ_... variables are RabbitMQ's own.
set -euo pipefail
here=$(dirname "$(realpath "$0")")

export MAMMOVLM_TLS_DIR=${MAMMOVLM_TLS_DIR:-/run/secrets}
export MAMMOVLM_AMQPS_ADDRESS=${MAMMOVLM_AMQPS_ADDRESS:-0.0.0.0} MAMMOVLM_AMQPS_PORT=${MAMMOVLM_AMQPS_PORT:-5671}
users=${MAMMOVLM_BROKER_USERS_FILE:-/run/secrets/rabbitmq_users.json}
data=${MAMMOVLM_BROKER_DIR:-/var/lib/mammovlm/rabbitmq}
run=${MAMMOVLM_RUN_DIR:-/run/mammovlm}

export MAMMOVLM_BROKER_DEFINITIONS=$run/definitions
umask 077
mkdir -p "$data/log" "$MAMMOVLM_BROKER_DEFINITIONS"
# Read in the order of their names: users first, then what refers to them.
cp "$users" "$MAMMOVLM_BROKER_DEFINITIONS/10-users.json"
cp "$here/rights.json" "$MAMMOVLM_BROKER_DEFINITIONS/20-rights.json"
# shellcheck disable=SC2016  # the names are for envsubst
envsubst '$MAMMOVLM_TLS_DIR $MAMMOVLM_AMQPS_ADDRESS $MAMMOVLM_AMQPS_PORT $MAMMOVLM_BROKER_DEFINITIONS' \
    <"$here/rabbitmq.conf" >"$run/rabbitmq.conf"
echo '[].' >"$run/enabled_plugins"

export HOME=$data # where Erlang keeps its cookie
export RABBITMQ_NODENAME=${RABBITMQ_NODENAME:-mammovlm@localhost}
export RABBITMQ_CONFIG_FILE=$run/rabbitmq.conf RABBITMQ_ADVANCED_CONFIG_FILE=$run/advanced.config
export RABBITMQ_CONF_ENV_FILE=$run/rabbitmq-env.conf RABBITMQ_ENABLED_PLUGINS_FILE=$run/enabled_plugins
export RABBITMQ_MNESIA_BASE=$data/mnesia RABBITMQ_LOG_BASE=$data/log RABBITMQ_PID_FILE=$run/rabbitmq.pid
# One node: its Erlang ports are for this machine (this container) alone.
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
export ERL_EPMD_ADDRESS=127.0.0.1
exec /usr/lib/rabbitmq/bin/rabbitmq-server
