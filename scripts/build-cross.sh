#!/usr/bin/env bash
# Builds plugin, stand-ins, metadata library and programs for all systems that DeepStream runs on:
#
#   scripts/build-cross.sh x86_64|aarch64
#
# They need glibc 2.27, GStreamer 1.14 and GLib 2.56 or newer: what Ubuntu 18.04 has, and with it DeepStream 6.0. The
# results are in target/<architecture>-unknown-linux-gnu/release. `make setup-cross` brings what is used here.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

architecture=${1:-}
case $architecture in
x86_64 | aarch64) ;;
*)
    echo "usage: $0 x86_64|aarch64" >&2
    exit 2
    ;;
esac
# shellcheck source=scripts/cross-lib.sh
. scripts/cross-lib.sh
cross_links gstreamer-1.0 gstbase-1.0:gstreamer-base-1.0 gstvideo-1.0:gstreamer-video-1.0 \
    gobject-2.0 glib-2.0 gmodule-2.0 gio-2.0 cairo cairo-gobject pango-1.0:pango pangocairo-1.0:pangocairo harfbuzz

# Where they were built is nobody's business, and not in the way of building the same file elsewhere.
export RUSTFLAGS="-L native=$links --remap-path-prefix=$root=rsnvds --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
export CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_PROFILE_RELEASE_STRIP=debuginfo
# The metadata library of our own has the newest release's layout where nothing else is asked for.
export NVDS_META_DEFAULT_RELEASE=9.1
# zig's C++ library is another than the one that parser libraries throw with: parsers run, what they throw ends the process.
export RSNVDS_PARSERS_UNCAUGHT=1
# PUBLISH=yes adds the plugin with rsmetapublish. librdkafka's configure knows no compiler but those of these variables.
publish=()
if [ "${PUBLISH:-no}" = yes ]; then
    publish=(--package nvds-publish)
    for tool in cc c++; do
        printf '#!/bin/sh\nexec "%s" zig %s -- -target %s-linux-gnu.2.27 "$@"\n' \
            "$cross/zig/cargo-zigbuild" "$tool" "$architecture" >"$links/$tool"
    done
    for tool in ar ranlib; do
        printf '#!/bin/sh\nexec "%s" %s "$@"\n' "$CARGO_ZIGBUILD_ZIG_PATH" "$tool" >"$links/$tool"
    done
    chmod +x "$links"/{cc,c++,ar,ranlib}
    export CC=$links/cc CXX=$links/c++ AR=$links/ar RANLIB=$links/ranlib
    # The shared library, which is not used, has a list with functions that are not in it.
    export LDFLAGS=-Wl,--undefined-version
fi
exec "$cross/zig/cargo-zigbuild" build --release --locked --target "$target" \
    --package gst-plugin-rsnvds --package nvds-cpu --package nvds-meta --package nvds-doctor --package nvds-report ${publish[@]+"${publish[@]}"} "${@:2}"
