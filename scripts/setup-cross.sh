#!/usr/bin/env bash
# Prepares this machine, x86-64 with Debian or its like, for building and trying the packages of all systems that
# DeepStream runs on: `make dist` and `make test-packages`.
#
#   scripts/setup-cross.sh [--renew] [packages] [zig] [tools] [cargo-deb] [arm64] [debian-11-arm64]
#                          [debian-11-amd64] [debian-12-amd64] [debian-13-amd64] [analytics]
#
# With no argument it does everything but analytics, which only `make test-bridge` wants. All goes into .deps/cross/; but for mmdebstrap nothing is installed.
#
# Debian's packages are pinned by lists in scripts/cross/: name, version, architecture and, for what is
# unpacked here, SHA-256. Debian replaces versions in its mirrors with each point release. Then the newer ones are
# taken, which apt checks by Debian's signature, and a warning names them; --renew writes the lists anew, to be
# looked at and committed. The same version with other content is an error.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
deps=$root/.deps/cross

# --- What is pinned -----------------------------------------------------------

# The linker of old C libraries, and cargo's way to it.
zig_pin='ziglang==0.17.1'
zig_sha256=ea6cc5d87b033cf0aedfbc8f9549a908cae6c50ac31f1698188fa48a74524b54
zigbuild_pin='cargo-zigbuild==0.24.1'
zigbuild_sha256=238a1ab54a95053a4eadc34775c81f795a8ad75f80bfed63f3f445f518102375

# Built here, with the dependencies of its own lock file; cargo compares their checksums with the registry's.
cargo_deb_version=3.8.0

# Debian's compiler that has a standard library for arm64, and the emulator that runs arm64's programs: single
# packages of Debian 12, without what they depend on as far as every such machine has it.
tools_packages=(
    rustc-web libstd-rust-web-dev libstd-rust-web-1.96 libllvm22 qemu-user libcapstone4
)
# What is built against for arm64, and run under the emulator: Debian 12's arm64 packages.
arm64_packages=(
    libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libcairo2-dev libpango1.0-dev libstd-rust-web-dev
    gstreamer1.0-tools gstreamer1.0-plugins-base fonts-dejavu-core fontconfig-config
)
# What a root needs in which plugin and stand-ins are tried.
root_packages=(
    gstreamer1.0-tools gstreamer1.0-plugins-base libpangocairo-1.0-0 fonts-dejavu-core fontconfig-config
)
# GStreamer 1.26's analytics library, and the elements that draw and decode what it holds; they run in the root debian-13-amd64.
analytics_packages=(libgstreamer-plugins-bad1.0-0 gstreamer1.0-plugins-bad)

# shellcheck source=scripts/setup-lib.sh
. scripts/setup-lib.sh

# --- Debian's packages, not installed -----------------------------------------

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# sources RELEASE: the lines of a sources.list for a Debian release, from the mirrors that this machine uses.
sources() {
    local release=$1 main security suite uri
    main=${DEBIAN_MIRROR:-} security=${DEBIAN_SECURITY_MIRROR:-}
    # shellcheck disable=SC2016  # apt's own placeholders
    while read -r suite uri; do
        case $suite in
        *-security) [ -n "$security" ] || security=$uri ;;
        *-updates | *-backports) ;;
        *) [ -n "$main" ] || main=$uri ;;
        esac
    done < <(apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 'Origin: Debian')
    [ -n "$main" ] && [ -n "$security" ] ||
        die "apt knows no mirror of Debian here; name them: DEBIAN_MIRROR=URI DEBIAN_SECURITY_MIRROR=URI make setup-cross"
    [ -e "$keyring" ] || die "$keyring is missing; install the package debian-archive-keyring"
    printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$main" "$release"
    # Nobody corrects Debian 11 any more, and mirrors lack files of its last corrections.
    [ "$release" = bullseye ] ||
        printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$security" "$release-security"
}

# private_apt RELEASE ARCHITECTURE: the array $apt becomes apt-get with a state of its own, which knows that release,
# no installed package, and nothing of this machine's but how to reach the network.
private_apt() {
    local release=$1 architecture=$2 state
    scratch
    state=$work/apt-$release-$architecture
    apt=(
        env -u APT_CONFIG apt-get -qq -y -o "Dir::State=$state" -o "Dir::State::status=$state/status" -o "Dir::Cache=$state/cache"
        -o "Dir::Etc::SourceList=$state/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
        -o "APT::Architecture=$architecture" -o "APT::Architectures=$architecture"
        -o APT::Install-Recommends=false -o APT::Sandbox::User=root -o Acquire::Languages=none -o Debug::NoLocking=true
    )
    archives=$state/cache/archives
    [ ! -e "$state/ready" ] || return 0
    mkdir -p "$state/lists/partial" "$archives/partial"
    : >"$state/status"
    sources "$release" >"$state/sources.list"
    "${apt[@]}" update >"$work/apt.log" 2>&1 || {
        cat "$work/apt.log" >&2
        die "apt-get could not read the lists of Debian $release for $architecture"
    }
    : >"$state/ready"
}

