#!/bin/bash
# Prints the first Python that can make the virtual environment: 3.11 to 3.13, with venv and pip.
# PYTHON=/path/to/python names one oneself. Exit 1: there is none.
set -euo pipefail
check='import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
for python in ${PYTHON:-python3.11 python3 python3.12 python3.13 /usr/bin/python3}; do
    if command -v "$python" >/dev/null && "$python" -c "$check" 2>/dev/null; then
        "$python" -c 'import sys; print(sys.executable)'
        exit 0
    fi
done
exit 1
