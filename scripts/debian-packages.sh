#!/bin/bash
# Installs the Debian packages that are missing, where that is allowed, and otherwise says which.
# Use: debian-packages.sh run | test | orthanc | rabbitmq | worker | proxy | viewer
#   run   what the service itself needs          test   that, and what only the tests need
#   the others   what one image of docker/ needs
# Looks for the program or file, not for the package: another installation of it is as good.
# Exit 0: everything is there. Exit 1: something is missing and could not be installed.
set -euo pipefail
PATH="$PATH:/usr/sbin:/sbin"

# what to look for                                       Debian package
orthanc='
Orthanc                                                  orthanc
/usr/share/orthanc/plugins/libOrthancPython.so           orthanc-python
/usr/share/orthanc/plugins/libOrthancDicomWeb.so         orthanc-dicomweb
/usr/share/orthanc/plugins/libServeFolders.so            orthanc'
rabbitmq='
/usr/lib/rabbitmq/bin/rabbitmq-server                    rabbitmq-server
epmd                                                     erlang-base'
worker='
/usr/share/fonts/truetype/wqy/wqy-microhei.ttc           fonts-wqy-microhei'
postgresql='
/usr/share/orthanc/plugins/libOrthancPostgreSQLIndex.so  orthanc-postgresql'
settings_into_files='
envsubst                                                 gettext-base'
proxy='
nginx                                                    nginx
curl                                                     curl'
tls='
openssl                                                  openssl
/etc/ssl/certs/ca-certificates.crt                       ca-certificates'
viewer='
npm                                                      npm'
test_only='
dsrdump                                                  dcmtk
dciodvfy                                                 dicom3tools
/usr/share/java/pixelmed.jar                             libpixelmed-java
java                                                     default-jre-headless
node                                                     nodejs
chromium                                                 chromium
/usr/lib/*/libatomic.so.1                                libatomic1
shellcheck                                               shellcheck
promtool                                                 prometheus
systemd-analyze                                          systemd
faketime                                                 faketime
psql                                                     postgresql-client
/usr/lib/postgresql/*/bin/postgres                       postgresql
/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf          fonts-dejavu-core'

needs_python=yes
case ${1:-} in
    run) wanted=$orthanc$rabbitmq$worker ;;
    test) wanted=$orthanc$rabbitmq$worker$proxy$settings_into_files$postgresql$tls$viewer$test_only ;;
    orthanc) wanted=$orthanc$postgresql$tls ;;
    worker) wanted=$worker$tls ;;
    rabbitmq) wanted=$rabbitmq$settings_into_files$tls needs_python='' ;;
    proxy) wanted=$proxy$settings_into_files$tls needs_python='' ;;
    viewer) wanted=$viewer$tls needs_python='' ;;
    *)
        echo "use: debian-packages.sh run | test | orthanc | rabbitmq | worker | proxy | viewer" >&2
        exit 2
        ;;
esac

is_there() {
    case $1 in
        /*) compgen -G "$1" >/dev/null ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

missing_packages() {
    local what package
    while read -r what package; do
        [ -z "$what" ] || is_there "$what" || echo "$package"
    done <<<"$wanted"
    [ -z "$needs_python" ] || "$(dirname "$0")/find-python.sh" >/dev/null || echo python3-venv
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

may_install() {
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; }
}

# Debian starts what it installs, on the ports that `make up` uses and open to the network.
stop_debians_service() {
    if [ -d /run/systemd/system ]; then
        as_root systemctl disable --now "$1" >/dev/null 2>&1 || return 0
    elif [ -x "/etc/init.d/$1" ]; then
        as_root service "$1" stop >/dev/null 2>&1 || true
        as_root update-rc.d "$1" disable >/dev/null 2>&1 || true
    else
        return 0
    fi
    echo "setup: Debian's own service $1 was just installed; it is stopped and disabled, because" \
        "\`make up\` runs its own."
}

mapfile -t packages < <(missing_packages | sort -u)
[ ${#packages[@]} -gt 0 ] || exit 0

install=(apt-get install -y --no-install-recommends "${packages[@]}")
if ! may_install; then
    {
        echo "setup: these Debian packages are missing: ${packages[*]}"
        echo "setup: there is no right to install them here. As an administrator, run:"
        echo "    sudo apt-get update && sudo ${install[*]}"
        echo "setup: then run the same make command again."
    } >&2
    exit 1
fi

echo "setup: installing ${packages[*]}"
as_root apt-get update -q
as_root env DEBIAN_FRONTEND=noninteractive "${install[@]}"
for package in "${packages[@]}"; do
    case $package in
        orthanc) stop_debians_service orthanc ;;
        nginx) stop_debians_service nginx ;;
        rabbitmq-server) stop_debians_service rabbitmq-server ;;
        prometheus) stop_debians_service prometheus ;;
        postgresql) stop_debians_service postgresql ;;
        erlang-base) stop_debians_service epmd.socket; stop_debians_service epmd ;;
    esac
done

mapfile -t packages < <(missing_packages | sort -u)
[ ${#packages[@]} -eq 0 ] || { echo "setup: still missing after the installation: ${packages[*]}" >&2; exit 1; }
