#!/bin/bash
# Runs docker/compose.yaml without Docker and sends it a study over DICOM TLS: podman is the engine,
# Compose comes from Debian 13. Ends well when the report is back and everything is healthy and closed.
# Needs root, podman, mmdebstrap, crun and catatonit (Debian: the same names), dcmtk, curl, `make setup`,
# and the images of test-images.sh.
# shellcheck disable=SC2016  # what stands in single quotes is for the shell that is started
set -euo pipefail
cd "$(dirname "$0")/.."
for program in podman mmdebstrap crun unshare echoscu curl; do
    command -v "$program" >/dev/null || { echo "test-compose: $program is missing." >&2; exit 1; }
done

work=$(mktemp -d /tmp/mammovlm-compose.XXXXXX)
compose_root=${XDG_CACHE_HOME:-$HOME/.cache}/mammovlm/compose
engine=unix://$work/engine.sock
secrets=$work/site/secrets
free_port() { .venv/bin/python -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
https=$(free_port) dicom=$(free_port)
say() { echo "test-compose: $*"; }
fail() { say "$*" >&2; exit 1; }

# Compose 2.26 of Debian 13, in a root file system of its own, with the checkout at its usual place.
compose() {
    unshare --mount bash -euc '
        root=$1 checkout=$2 work=$3; shift 3
        for folder in "$checkout" "$work"; do
            mkdir -p "$root$folder"
            mount --rbind "$folder" "$root$folder"
        done
        exec chroot "$root" env "$@"' bash "$compose_root" "$PWD" "$work" \
        DOCKER_HOST="$engine" COMPOSE_PROFILES="${COMPOSE_PROFILES:-small,cpu}" \
        MAMMOVLM_VERSION=test MAMMOVLM_SITE="$work/site" MAMMOVLM_PUBLIC_HOST="localhost:$https" \
        MAMMOVLM_HTTPS_ADDRESS=127.0.0.1 MAMMOVLM_HTTPS_PORT="$https" \
        MAMMOVLM_DICOM_ADDRESS=127.0.0.1 MAMMOVLM_DICOM_PORT="$dicom" \
        docker-compose --project-name mammovlm-test --file "$PWD/docker/compose.yaml" --file "$work/here.yaml" "$@"
}

containers() { podman --url "$engine" "$@"; }

# podman leaves it to systemd to ask for health; here nobody else does.
ask_for_health() {
    while sleep 5; do
        for one in $(containers ps --quiet); do containers healthcheck run "$one" >/dev/null 2>&1 || true; done
    done
}

# Limits above those of this machine cannot be set; crun takes either kind of cgroups, not both at once.
start_engine() {
    local most
    most=$(ulimit -H -n)
    [ "$most" != unlimited ] || most=65536
    cat >"$work/containers.conf" <<CONF
[containers]
default_ulimits = ["nofile=$most:$most", "nproc=4096:4096"]
[engine]
compat_api_enforce_docker_hub = false
CONF
    echo "services: {rabbitmq: {ulimits: {nofile: $((most < 65536 ? most : 65536)), nproc: 4096}}}" >"$work/here.yaml"
    CONTAINERS_CONF=$work/containers.conf unshare --mount bash -c '
        if mountpoint --quiet /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
        exec podman system service --time 0 "$1"' bash "$engine" >"$work/engine.log" 2>&1 &
    engine_id=$!
    until containers version >/dev/null 2>&1; do
        kill -0 "$engine_id" || fail "podman's service ended: $(tail -n 3 "$work/engine.log")"
        sleep 1
    done
}

stop() {
    local code=$?
    [ $code = 0 ] || compose logs --tail 40 || true
    compose down --volumes --timeout 20 >/dev/null 2>&1 || true
    kill "${health_id:-}" "${engine_id:-}" 2>/dev/null || true
    rm -rf "$work"
    exit $code
}

# Certificates, passwords and their owners, as docs/installation.md has them.
make_site() {
    mkdir -p "$work/site"
    .venv/bin/mammovlm passwords --out "$secrets" >/dev/null
    .venv/bin/mammovlm certificates --out "$secrets" >/dev/null
    (
        cd "$secrets"
        chown 10001 orthanc.* orthanc_* plugin_broker_password
        chown 10002 rabbitmq.* rabbitmq_users.json
        chown 10003 proxy.*
        chown 10004 worker.* mammovlm_*
        chown 10001:65534 monitoring_password
        chmod 640 monitoring_password
    )
    cp docker/modalities.example.json "$work/site/modalities.json"
    chmod 755 "$work"
}

# The modality is this machine, which the containers see as the gateway of their network.
know_this_machine() {
    local gateway
    gateway=$(containers network inspect mammovlm-test_modalities --format '{{(index .Subnets 0).Gateway}}')
    sed -i "s/192\.0\.2\.10/$gateway/" "$work/site/modalities.json"
}

ask() { curl --silent --cacert "$secrets/ca.crt" --user "radiology:$password" "https://localhost:$https$1" "${@:2}"; }

wait_for() {
    local what=$1 seconds=$2
    shift 2
    until "$@"; do
        [ $((seconds -= 2)) -gt 0 ] || fail "in vain waited until $what"
        sleep 2
    done
    say "$what"
}

all_healthy() { [ "$(containers ps --quiet --filter health=healthy | wc -l)" = "$(containers ps --quiet | wc -l)" ]; }

is_done() {
    local state
    state=$(ask "/mammovlm/studies/$1" | sed -n 's/.*"state": "\([a-z]*\)".*/\1/p')
    case $state in
        done) return 0 ;;
        failed | rejected | partial) fail "the study ended as $state" ;;
        *) return 1 ;;
    esac
}

