#!/bin/bash
# Builds the images of docker/ without Docker and without a registry of images: a Debian root file
# system from mmdebstrap stands in for debian:bookworm-slim, and podman runs the Dockerfiles' steps.
# Use: test-images.sh [IMAGE...]      IMAGE: orthanc rabbitmq proxy worker; default: all
# Passed on where they are set or there: PODMAN_OPTIONS (for podman build; --isolation=chroot where the
# machine lets podman make no control groups), PIP_FIND_LINKS (a folder
# with wheels), and the machine's own authorities in /usr/local/share/ca-certificates.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- proxy rabbitmq orthanc worker
for program in mmdebstrap podman; do
    command -v "$program" >/dev/null || { echo "test-images: $program is missing (Debian: $program)." >&2; exit 1; }
done

base=localhost/mammovlm-debian:bookworm
options=(--network host --format docker --build-arg "DEBIAN=$base")
read -r -a more <<<"${PODMAN_OPTIONS:-}"
if [ -d "${PIP_FIND_LINKS:-}" ]; then
    options+=(--volume "$PIP_FIND_LINKS:/wheels:ro" --env PIP_FIND_LINKS=/wheels)
fi

if ! podman image exists "$base"; then
    echo "test-images: making a Debian root file system"
    authorities=/usr/local/share/ca-certificates
    hooks=() changes=()
    if [ -n "$(ls "$authorities" 2>/dev/null)" ]; then
        hooks=("--customize-hook=copy-in $authorities /usr/local/share"
            "--customize-hook=chroot \"\$1\" update-ca-certificates")
        # pip and npm bring authorities of their own and are told of the system's.
        bundle=/etc/ssl/certs/ca-certificates.crt
        changes=(--change "ENV PIP_CERT=$bundle" --change "ENV NODE_EXTRA_CA_CERTS=$bundle")
    fi
    mmdebstrap --quiet --variant=minbase --include=ca-certificates "${hooks[@]}" bookworm - |
        podman import --quiet "${changes[@]}" - "$base"
fi

for image; do
    echo "test-images: building $image"
    tag=mammovlm/$image:test
    [ "$image" != worker ] || tag=$tag-cpu # as docker/compose.yaml calls it
    podman build --quiet "${options[@]}" "${more[@]}" --file "docker/$image/Dockerfile" --tag "$tag" .
done
