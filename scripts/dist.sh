#!/usr/bin/env bash
# Makes the packages of both architectures in target/dist/, from what scripts/build-cross.sh built:
#
#   gstreamer1.0-rsnvds_<version>_<amd64|arm64>.deb             plugin, doctor, self-test, report, pipelines, documentation
#   gstreamer1.0-rsnvds-standins_<version>_<amd64|arm64>.deb    stand-ins and the metadata library of our own,
#                                                               where GStreamer does not look by itself
#   gstreamer1.0-rsnvds-publish_<version>_<amd64|arm64>.deb     rsmetapublish, with PUBLISH=yes
#   rsnvds[-standins|-publish]-<version>-<x86_64|aarch64>.tar.gz   the same files, for other systems and without root
#   rsnvds-<version>-py3-none-any.whl                           the Python package
#   SHA256SUMS
#
#   scripts/dist.sh [x86_64] [aarch64]
#
# What a package holds is told in the Cargo.toml of its crate, under [package.metadata.deb].
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
dist=$PWD/target/dist
cargo_deb=.deps/cross/cargo-deb/bin/cargo-deb
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n1)
# So that the same commit gives the same packages.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

[ -x "$cargo_deb" ] || {
    echo "dist: error: $cargo_deb is missing; run 'make setup-cross'" >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# deb CRATE PACKAGE ARCHITECTURE DEBIAN_ARCHITECTURE: the .deb of a crate.
deb() {
    local file=$dist/$2_${version}_$4.deb
    # Stripped already, by a linker that knows the architecture.
    "$cargo_deb" --quiet --no-build --no-strip --locked --deb-revision= --multiarch=foreign \
        --target "$3-unknown-linux-gnu" --package "$1" --output "$file" 2>"$work/log" || {
        cat "$work/log" >&2
        exit 1
    }
    # Programs beside a library are a matter of packages that several architectures share, which this is not.
    grep -v -e 'Multiarch packages' -e "can't be in the same package" "$work/log" >&2 || true
}

# archive PACKAGE NAME ARCHITECTURE DEBIAN_ARCHITECTURE: the files of a .deb, for any folder.
archive() {
    local name=$2-$version-$3 triple=$3-linux-gnu
    dpkg-deb -x "$dist/$1_${version}_$4.deb" "$work/$name.root"
    mv "$work/$name.root/usr" "$work/$name"
    mv "$work/$name/lib/$triple"/* "$work/$name/lib/"
    rmdir "$work/$name/lib/$triple"
    cp LICENSE "$work/$name/"
    (cd "$work/$name" && find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum >"$work/sums" && mv "$work/sums" SHA256SUMS)
    tar -C "$work" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
        -cf - "$name" | gzip -n -9 >"$dist/$name.tar.gz"
}

architectures=("$@")
[ ${#architectures[@]} -gt 0 ] || architectures=(x86_64 aarch64)
rm -rf "$dist"
mkdir -p "$dist"
for architecture in "${architectures[@]}"; do
    case $architecture in
    x86_64) debian=amd64 ;;
    aarch64) debian=arm64 ;;
    *)
        echo "usage: $0 [x86_64] [aarch64]" >&2
        exit 2
        ;;
    esac
    built=target/$architecture-unknown-linux-gnu/release
    scripts/check-symbols.py --glibc "$built"/lib{gstrsnvds,gstnvdscpu,nvds_meta}.so "$built"/rsnvds-{doctor,selftest,report}
    deb gst-plugin-rsnvds gstreamer1.0-rsnvds "$architecture" "$debian"
    deb nvds-cpu gstreamer1.0-rsnvds-standins "$architecture" "$debian"
    archive gstreamer1.0-rsnvds rsnvds "$architecture" "$debian"
    archive gstreamer1.0-rsnvds-standins rsnvds-standins "$architecture" "$debian"
    if [ "${PUBLISH:-no}" = yes ]; then
        scripts/check-symbols.py --glibc "$built"/libgstrsnvdspublish.so
        deb nvds-publish gstreamer1.0-rsnvds-publish "$architecture" "$debian"
        archive gstreamer1.0-rsnvds-publish rsnvds-publish "$architecture" "$debian"
    fi
done
scripts/wheel.sh "$dist"
(cd "$dist" && sha256sum -- *.deb *.tar.gz *.whl >SHA256SUMS && cat SHA256SUMS)
