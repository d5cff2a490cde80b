#!/usr/bin/env bash
# Tries the packages in target/dist/ where they are to run, as far as that can be had without NVIDIA's hardware:
#
#   - .deb for amd64: dpkg -i in small Debians 11, 12 and 13 (GStreamer 1.18, 1.22, 1.26), every element, doctor,
#     self-test, and that nothing is left after dpkg -r;
#   - .deb for arm64: every element, doctor and self-test under qemu, with the packages of Debian 11 and 12;
#   - .tar.gz: unpacked anywhere.
#
#   DEBIANS="11 12 13" scripts/test-packages.sh [x86_64] [aarch64]
#
# The self-test runs on the metadata library of our own, working as DeepStreams of each layout class, and on NVIDIA's
# where it can be loaded: amd64 from Debian 12, as it needs GLib 2.68.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
cross=$root/.deps/cross
dist=$root/target/dist
# Those whose texts are snapshots, so that no element is forgotten here.
elements=$(cd tests/snapshots && ls rs*.txt | sed -n '/^rsmetapublish/!s/\.txt$//p' | LC_ALL=C sort | tr '\n' ' ')
tried=0

say() { printf 'test-packages: %s\n' "$*"; }
die() {
    say "error: $*" >&2
    exit 1
}
work=$(mktemp -d "$root/target/packages.XXXXXX")
trap 'rm -rf "$work"' EXIT

# expect WHAT PATTERN FILE: the file has a line that matches.
expect() {
    grep -Eq -- "$2" "$3" || {
        cat "$3" >&2
        die "$1: expected a line with '$2'"
    }
}

# inspected WHERE RUN...: RUN gst-inspect-1.0 knows every element of the plugin, and no others are in it.
inspected() {
    local where=$1 element found
    shift
    for element in $elements; do
        "$@" gst-inspect-1.0 "$element" >"$work/out" 2>&1 || {
            cat "$work/out" >&2
            die "$where: gst-inspect-1.0 $element failed"
        }
        expect "$where" '^ *Klass' "$work/out"
    done
    found=$("$@" gst-inspect-1.0 rsnvds 2>"$work/out" | sed -n 's/^  \(rs[a-z]*\): .*/\1/p' | LC_ALL=C sort | tr '\n' ' ')
    [ "$found" = "$elements" ] || die "$where: the plugin has the elements '$found', expected '$elements'"
    # In a plugin and a package of its own, made with PUBLISH=yes.
    if compgen -G "$dist/gstreamer1.0-rsnvds-publish_*.deb" >/dev/null; then
        "$@" gst-inspect-1.0 rsmetapublish >"$work/out" 2>&1 || {
            cat "$work/out" >&2
            die "$where: gst-inspect-1.0 rsmetapublish failed"
        }
        expect "$where" '^ *Klass +Sink/Network' "$work/out"
    fi
}

# doctored WHERE COMMAND...: the doctor finds plugin and elements.
doctored() {
    local where=$1 code=0
    shift
    "$@" >"$work/out" 2>&1 || code=$?
    [ "$code" -le 1 ] || { cat "$work/out" >&2; die "$where: rsnvds-doctor ended with $code"; }
    expect "$where: rsnvds-doctor" '^ +ok +plugin ' "$work/out"
    expect "$where: rsnvds-doctor" '^ +ok +elements .*rstensorreplay' "$work/out"
    versions=$(sed -En 's/^ +ok +(gstreamer|glib|glibc) +/\1 /p' "$work/out" | tr '\n' ',' | sed 's/,$//;s/,/, /g')
}

# selftested WHERE LIBRARY CLASS RUN...: the self-test, on the stand-ins and a library of that class, passes.
selftested() {
    local where=$1 library=$2 class=$3
    shift 3
    "$@" >"$work/out" 2>&1 || {
        cat "$work/out" >&2
        die "$where: rsnvds-selftest failed with $library"
    }
    expect "$where" '^PASSED$' "$work/out"
    expect "$where" '^ +ok +objects ' "$work/out"
    expect "$where" "^ *layout-class +$class" "$work/out"
    say "$where: self-test passed with $library ($(sed -En 's/^ +ok +objects +/objects: /p' "$work/out"))"
    grep -E '^ +note +(boxes|texts) ' "$work/out" || true
}

# Releases as which our own metadata library is tried, with their layout class.
own_releases='6.0:A 7.1:A 8.0:B 9.1:C'

# --- amd64: a Debian to install into ------------------------------------------

# A copy of the root for each run, so that the next begins with the same.
debian=
enter() {
    unshare --mount --pid --fork --mount-proc="$debian/proc" chroot "$debian" \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 G_DEBUG=fatal-warnings ${inside[@]+"${inside[@]}"} timeout 300 "$@"
}

amd64() {
    local release name lib=/usr/lib/x86_64-linux-gnu inside=()
    [ "$(id -u)" = 0 ] || die "dpkg -i in a root of its own needs root; as another user: scripts/test-packages.sh aarch64"
    for release in "$@"; do
        name="Debian $release amd64"
        debian=$work/debian-$release
        cp -a "$cross/debian-$release-amd64" "$debian"
        cp "$dist"/gstreamer1.0-rsnvds*_amd64.deb "$debian/tmp/"
        enter sh -c 'dpkg -i /tmp/gstreamer1.0-rsnvds*.deb' >"$work/log" 2>&1 || {
            cat "$work/log" >&2
            die "$name: dpkg -i failed"
        }
        inspected "$name" enter
        doctored "$name" enter rsnvds-doctor
        say "$name: installed by dpkg -i, elements inspected ($versions)"
        # Stand-ins must not be found by themselves: they would hide DeepStream's own.
        if enter gst-inspect-1.0 nvstreammux >/dev/null 2>&1; then
            die "$name: GStreamer found the stand-ins by itself"
        fi
        tests "$release"
        enter sh -c 'dpkg-query -W -f "\${Package}\n" "gstreamer1.0-rsnvds*" | xargs dpkg -r' >"$work/log" 2>&1 || {
            cat "$work/log" >&2
            die "$name: dpkg -r failed"
        }
        [ -z "$(find "$debian/usr" -name '*rsnvds*' -print -quit)" ] ||
            die "$name: dpkg -r left $(find "$debian/usr" -name '*rsnvds*')"
        tarball "$name"
        rm -rf "$debian"
        tried=$((tried + 1))
    done
}