# fetch_debs HOW RELEASE ARCHITECTURE LIST PACKAGE...: downloads packages into the array $debs, as the list in
# scripts/cross pins them. HOW is `whole`, with all that they depend on, or `single`.
fetch_debs() {
    local how=$1 release=$2 architecture=$3 list=scripts/cross/$4.lock wanted
    shift 4
    private_apt "$release" "$architecture"
    wanted=$work/debs
    rm -rf "$wanted"
    mkdir -p "$wanted"
    pinned() {
        awk -v all="$architecture" '{ print $1 ($3 == "all" ? "" : ":" all) "=" $2 }' "$list"
    }
    get() {
        if [ "$how" = single ]; then
            (cd "$wanted" && "${apt[@]}" download "$@")
        else
            rm -f "$archives"/*.deb
            "${apt[@]}" --download-only install "$@" && mv "$archives"/*.deb "$wanted/"
        fi
    }
    if [ -n "$renew" ] || [ ! -e "$list" ]; then
        get "$@" >"$work/apt.log" 2>&1 || { cat "$work/apt.log" >&2; die "apt-get could not download: $*"; }
        contents "$wanted" >"$list"
        say "wrote $list: look at the difference and commit it"
    else
        # shellcheck disable=SC2046  # one word a package
        get $(pinned) >"$work/apt.log" 2>&1 || {
            rm -rf "$wanted"
            mkdir -p "$wanted"
            get "$@" >"$work/apt.log" 2>&1 || { cat "$work/apt.log" >&2; die "apt-get could not download: $*"; }
        }
        contents "$wanted" >"$work/found"
        compare_lists "$list" "$work/found"
    fi
    debs=("$wanted"/*.deb)
}

# contents FOLDER: one line a package: name, version, architecture, SHA-256.
contents() {
    local deb
    for deb in "$1"/*.deb; do
        dpkg-deb -W --showformat '${Package} ${Version} ${Architecture} ' "$deb"
        digest "$deb"
    done | sort
}

# compare_lists LIST FOUND: stops where a version has other content, warns where Debian has moved on.
compare_lists() {
    local list=$1 found=$2 changed moved
    changed=$(awk 'NR == FNR { sum[$1 " " $2 " " $3] = $4; next }
        ($1 " " $2 " " $3) in sum && sum[$1 " " $2 " " $3] != $4 { print $1, $2 }' "$list" "$found")
    [ -z "$changed" ] ||
        die "these packages have the version that $list pins and other content; the mirror cannot be trusted: $changed"
    moved=$(awk 'NR == FNR { version[$1] = $2; next } version[$1] != $2 { print "  " $1 " " version[$1] " -> " $2 }' "$list" "$found")
    [ -z "$moved" ] || {
        say "warning: Debian has other versions than $list; took those that it signs now (renew the list: scripts/setup-cross.sh --renew):"
        printf '%s\n' "$moved"
    }
}

# unpack_debs FOLDER: the packages in $debs, as they would lie on a disk.
unpack_debs() {
    local deb
    mkdir -p "$1"
    for deb in "${debs[@]}"; do dpkg-deb -x "$deb" "$1"; done
}

# key NAME WORD...: what the folder NAME is made from.
key() {
    local list=scripts/cross/$1.lock
    shift
    [ ! -e "$list" ] || digest "$list"
    printf '%s\n' "$*"
}

# --- Steps --------------------------------------------------------------------

step_packages() { install_packages mmdebstrap debian-archive-keyring python3-venv; }

step_zig() {
    local key="$zig_pin $zig_sha256 $zigbuild_pin $zigbuild_sha256"
    fresh zig "$key" "$deps/zig/ziglang/zig" "$deps/zig/cargo-zigbuild" && return
    x86_64_only "$zig_pin"
    say "$zig_pin and $zigbuild_pin into .deps/cross/zig"
    scratch
    mkdir -p "$work/zig"
    wheel "$zig_pin" "$zig_sha256"
    "$python" -m zipfile -e "$wheel" "$work/zig"
    wheel "$zigbuild_pin" "$zigbuild_sha256"
    unpack "$wheel" "$work/zig" '*/scripts/cargo-zigbuild'
    chmod +x "$work/zig/ziglang/zig" "$work/zig/cargo-zigbuild"
    place "$work/zig" zig
    stamp zig "$key"
}

step_tools() {
    [ -z "$renew" ] && fresh tools "$(key tools "${tools_packages[@]}")" "$deps/tools/usr/bin/rustc" "$deps/tools/usr/bin/qemu-aarch64" && return
    x86_64_only 'the compiler for arm64'
    say "Debian's compiler for arm64 and qemu into .deps/cross/tools (unpacked, not installed)"
    fetch_debs single bookworm amd64 tools "${tools_packages[@]}"
    rm -rf "$work/tools"
    unpack_debs "$work/tools"
    # One tree for the compiler: its own standard library and, from the arm64 packages, the foreign one.
    ln -s "../../../../arm64/usr/lib/rustlib/aarch64-unknown-linux-gnu" "$work/tools/usr/lib/rustlib/"
    place "$work/tools" tools
    stamp tools "$(key tools "${tools_packages[@]}")"
}

step_cargo-deb() {
    local key="cargo-deb $cargo_deb_version"
    fresh cargo-deb "$key" "$deps/cargo-deb/bin/cargo-deb" && return
    scratch
    say "cargo-deb $cargo_deb_version into .deps/cross/cargo-deb (builds it)"
    # Without its own LZMA: it then calls xz, which every Debian has.
    cargo install --quiet --locked --version "=$cargo_deb_version" --no-default-features --root "$work/cargo-deb" \
        --target-dir "$work/cargo-deb-target" cargo-deb >"$work/cargo-deb.log" 2>&1 || {
        cat "$work/cargo-deb.log" >&2
        die "cargo could not install cargo-deb $cargo_deb_version"
    }
    place "$work/cargo-deb" cargo-deb
    stamp cargo-deb "$key"
}

# foreign_root NAME RELEASE PACKAGE...: a folder with arm64's packages unpacked, for the emulator.
foreign_root() {
    local name=$1 release=$2
    shift 2
    [ -z "$renew" ] && fresh "$name" "$(key "$name" "$@")" "$deps/$name/usr/bin/gst-inspect-1.0" && return
    say "Debian's $release packages for arm64 into .deps/cross/$name (unpacked, not installed)"
    fetch_debs whole "$release" arm64 "$name" "$@"
    rm -rf "${work:?}/$name"
    unpack_debs "$work/$name"
    place "$work/$name" "$name"
    stamp "$name" "$(key "$name" "$@")"
}

step_arm64() { foreign_root arm64 bookworm "${arm64_packages[@]}"; }
step_debian-11-arm64() { foreign_root debian-11-arm64 bullseye "${root_packages[@]}"; }

# native_root NAME RELEASE: a small Debian of this machine's architecture to chroot into, configured as usual.
native_root() {
    local name=$1 release=$2 list=scripts/cross/$1.lock mode=unshare
    [ -z "$renew" ] && fresh "$name" "$(key "$name" "${root_packages[@]}")" "$deps/$name/usr/bin/gst-inspect-1.0" && return
    x86_64_only "the root $name"
    say "a Debian $release to try packages in, into .deps/cross/$name"
    scratch
    [ "$(id -u)" != 0 ] || mode=root
    sources "$release" >"$work/$name.list"
    mmdebstrap --mode="$mode" --variant=apt --include="$(IFS=,; echo "${root_packages[*]}")" \
        --aptopt='APT::Install-Recommends "false"' "$release" "$work/$name" - <"$work/$name.list" >"$work/$name.log" 2>&1 || {
        cat "$work/$name.log" >&2
        die "mmdebstrap could not make a Debian $release"
    }
    dpkg-query --admindir="$work/$name/var/lib/dpkg" -W -f '${Package} ${Version} ${Architecture}\n' | sort >"$work/found"
    if [ -n "$renew" ] || [ ! -e "$list" ]; then
        cp "$work/found" "$list"
        say "wrote $list: look at the difference and commit it"
    else
        compare_lists "$list" "$work/found"
    fi
    place "$work/$name" "$name"
    stamp "$name" "$(key "$name" "${root_packages[@]}")"
}

step_debian-11-amd64() { native_root debian-11-amd64 bullseye; }
step_debian-12-amd64() { native_root debian-12-amd64 bookworm; }
step_debian-13-amd64() { native_root debian-13-amd64 trixie; }

step_analytics() {
    local library=$deps/analytics/usr/lib/x86_64-linux-gnu/libgstanalytics-1.0.so.0
    [ -z "$renew" ] && fresh analytics "$(key analytics "${analytics_packages[@]}")" "$library" && return
    x86_64_only "Debian 13's analytics library"
    say "GStreamer 1.26's analytics library into .deps/cross/analytics (unpacked, not installed)"
    fetch_debs single trixie amd64 analytics "${analytics_packages[@]}"
    rm -rf "$work/analytics"
    unpack_debs "$work/analytics"
    place "$work/analytics" analytics
    stamp analytics "$(key analytics "${analytics_packages[@]}")"
}

renew=
[ "${1:-}" != --renew ] || { renew=yes; shift; }
steps=("$@")
all=(packages zig tools cargo-deb arm64 debian-11-arm64 debian-11-amd64 debian-12-amd64 debian-13-amd64)
[ ${#steps[@]} -gt 0 ] || steps=("${all[@]}")
for step in "${steps[@]}"; do
    case " ${all[*]} analytics " in
    *" $step "*) ;;
    *) die "there is no step '$step'; the steps are ${all[*]} analytics" ;;
    esac
done

mkdir -p "$deps"
# A second run started meanwhile waits here, and then finds everything done.
exec 9>"$deps/lock"
flock 9
for step in "${steps[@]}"; do
    "step_$step"
done
