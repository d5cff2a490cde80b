#!/usr/bin/env bash
# Runs one of the launch lines in pipelines/ with gst-launch-1.0:
#
#   scripts/run-pipeline.sh pipelines/ssd-parser.txt [gst-launch option...]
#
# Uses the stock DeepStream elements where they are installed and the CPU
# stand-ins where they are not. Paths in the files are relative to the project.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ $# -ge 1 ] || {
    echo "usage: $0 PIPELINE.txt [gst-launch option...]" >&2
    exit 2
}
[ -r "$1" ] || {
    echo "run-pipeline: error: there is no pipeline file '$1'" >&2
    exit 2
}
read -rd '' -a words <"$1" || true
shift
cd "$root"
exports=$(scripts/env.sh)
eval "$exports"
mkdir -p out
# -e: Ctrl-C ends the stream, so that the film written so far can be played.
exec gst-launch-1.0 -e "$@" "${words[@]}"