look_at_each_door() {
    local code
    code=$(curl --silent --cacert "$secrets/ca.crt" --output /dev/null --write-out '%{http_code}' "https://localhost:$https/mammovlm/")
    [ "$code" = 401 ] || fail "without a password the page answers $code"
    ask /ohif/ | grep --quiet 'OHIF Viewer' || fail "the viewer is not served at /ohif/"
    ! echoscu --timeout 5 -aet MAMMO1 -aec MAMMOVLM localhost "$dicom" 2>/dev/null || fail "DICOM without TLS is let in"
    say "nobody is let in without password or certificate, and the viewer is there"
    for one in $(containers ps --quiet); do
        containers exec "$one" bash -c '! touch /etc/written 2>/dev/null && [ "$(id -u)" -gt 10000 ] &&
            grep --quiet "^CapEff:.0*$" /proc/self/status' || fail "$one is not closed"
    done
    containers exec mammovlm-test-worker-cpu-1 bash -c '! timeout 3 bash -c "exec 3<>/dev/tcp/orthanc/8042" 2>/dev/null' ||
        fail "the worker reaches Orthanc without TLS"
    say "every container runs as an ordinary user without rights, on a read-only file system"
}

if [ ! -x "$compose_root/usr/bin/docker-compose" ]; then
    say "making a Debian 13 with Compose"
    mmdebstrap --quiet --variant=minbase --include=docker-compose trixie "$compose_root"
fi
trap stop EXIT
start_engine
make_site
compose create --no-build --pull never >/dev/null
know_this_machine
ask_for_health &
health_id=$!
compose up --no-build --pull never --detach
password=$(sed -n 's/.*"radiology": "\([^"]*\)".*/\1/p' "$secrets/orthanc_users.json")
wait_for "every container is healthy" 300 all_healthy
look_at_each_door
compose exec --no-TTY worker-cpu docker/worker/start.sh doctor --no-echo

mkdir "$work/exam"
study=$(.venv/bin/python -c 'import sys; from pathlib import Path
from mammovlm.cli.demo_exam import write_exam
print(write_exam(Path(sys.argv[1])))' "$work/exam")
.venv/bin/mammovlm send "$work/exam" --host localhost --port "$dicom" --aet MAMMOVLM --calling-aet MAMMO1 \
    --dicom-ca "$secrets/ca.crt" --dicom-certificate "$secrets/modality.crt" --dicom-key "$secrets/modality.key"
wait_for "the study is done" 600 is_done "$study"
found=$(ask /tools/find --data "{\"Level\": \"Series\", \"Query\": {\"StudyInstanceUID\": \"$study\", \"Modality\": \"SR\"}}")
[ "$(grep -o '"[0-9a-f-]*"' <<<"$found" | wc -l)" = 1 ] || fail "not exactly one report: $found"
say "exactly one report is in the study"
