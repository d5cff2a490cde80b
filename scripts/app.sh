#!/usr/bin/env bash
# Runs an application on the CPU stand-ins:
#
#   scripts/app.sh python3 my_app.py film.h264
#
# in the folder where it is called, and ends with the application's exit code.
# It sets what docs/run-without-gpu.md lists, and prints it, a line for each. What
# the caller has set of these variables counts. The process becomes the
# application: signals and standard input are its own.
#
# An element that the application asks for and that is not there is named, with
# what provides it, unless GST_DEBUG_FILE is set.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
fail() {
    echo "app: error: $1" >&2
    exit "${2:-2}"
}
[ $# -ge 1 ] || fail "expected a command: $0 python3 my_app.py"
case ${1:-} in
-h | --help)
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"
    exit
    ;;
esac
type -P -- "$1" >/dev/null || fail "there is no program '$1' here ($PWD)" 127

# What may be given by the caller, and else is set here.
others=:${GST_PLUGIN_PATH:-}
library_dir=${RSNVDS_NVDS_LIB_DIR:-}
runtime=${ORT_DYLIB_PATH:-}
exports=$("$root/scripts/env.sh" 2>/dev/null) || fail "scripts/env.sh failed"
eval "$exports"
if [ -n "${RSNVDS_PLUGIN_PATH:-}" ]; then
    IFS=: read -ra folders <<<"$RSNVDS_PLUGIN_PATH"
    for folder in "${folders[@]}"; do
        [ -z "$folder" ] || [ -d "$folder" ] ||
            fail "RSNVDS_PLUGIN_PATH names $folder, which is no folder: expected those of libgstrsnvds.so and libgstnvdscpu.so"
    done
    # Without what an earlier `make env` put there.
    others=${others//":$root/target/plugins/rsnvds"/}
    others=${others//":$root/target/plugins/nvdscpu"/}
    GST_PLUGIN_PATH=$RSNVDS_PLUGIN_PATH${others%:}
elif [ ! -e "$root/target/plugins/rsnvds/libgstrsnvds.so" ]; then
    fail "the plugins are not built: run 'make build runtime' in $root"
fi

before() { # puts a folder in front of LD_LIBRARY_PATH, once
    case :${LD_LIBRARY_PATH:-}: in
    *:"$1":*) ;;
    *) export LD_LIBRARY_PATH=$1${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} ;;
    esac
}
where='on the stand-ins'
if [ -z "${RSNVDS_NVDS_LIB_DIR:-}" ]; then
    where="on this machine's DeepStream"
else
    [ -z "$runtime" ] || ORT_DYLIB_PATH=$runtime
    if [ -n "$library_dir" ] && [ "$library_dir" != "$RSNVDS_NVDS_LIB_DIR" ]; then
        RSNVDS_NVDS_LIB_DIR=$library_dir
        before "$library_dir"
    fi
    stubs=${RSNVDS_STUBS_DIR:-$root/target/stubs}
    # CUDA's names only where there is no driver: elsewhere the application may use its GPU.
    [ ! -d "$stubs/cuda" ] || [ -n "$(PATH=$PATH:/sbin ldconfig -p | sed -n '/libcuda\.so\.1 /p')" ] || before "$stubs/cuda"
    [ ! -d "$stubs" ] || before "$stubs"
    # The user's own registry does not learn of the stand-ins.
    export GST_REGISTRY_1_0=${GST_REGISTRY_1_0:-$root/target/app-registry.bin}
fi

told=
for name in GST_PLUGIN_PATH LD_LIBRARY_PATH ORT_DYLIB_PATH PYTHONPATH GST_REGISTRY_1_0 USE_NEW_NVSTREAMMUX "${!RSNVDS_@}"; do
    case $name in RSNVDS_PLUGIN_PATH | RSNVDS_STUBS_DIR) continue ;; esac
    [ -z "${!name:-}" ] || told+=$(printf '\napp:   %s=%q' "$name" "${!name}")
done
echo "app: $where:$told" >&2

# GStreamer's log goes through a filter that knows who provides an element.
if [ -z "${GST_DEBUG_FILE:-}" ]; then
    quiet=0
    case ${GST_DEBUG:-} in
    '')
        export GST_DEBUG=GST_ELEMENT_FACTORY:2,GST_PIPELINE:1
        quiet=1
        ;;
    *GST_ELEMENT_FACTORY* | *[2-9]*) ;;
    *) GST_DEBUG+=,GST_ELEMENT_FACTORY:2 ;;
    esac
    # Ctrl-C is the application's; the filter ends when nobody can write any more.
    exec {log}> >(trap '' INT && exec 1>&2 && exec awk -v quiet=$quiet -f "$root/scripts/app-elements.awk")
    export GST_DEBUG_FILE=/proc/$$/fd/$log
fi
exec "$@"
