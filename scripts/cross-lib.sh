# What building for another system takes, for build-cross.sh and test-arm64.sh to source: in the project's root, with the
# variables $root and $architecture (x86_64 or aarch64). Sets $cross, $target, with the C library's version, and what
# cargo-zigbuild reads.

cross=$root/.deps/cross
target=$architecture-unknown-linux-gnu.2.27
export CARGO_ZIGBUILD_ZIG_PATH=$cross/zig/ziglang/zig
[ -x "$CARGO_ZIGBUILD_ZIG_PATH" ] || {
    echo "$(basename "$0" .sh): error: $CARGO_ZIGBUILD_ZIG_PATH is missing; run 'make setup-cross'" >&2
    exit 1
}
if [ "$architecture" = aarch64 ]; then
    sysroot=$cross/arm64
    # The compiler is Debian's, with the standard library of its arm64 packages.
    export RUSTC=$cross/tools/usr/bin/rustc
    export LD_LIBRARY_PATH=$cross/tools/usr/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    export PKG_CONFIG_ALLOW_CROSS=1 PKG_CONFIG_SYSROOT_DIR=$sysroot
    export PKG_CONFIG_LIBDIR=$sysroot/usr/lib/aarch64-linux-gnu/pkgconfig:$sysroot/usr/share/pkgconfig
fi

# zig looks in no folder of the system, and shall not find the C library there: so links to the wanted libraries alone.
# cross_links LIBRARY[:PKG-CONFIG-NAME]...: makes them in $links.
cross_links() {
    local library folder
    links=$root/target/cross-links/$architecture
    rm -rf "$links"
    mkdir -p "$links"
    for library in "$@"; do
        folder=$(pkg-config --variable=libdir "${library#*:}")
        ln -s "$(readlink -f "$folder/lib${library%:*}.so")" "$links/lib${library%:*}.so"
    done
}