# tests RELEASE: the self-test with each metadata library that can be used in that Debian.
tests() {
    local own
    for own in $own_releases; do
        inside=("RSNVDS_NVDS_LIB_DIR=$lib/rsnvds-standins" "NVDS_META_RELEASE=${own%:*}")
        selftested "$name" "our own metadata library as ${own%:*}" "${own#*:}" enter rsnvds-selftest --stand-ins "$lib/rsnvds-standins"
    done
    if [ "$1" -ge 12 ]; then
        cp -rL "$root/.deps/nvds" "$debian/tmp/nvds"
        inside=(RSNVDS_NVDS_LIB_DIR=/tmp/nvds)
        selftested "$name" "NVIDIA's metadata library" C enter rsnvds-selftest --stand-ins "$lib/rsnvds-standins"
    fi
    inside=()
}

# tarball NAME: the archive, unpacked in a folder with a space in the root that was entered before.
tarball() {
    local folder="/tmp/a folder"
    mkdir -p "$debian$folder"
    tar -xzf "$dist"/rsnvds-[0-9]*-x86_64.tar.gz -C "$debian$folder" --strip-components=1
    (cd "$debian$folder" && sha256sum --quiet -c SHA256SUMS) || die "$1: SHA256SUMS of the archive"
    doctored "$1, archive" enter "$folder/bin/rsnvds-doctor"
    expect "$1, archive" "plugin +$folder/(bin/\.\./)?lib/gstreamer-1.0/libgstrsnvds.so" "$work/out"
    PKG_CONFIG_PATH="$debian$folder/share/pkgconfig" pkg-config --cflags rsnvds >"$work/out" || die "$1: pkg-config knows no rsnvds"
    [ -e "$debian$folder/include/rsnvds.h" ] || die "$1: the archive has no rsnvds.h"
}

# --- arm64: packages unpacked, under the emulator ------------------------------

foreign=
emulated() {
    local name=$1 program
    shift
    program=$(find "$opened/usr/bin" "$foreign/usr/bin" -name "$name" -print -quit)
    env -i HOME="$work" LC_ALL=C.UTF-8 "LD_LIBRARY_PATH=$cross/tools/usr/lib/x86_64-linux-gnu" \
        timeout 600 "$cross/tools/usr/bin/qemu-aarch64" -L "$foreign" \
        -E "LD_LIBRARY_PATH=$foreign/usr/lib/aarch64-linux-gnu:$foreign/lib/aarch64-linux-gnu" \
        -E "GST_PLUGIN_PATH=$opened/usr/lib/aarch64-linux-gnu/gstreamer-1.0" \
        -E "GST_PLUGIN_SYSTEM_PATH_1_0=$foreign/usr/lib/aarch64-linux-gnu/gstreamer-1.0" \
        -E GST_REGISTRY_FORK=no -E "GST_REGISTRY_1_0=$work/registry-$(basename "$foreign").bin" \
        -E "FONTCONFIG_FILE=$work/fonts.conf" ${inside[@]+"${inside[@]}"} "$program" "$@"
}

arm64() {
    local release name standins own inside=()
    opened=$work/arm64
    for deb in "$dist"/gstreamer1.0-rsnvds*_arm64.deb; do dpkg-deb -x "$deb" "$opened"; done
    standins=$opened/usr/lib/aarch64-linux-gnu/rsnvds-standins
    for release in arm64 debian-11-arm64; do
        foreign=$cross/$release
        name="$release under qemu"
        [ "$release" != arm64 ] || name='debian-12-arm64 under qemu'
        # What Debian's packages turn on when they are installed, as far as it decides which font is "Serif".
        printf '<fontconfig><dir>%s</dir><cachedir>%s</cachedir>%s</fontconfig>\n' "$foreign/usr/share/fonts" "$work/fonts" \
            "$(printf "<include>$foreign/usr/share/fontconfig/conf.avail/%s.conf</include>" 10-hinting-slight 45-latin 60-latin)" >"$work/fonts.conf"
        inspected "$name" emulated
        doctored "$name" emulated rsnvds-doctor
        say "$name: elements inspected ($versions)"
        for own in $own_releases; do
            inside=(-E "RSNVDS_NVDS_LIB_DIR=$standins" -E "NVDS_META_RELEASE=${own%:*}")
            selftested "$name" "our own metadata library as ${own%:*}" "${own#*:}" emulated rsnvds-selftest --stand-ins "$standins"
        done
        inside=()
        tried=$((tried + 1))
    done
}

architectures=("$@")
[ ${#architectures[@]} -gt 0 ] || architectures=(x86_64 aarch64)
read -ra debians <<<"${DEBIANS:-11 12 13}"
for architecture in "${architectures[@]}"; do
    compgen -G "$dist/rsnvds-[0-9]*-$architecture.tar.gz" >/dev/null ||
        die "there are no packages for $architecture in target/dist; run 'make dist'"
    case $architecture in
    x86_64) amd64 "${debians[@]}" ;;
    aarch64) arm64 ;;
    *) die "unknown architecture '$architecture': x86_64 or aarch64" ;;
    esac
done
say "$tried systems tried"
