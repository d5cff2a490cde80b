#!/usr/bin/env bash
# Builds the metadata library of our own for one layout.
#
#   scripts/build-meta.sh CLASS RELEASE [PROFILE]
#
# puts it into target/nvds-meta/CLASS under NVIDIA's two names, with RELEASE
# built in and told by a file `version`, as an SDK has it. Both names are one
# file, so that a process has it once, whichever name it asks for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

class=$1 release=$2 profile=${3:-release}
folder=target/nvds-meta/$class
NVDS_META_DEFAULT_RELEASE=$release "${CARGO:-cargo}" build --quiet --locked --profile "$profile" --package nvds-meta --lib
[ "$profile" != dev ] || profile=debug
mkdir -p "$folder"
install -C -m 755 "${CARGO_TARGET_DIR:-target}/$profile/libnvds_meta.so" "$folder/libnvds_meta.so"
ln -sf libnvds_meta.so "$folder/libnvdsgst_meta.so"
printf 'Version: %s.0\n' "$release" >"$folder/version"
