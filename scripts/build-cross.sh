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
glibc=2.27
cross=$root/.deps/cross

architecture=${1:-}
export CARGO_ZIGBUILD_ZIG_PATH=$cross/zig/ziglang/zig
case $architecture in
x86_64) ;;
aarch64)
    sysroot=$cross/arm64
    # The compiler is Debian's, with the standard library of its arm64 packages.
    export RUSTC=$cross/tools/usr/bin/rustc
    export LD_LIBRARY_PATH=$cross/tools/usr/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    export PKG_CONFIG_ALLOW_CROSS=1 PKG_CONFIG_SYSROOT_DIR=$sysroot
    export PKG_CONFIG_LIBDIR=$sysroot/usr/lib/aarch64-linux-gnu/pkgconfig:$sysroot/usr/share/pkgconfig
    ;;
*)
    echo "usage: $0 x86_64|aarch64" >&2
    exit 2
    ;;
esac
[ -x "$CARGO_ZIGBUILD_ZIG_PATH" ] || {
    echo "build-cross: error: $CARGO_ZIGBUILD_ZIG_PATH is missing; run 'make setup-cross'" >&2
    exit 1
}

# zig looks in no folder of the system, and shall not find the C library there: so links to the wanted libraries alone.
links=$root/target/cross-links/$architecture
rm -rf "$links"
mkdir -p "$links"
for library in gstreamer-1.0 gstbase-1.0:gstreamer-base-1.0 gstvideo-1.0:gstreamer-video-1.0 \
    gobject-2.0 glib-2.0 gmodule-2.0 gio-2.0 cairo cairo-gobject pango-1.0:pango pangocairo-1.0:pangocairo harfbuzz; do
    folder=$(pkg-config --variable=libdir "${library#*:}")
    ln -s "$(readlink -f "$folder/lib${library%:*}.so")" "$links/lib${library%:*}.so"
done

# Where they were built is nobody's business, and not in the way of building the same file elsewhere.
export RUSTFLAGS="-L native=$links --remap-path-prefix=$root=rsnvds --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"
export CARGO_PROFILE_RELEASE_DEBUG=0 CARGO_PROFILE_RELEASE_STRIP=debuginfo
# The metadata library of our own has the newest release's layout where nothing else is asked for.
export NVDS_META_DEFAULT_RELEASE=9.1
exec "$cross/zig/cargo-zigbuild" build --release --locked --target "$architecture-unknown-linux-gnu.$glibc" \
    --package gst-plugin-rsnvds --package nvds-cpu --package nvds-meta --package nvds-doctor "${@:2}"
