#!/usr/bin/env bash
# Tests rsanalyticsbridge on a GStreamer that has analytics metadata, beside the system's own: Debian 13's 1.26, unpacked by
# `scripts/setup-cross.sh debian-13-amd64 analytics`. Nothing is installed, and root is not needed: the programs that were
# built here run with that Debian's loader and libraries.
#
#   scripts/test-bridge.sh [GROUND...]      nvidia, A, B, C: the metadata libraries, as of scripts/test-grounds.py
#
# Runs tests/analyticsbridge.rs, of which no test may be left out then, and the launch lines of docs/rsanalyticsbridge.md
# with the plugins of `make build` (or of the folder PLUGINS).
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
debian=${DEBIAN_ROOT:-$root/.deps/cross/debian-13-amd64}
analytics=${ANALYTICS:-$root/.deps/cross/analytics}
plugins=${PLUGINS:-$root/target/plugins}
lib=usr/lib/x86_64-linux-gnu

say() { printf 'test-bridge: %s\n' "$*"; }
die() {
    say "error: $*" >&2
    exit 1
}
[ -e "$debian/$lib/libgstreamer-1.0.so.0" ] || die "there is no $debian; run 'make test-bridge', which makes it"
[ -e "$analytics/$lib/libgstanalytics-1.0.so.0" ] || die "there is no $analytics; run 'make test-bridge', which makes it"

work=$(mktemp -d "$root/target/bridge.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Of gstreamer1.0-plugins-bad only what is wanted: its other plugins lack their libraries.
mkdir "$work/plugins"
for plugin in analyticsoverlay tensordecoders; do
    ln -s "$analytics/$lib/gstreamer-1.0/libgst$plugin.so" "$work/plugins/"
done

# newer VARIABLE=VALUE... PROGRAM ARGUMENT...: with that Debian's loader, libraries and plugins.
newer() {
    local settings=()
    while [[ $1 == *=* ]]; do
        settings+=("$1")
        shift
    done
    env -u LD_LIBRARY_PATH -u GST_PLUGIN_PATH GST_PLUGIN_SYSTEM_PATH_1_0="$debian/$lib/gstreamer-1.0" GST_REGISTRY_FORK=no \
        GST_REGISTRY_1_0="$work/registry.bin" G_DEBUG=fatal-warnings ${settings[@]+"${settings[@]}"} \
        timeout 120 "$debian/lib64/ld-linux-x86-64.so.2" --library-path "$debian/$lib:$analytics/$lib" "$@"
}

version=$(newer "$debian/usr/bin/gst-inspect-1.0" --version | sed -n 's/^GStreamer //p')

# --- The tests -----------------------------------------------------------------

program=$("${CARGO:-cargo}" test --locked --package gst-plugin-rsnvds --test analyticsbridge --no-run 2>&1 |
    tee "$work/build" | sed -n 's/^ *Executable .*(\(.*\))$/\1/p')
[ -x "$program" ] || {
    cat "$work/build" >&2
    die 'the tests could not be built'
}
grounds=("$@")
[ ${#grounds[@]} -gt 0 ] || grounds=(nvidia A)
for ground in "${grounds[@]}"; do
    folder=$root/.deps/nvds
    [ "$ground" = nvidia ] || folder=$root/target/nvds-meta/$ground
    [ -e "$folder" ] || die "there is no $folder; run 'make meta'"
    newer RSNVDS_NVDS_LIB_DIR="$folder" RSNVDS_TEST_GST_ANALYTICS=1 GST_PLUGIN_PATH_1_0="$work/plugins" "$root/$program" ||
        die "tests failed on GStreamer $version with the metadata library $ground"
    say "tests passed on GStreamer $version with the metadata library $ground"
done

# --- The launch lines of the page ----------------------------------------------

# Blocks marked `launch`, each of them one command.
mkdir -p out
rm -f out/bridge.jsonl
count=0
while IFS= read -r line; do
    # As a shell reads it: caps in quotes.
    eval "words=($line)"
    newer GST_PLUGIN_PATH_1_0="$work/plugins:$plugins/rsnvds:$plugins/nvdscpu" RSNVDS_NVDS_LIB_DIR="$root/.deps/nvds" \
        "$debian/usr/bin/gst-launch-1.0" "${words[@]:1}" >"$work/out" 2>&1 || {
        cat "$work/out" >&2
        die "this line of docs/rsanalyticsbridge.md failed: $line"
    }
    if grep -q WARNING "$work/out"; then
        cat "$work/out" >&2
        die "this line of docs/rsanalyticsbridge.md warns: $line"
    fi
    count=$((count + 1))
done < <(awk '/^```launch/ { inside = 1; next }
    inside && /^```/ { inside = 0; print line; line = ""; next }
    inside { sub(/ *\\$/, " "); line = line $0 }' docs/rsanalyticsbridge.md)
[ "$count" -ge 2 ] || die "docs/rsanalyticsbridge.md has $count launch lines, expected at least 2"
grep -qs '"label":"person"' out/bridge.jsonl || die 'the launch lines of docs/rsanalyticsbridge.md found nobody: out/bridge.jsonl'
say "$count launch lines ran on GStreamer $version"
