#!/usr/bin/env bash
# Puts the stand-in libraries that applications link into target/stubs, under
# DeepStream's names, and into target/stubs/cuda under CUDA's:
#
#   scripts/link-stubs.sh [FOLDER]
#
# takes them from where cargo has built them, target/release or FOLDER. Each of
# the two files has several names, so that a process has it once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

built=${1:-${CARGO_TARGET_DIR:-target}/release}
folder=target/stubs
install -D -C -m 755 "$built/libnvds_stubs.so" "$folder/libnvds_stubs.so"
install -D -C -m 755 "$built/libnvds_stubs_cuda.so" "$folder/cuda/libnvds_stubs_cuda.so"
for name in libnvds_yml_parser.so libnvdsgst_helper.so libnvdsgst_customhelper.so libnvbufsurface.so libnvbufsurface.so.1.0.0 \
    libnvbufsurftransform.so libnvbufsurftransform.so.1.0.0 libnvds_batch_jpegenc.so libnvds_utils.so libnvds_logger.so \
    libnvds_msgbroker.so libnvdsgst_smartrecord.so; do
    ln -sf libnvds_stubs.so "$folder/$name"
done
for name in libcuda.so libcuda.so.1 libcudart.so libcudart.so.11.0 libcudart.so.12 libcudart.so.13; do
    ln -sf libnvds_stubs_cuda.so "$folder/cuda/$name"
done
