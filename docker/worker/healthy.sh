#!/bin/bash
# The container's health: exit code 0 while the worker holds a connection to the broker's port.
# Whether it takes jobs, the plugin sees at the queue (metrics, alerts).
set -euo pipefail
port=${MAMMOVLM_BROKER_URL##*:}
printf -v port '%04X' "${port%%/*}"
# Columns of /proc/net/tcp: ..., remote address:port in hexadecimal, state (01: established).
awk -v port=":$port" '$4 == "01" && $3 ~ port "$" {found = 1} END {exit !found}' /proc/net/tcp /proc/net/tcp6
