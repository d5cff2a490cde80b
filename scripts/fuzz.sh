#!/usr/bin/env bash
# Fuzzes what reads tensors and files: scripts/fuzz.sh SECONDS [TARGET...]
#
# SECONDS are for all targets together, building not included. New inputs go
# into fuzz/corpus/, which is committed when it has grown useful; what breaks a
# target goes into fuzz/artifacts/, and the command that repeats it is printed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

total=$1
shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || for file in fuzz/fuzz_targets/*.rs; do
    targets+=("$(basename "$file" .rs)")
done
each=$((total / ${#targets[@]}))
[ "$each" -gt 0 ] || each=1

# The compiler's fuzzing flags are unstable, and this is how a stable one takes them.
export RUSTC_BOOTSTRAP=1
fuzz=$PWD/.deps/fuzz/bin/cargo-fuzz
"$fuzz" fuzz build
for target in "${targets[@]}"; do
    printf 'fuzz: %s for %d s\n' "$target" "$each"
    mkdir -p "fuzz/corpus/$target"
    "$fuzz" fuzz run "$target" -- -max_total_time="$each" -max_len=4096 -timeout=10 -print_final_stats=1 -verbosity=0
done
