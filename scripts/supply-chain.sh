#!/bin/bash
# What the installation is made of, and whether it is known to be vulnerable.
# Use: supply-chain.sh sbom | audit | hashes
#   sbom     writes var/sbom.json (CycloneDX 1.6, JSON): every package of .venv, with version and licence
#   audit    asks PyPI's vulnerability service about these versions; fails where it does not answer
#   hashes   writes hashes.txt anew, from what the index has for the versions of constraints.txt
# The tools have an environment of their own, so that they are not part of what they list.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=var/supply-chain
export PIP_DISABLE_PIP_VERSION_CHECK=1

if ! cmp --silent scripts/supply-chain.txt "$tools/installed.txt"; then
    python=$(scripts/find-python.sh)
    echo "supply chain: setting up the tools in $tools" >&2
    "$python" -m venv --clear "$tools"
    "$tools/bin/python" -m pip install --quiet --require-hashes --requirement scripts/supply-chain.txt
    cp scripts/supply-chain.txt "$tools/installed.txt"
fi

sbom() {
    "$tools/bin/cyclonedx-py" environment --output-reproducible --spec-version 1.6 \
        --pyproject pyproject.toml --output-file var/sbom.json .venv/bin/python
    echo "var/sbom.json: $(grep -c '"purl"' var/sbom.json) packages"
}

audit() {
    local list code=0 unknown
    list=$(mktemp)
    # "+cpu" is a build of the same version, which the service does not know by that name.
    .venv/bin/python -m pip freeze --exclude-editable | sed 's/+cpu$//' >"$list"
    "$tools/bin/pip-audit" --requirement "$list" --no-deps --disable-pip --progress-spinner off \
        >"$list.told" 2>&1 || code=$?
    unknown=$(grep -c 'could not be audited' "$list.told" || true)
    if [ "$unknown" -gt 0 ]; then
        code=3
        echo "audit: of $unknown of $(wc -l <"$list") packages NOTHING IS KNOWN: the vulnerability" \
            "service of pypi.org did not answer for them. Run this where it can be reached." >&2
    else
        cat "$list.told"
    fi
    rm -f "$list" "$list.told"
    return $code
}

uv() { "$tools/bin/uv" pip compile --quiet --no-annotate --no-header --native-tls "$@"; }

# torch and torchvision have no hashes here: which of their builds is installed is the site's choice.
hashes() {
    local folder
    folder=$(mktemp -d)
    grep -h -v -E '^#|^torch(vision)?==' constraints.txt >"$folder/lock"
    uv pyproject.toml --constraint constraints.txt | sort >"$folder/needed"
    {
        sed -n 's/^requires = \["\(.*\)"\]$/\1/p' pyproject.toml
        cat weights-packages.txt
        tr '[:upper:]_' '[:lower:]-' <"$folder/lock" | sort | comm -12 - "$folder/needed"
    } >"$folder/run"
    tr '[:upper:]_' '[:lower:]-' <"$folder/lock" | sort | comm -23 - "$folder/needed" >"$folder/more"
    {
        echo "# Hashes of every file that the index has for the lock; written by \`make hashes\`."
        uv --generate-hashes --no-deps "$folder/run"
        echo "# Only for training and tests:"
        uv --generate-hashes --no-deps "$folder/more"
    } >"$folder/hashes"
    install -m 644 "$folder/hashes" hashes.txt
    rm -rf "$folder"
    echo "hashes.txt: $(grep -c '==' hashes.txt) packages, $(grep -c 'sha256' hashes.txt) files"
}

case ${1-} in
    sbom | audit | hashes) "$1" ;;
    *) sed -n '2,7p' "$0" >&2; exit 2 ;;
esac
