#!/usr/bin/env bash
# Compares what gst-inspect-1.0 says of every element with tests/snapshots/:
#
#   scripts/inspect-snapshot.sh --check     fails on any difference and shows it
#   scripts/inspect-snapshot.sh --update    writes the snapshots anew
#
# Needs the environment that `make -s env` prints. The wording around an
# element's own texts belongs to a GStreamer release, so the snapshots are of
# one release and are compared on that one only.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
snapshots=$root/tests/snapshots
export LC_ALL=C GST_REGISTRY_1_0=$root/target/snapshot-registry.bin

case ${1:-} in
--check | --update) ;;
*)
    echo "usage: $0 --check|--update" >&2
    exit 2
    ;;
esac

release=$(gst-inspect-1.0 --version | sed -n 's/^GStreamer \([0-9]*\.[0-9]*\).*/\1/p')
if [ "$1" = --check ] && [ "$(cat "$snapshots/GSTREAMER" 2>/dev/null)" != "$release" ]; then
    if [ -e "$snapshots/GSTREAMER" ]; then
        echo "inspect-snapshot: the snapshots are of GStreamer $(cat "$snapshots/GSTREAMER"), this is $release: not compared"
        exit 0
    fi
    echo "inspect-snapshot: there are no snapshots in tests/snapshots; make them with: $0 --update" >&2
    exit 1
fi

# Without what changes from build to build and from machine to machine.
normalised() {
    gst-inspect-1.0 --no-colors "$1" |
        sed -E -e '/^  (Filename|Version|Source release date) /d' -e 's/0x[0-9a-f]+/0x…/g' -e 's/[[:space:]]+$//'
}

# That plugin is there after `make build PUBLISH=yes`.
plugins=(rsnvds nvdscpu)
left_out=()
if [ -e "$root/target/plugins/rsnvds/libgstrsnvdspublish.so" ]; then
    plugins+=(rsnvdspublish)
else
    left_out=(--exclude=rsmetapublish.txt)
fi

factories() {
    local plugin
    for plugin in "${plugins[@]}"; do
        gst-inspect-1.0 --no-colors "$plugin" >/dev/null || {
            echo "inspect-snapshot: the plugin $plugin does not load" >&2
            return 1
        }
        gst-inspect-1.0 --no-colors "$plugin" | sed -n 's/^  \([a-z0-9]*\): .*/\1/p'
    done
}

now=$(mktemp -d)
trap 'rm -rf "$now"' EXIT
list=$(factories)
[ -n "$list" ] || {
    echo "inspect-snapshot: the plugins have no elements" >&2
    exit 1
}
for factory in $list; do
    normalised "$factory" >"$now/$factory.txt"
done
echo "$release" >"$now/GSTREAMER"

if [ "$1" = --update ]; then
    # What was left out stays as it is.
    for file in ${left_out[@]+"${left_out[@]#--exclude=}"}; do
        cp "$snapshots/$file" "$now/"
    done
    rm -rf "$snapshots"
    mkdir -p "$(dirname "$snapshots")"
    cp -r "$now" "$snapshots"
    echo "inspect-snapshot: wrote $(echo "$list" | wc -w) elements to tests/snapshots"
else
    diff -ru ${left_out[@]+"${left_out[@]}"} "$snapshots" "$now" || {
        echo "inspect-snapshot: gst-inspect-1.0 says something else than tests/snapshots; if that is meant: $0 --update" >&2
        exit 1
    }
    echo "inspect-snapshot: $(echo "$list" | wc -w) elements as in tests/snapshots"
fi
