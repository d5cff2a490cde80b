#!/usr/bin/env bash
# Prints the shell exports with which gst-launch-1.0 finds the plugins of this
# checkout:  eval "$(make -s env)"
#
# The CPU stand-ins, and the libraries they need, are offered only where the
# stock DeepStream elements are missing.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
plugins=$root/target/plugins

# The caller's plugin path without what an earlier eval put there.
others=
IFS=: read -ra folders <<<"${GST_PLUGIN_PATH:-}"
for folder in ${folders[@]+"${folders[@]}"}; do
    case $folder in
    '' | "$plugins"/*) ;;
    *) others=$others:$folder ;;
    esac
done
others=${others#:}

# Asked with a registry file of its own, so that the answer neither sees the
# stand-ins nor drops them from the user's registry.
stock() {
    command -v gst-inspect-1.0 >/dev/null || return 1
    mkdir -p "$root/target"
    GST_PLUGIN_PATH=$others GST_REGISTRY_1_0=$root/target/stock-registry.bin \
        gst-inspect-1.0 --exists nvstreammux 2>/dev/null
}

put() { printf 'export %s=%q\n' "$1" "$2"; }

path=$plugins/rsnvds
[ -e "$path/libgstrsnvds.so" ] || echo "env: the plugins are not built yet; run 'make build'" >&2
if ! stock; then
    path=$path:$plugins/nvdscpu
    put RSNVDS_NVDS_LIB_DIR "$root/.deps/nvds"
    # So that what is linked to the metadata library, as pyds is, finds this copy: two in one process
    # register the same types twice, and the pipeline hangs.
    case :${LD_LIBRARY_PATH:-}: in
    *:"$root/.deps/nvds":*) ;;
    *) put LD_LIBRARY_PATH "$root/.deps/nvds${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" ;;
    esac
    put ORT_DYLIB_PATH "$root/.deps/onnxruntime/lib/libonnxruntime.so"
fi
# The Python package, which a checkout need not install.
case :${PYTHONPATH:-}: in
*:"$root/python":*) ;;
*) put PYTHONPATH "$root/python${PYTHONPATH:+:$PYTHONPATH}" ;;
esac
put GST_PLUGIN_PATH "$path${others:+:$others}"
