#!/usr/bin/env bash
# Runs tests of arm64 under qemu: each metadata library of our own that is named, A and C by default.
#
#   scripts/test-arm64.sh [A] [B] [C]
#
# Tests and library are built as the packages are (scripts/build-cross.sh), but unoptimised. Which tests run is in
# scripts/test-grounds.py, which prints the table. `make setup-cross` brings what is used here.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
architecture=aarch64
# shellcheck source=scripts/cross-lib.sh
. scripts/cross-lib.sh
cross_links gstreamer-1.0 gstbase-1.0:gstreamer-base-1.0 gobject-2.0 glib-2.0 gmodule-2.0 gio-2.0
export RUSTFLAGS="-L native=$links" CARGO_PROFILE_DEV_DEBUG=0

# What runs a program of arm64, with the libraries of Debian's arm64 packages.
emulator="$cross/tools/usr/bin/qemu-aarch64 -L $sysroot"
emulator+=" -E LD_LIBRARY_PATH=$sysroot/usr/lib/aarch64-linux-gnu:$sysroot/lib/aarch64-linux-gnu"
emulator+=" -E GST_PLUGIN_SYSTEM_PATH_1_0=$sysroot/usr/lib/aarch64-linux-gnu/gstreamer-1.0"
emulator+=" -E GST_REGISTRY_FORK=no -E GST_REGISTRY_1_0=$root/target/arm64-registry.bin"
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER=$emulator

releases=(A=6.0 B=8.0 C=9.1)
classes=("$@")
[ ${#classes[@]} -gt 0 ] || classes=(A C)
grounds=()
for class in "${classes[@]}"; do
    release=
    for known in "${releases[@]}"; do [ "${known%=*}" != "$class" ] || release=${known#*=}; done
    [ -n "$release" ] || { echo "usage: $0 [A] [B] [C]" >&2; exit 2; }
    folder=target/nvds-meta/arm64-$class
    NVDS_META_DEFAULT_RELEASE=$release "$cross/zig/cargo-zigbuild" build --quiet --locked --target "$target" --package nvds-meta --lib
    mkdir -p "$folder"
    install -C -m 755 target/aarch64-unknown-linux-gnu/debug/libnvds_meta.so "$folder/libnvds_meta.so"
    ln -sf libnvds_meta.so "$folder/libnvdsgst_meta.so"
    printf 'Version: %s.0\n' "$release" >"$folder/version"
    grounds+=("arm64-$class")
done
# cargo-zigbuild would take $CARGO for the cargo that it calls.
unset CARGO GST_PLUGIN_PATH
exec scripts/test-grounds.py --cargo "$cross/zig/cargo-zigbuild" "${grounds[@]}"
