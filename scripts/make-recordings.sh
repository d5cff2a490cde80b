#!/usr/bin/env bash
# Records 50 frames of the demo's film through both detectors and makes of them what tests/recordings.rs replays:
# tests/data/recordings/, whose README tells what is in it. Needs the environment that `make -s env` prints;
# `make recordings` sets it.
#
# The tensors are those of this machine's inference elements, and may differ in the last digits on another.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

frames=50
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# record MODEL CONFIG ARGUMENT...: pipelines/record.txt with another configuration, and what its files become.
record() {
    local model=$1 config=$2 line
    shift 2
    mkdir -p "$work/$model"
    line=$(sed -e "s|config/nvinferserver.txt|config/$config|" -e "s|out/recording/|$work/$model/|" \
        -e "s|! fakesink|! identity eos-after=$frames ! fakesink|" pipelines/record.txt)
    # shellcheck disable=SC2086  # the line is words on purpose
    gst-launch-1.0 -q $line
    python3 scripts/trim-recording.py --recording "$work/$model" --output "tests/data/recordings/$model" \
        --frames "$frames" "$@"
}

record ssdlite_pedestrian nvinferserver.txt
record ssd_mobilenetv2_oidv4 oidv4-nvinferserver.txt --raw
cp .deps/models/ssd_mobilenetv2_oidv4/labels.txt tests/data/recordings/ssd_mobilenetv2_oidv4/
cp pipelines/config/labels.txt tests/data/recordings/ssdlite_pedestrian/
RSNVDS_UPDATE_RECORDINGS=1 cargo test --locked --package gst-plugin-rsnvds --test recordings
