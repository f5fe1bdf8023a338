#!/usr/bin/env bash
# Proves the two README commands on a bare Debian 12: git, make and python3 only, as an unprivileged user, from a fresh clone.
#
#   scripts/bare_debian.sh [--transcript FILE] [COMMAND…]      default: 'make up ARGS=--once' 'make test'
#
# Needs root, debootstrap and the package index. The bare system is made once and kept in the tools folder; each run
# unpacks it anew and works in its own mount and process namespace, so nothing stays mounted or running afterwards.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
packages=git,make,python3
tools=${DARAA_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/daraa/tools}
image=$tools/debian-12-${packages//,/-}.tar
inside_path=/usr/local/bin:/usr/bin:/bin

say() { printf '%s\n' "$@"; }

make_image() {
    [ -f "$image" ] && return
    say "making a bare Debian 12 with $packages (once) …"
    mkdir -p "$tools"
    debootstrap --variant=minbase --include="$packages" bookworm "$work/image" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" \
        >"$work/debootstrap.log" 2>&1 || { tail -n 5 "$work/debootstrap.log"; return 1; }
    tar -C "$work/image" --exclude='./var/cache/apt/archives/*.deb' -cf "$image.$$" .
    mv "$image.$$" "$image"
    rm -rf "$work/image"
}

# pip's own way of saying where packages come from: the index and the certificates of this machine, if it has special ones.
configure_index() {
    PYTHONPATH=$here/scripts python3 - "$root" <<'PY'
import os, shutil, sys
from package_index import DEFAULT_INDEX, index_settings
root, settings = sys.argv[1], index_settings(dict(os.environ))
lines = ["[global]"]
if settings.url != DEFAULT_INDEX:
    lines.append(f"index-url = {settings.url}")
if settings.extra_urls:
    lines.append("extra-index-url = " + " ".join(settings.extra_urls))
if settings.ca_bundle:
    os.makedirs(f"{root}/etc/ssl/certs", exist_ok=True)
    shutil.copy(settings.ca_bundle, f"{root}/etc/ssl/certs/ca-certificates.crt")
    lines.append("cert = /etc/ssl/certs/ca-certificates.crt")
with open(f"{root}/etc/pip.conf", "w") as file:
    file.write("\n".join(lines) + "\n")
PY
}

prepare() {
    mkdir "$root"
    tar -C "$root" -xf "$image"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    configure_index
    chroot "$root" useradd --create-home --shell /bin/bash dev
    git clone --quiet --bare --depth 1 "file://$here" "$root/home/dev/origin.git"
    chroot "$root" chown -R dev:dev /home/dev
}

as_dev() {
    local proxies=() name
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
        [ -z "${!name:-}" ] || proxies+=("$name=${!name}")
    done
    chroot --userspec=dev:dev "$root" /usr/bin/env -i HOME=/home/dev USER=dev LANG=C.UTF-8 PATH=$inside_path \
        "${proxies[@]}" bash -c "$1"
}

# Runs in the namespaces: process 1 here is this script, so every other process is one that a command left behind.
left_running() {
    local status name
    for status in /proc/[0-9]*/status; do
        grep -q "^Uid:[[:space:]]*$(chroot "$root" id -u dev)[[:space:]]" "$status" 2>/dev/null || continue
        name=$(sed -n 's/^Name:[[:space:]]*//p' "$status" 2>/dev/null) && printf '%s ' "$name"
    done
}

inside() {
    mount -t proc proc /proc
    mount --rbind /dev "$root/dev"
    mount -t proc proc "$root/proc"
    say "Debian $(cat "$root/etc/debian_version"), $(as_dev 'python3 --version'), $(as_dev 'git --version'), $(as_dev 'make --version | head -n 1')"
    as_dev 'python3 -m pip --version 2>&1; python3 -m ensurepip --version 2>&1' || true
    say "\$ git clone … daraa && cd daraa"
    as_dev 'git clone --quiet ~/origin.git ~/daraa && cd ~/daraa && git log -1 --format="at %h, %s"'
    local command started code stray
    for command in "$@"; do
        say "" "\$ $command"
        started=$SECONDS code=0
        as_dev "cd ~/daraa && $command" 2>&1 </dev/null || code=$?
        say "[exit $code after $((SECONDS - started)) s]"
        stray=$(left_running)
        say "[left running: ${stray:-nothing}]"
        [ "$code" = 0 ] || return "$code"
        [ -z "$stray" ] || return 1
    done
}

if [ "${1:-}" = --inside ]; then
    root=$2
    shift 2
    inside "$@"
    exit
fi

transcript=/dev/null
if [ "${1:-}" = --transcript ]; then
    transcript=$2
    shift 2
fi
[ $# -gt 0 ] || set -- 'make up ARGS=--once' 'make test'
[ "$(id -u)" = 0 ] || { say "bare_debian.sh needs root: it makes a chroot"; exit 1; }
command -v debootstrap >/dev/null || [ -f "$image" ] || { say "debootstrap is missing: apt-get install debootstrap"; exit 1; }

work=$(mktemp -d "${TMPDIR:-/tmp}/daraa-bare.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
root=$work/root
make_image
prepare
unshare --mount --pid --fork --kill-child "${BASH_SOURCE[0]}" --inside "$root" "$@" |
    sed -u "s#/home/dev#~#g" | tee "$transcript"
