#!/usr/bin/env bash
# Runs the tests of the elements, and of the unsafe code below them, under
# AddressSanitizer with LeakSanitizer, and under valgrind.
#
#   scripts/memcheck.sh [asan] [valgrind]
#
# With no argument it does both. Needs the environment that `make -s env`
# prints; `make memcheck` sets it. AddressSanitizer sees the Rust code's every
# access, the metadata library's too, as it runs with our own; valgrind runs with
# NVIDIA's, and sees what C libraries do with the memory they are given.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

host=$(rustc -vV | sed -n 's/^host: //p')
runner=CARGO_TARGET_$(tr a-z- A-Z_ <<<"$host")_RUNNER

# Tests of the elements, and of the unsafe code below them.
tests=(--package gst-plugin-rsnvds --package nvds --package nvds-sys --test real_library --test layout)
# Those of the metadata library of our own. Random calls are compared with itself: what counts is what the sanitizer says.
own=(--package nvds-meta --lib --test behaviour --test releases --test symbols --test differential)
# All programs but those about gst-launch-1.0, which has neither the sanitizer nor valgrind around it, about the number
# of allocations, and those that load the stand-ins' plugin file (`mod drawn`): with the sanitizer it cannot be loaded.
all=("${tests[@]}" "${own[@]}" --package nvds-cpu)
for file in tests/*.rs; do
    case $file in
    tests/pipelines.rs | tests/plugin.rs | tests/*_allocations.rs) ;;
    *) grep -q '^mod drawn;' "$file" || all+=(--test "$(basename "$file" .rs)") ;;
    esac
done
# Of these, as many as valgrind runs in two minutes: it is thirty times slower.
some=("${tests[@]}")
for name in metajson osdannotate recordings ssdparser ssdparser_secondary tensorrecord; do
    some+=(--test "$name")
done
# Tests of these programs that start gst-launch-1.0 or Python.
skip=(
    --skip a_full_standard_output_is_an_error
    --skip a_reader_that_leaves_does_not_end_the_process
    --skip lines_on_standard_output
    --skip the_pipeline_file_writes_the_demos_objects
    --skip sinks_take_the_lines
    --skip python::
)

# Every allocation by itself, not in slices of a block that GLib keeps.
export G_SLICE=always-malloc G_DEBUG=fatal-warnings,gc-friendly

die() { printf 'memcheck: error: %s\n' "$*" >&2; exit 1; }

# prove WHAT COMMAND...: the tool finds each fault of a program that has it, and none in one that has none.
prove() {
    local what=$1 fault
    shift
    "$@" none >/dev/null 2>&1 || die "$what finds fault with scripts/memcheck/canary.rs, which has none"
    for fault in leak overrun; do
        ! "$@" "$fault" >/dev/null 2>&1 || die "$what does not find the $fault in scripts/memcheck/canary.rs"
    done
}

run_asan() {
    # With unwinding by frame pointers the stacks would end in the C libraries, which have none, and nobody could
    # tell whose a leak is.
    export ASAN_OPTIONS=fast_unwind_on_malloc=0:detect_stack_use_after_return=1
    export LSAN_OPTIONS=suppressions=$PWD/scripts/memcheck/lsan.supp:print_suppressions=0
    # The sanitizer's runtime ships with the stable toolchain, only the flag is locked.
    export RUSTC_BOOTSTRAP=1
    # Functions of the sanitizer are in the program: shared objects that are built with it find them there.
    local flags="-Zsanitizer=address -Clink-arg=-Wl,--dynamic-list=$PWD/scripts/memcheck/sanitizer.list"
    # The metadata library of our own, built with the sanitizer by the tests' build. NVIDIA's it sees nothing of.
    mkdir -p target/asan/meta
    ln -sf "../$host/debug/deps/libnvds_meta.so" target/asan/meta/libnvds_meta.so
    ln -sf libnvds_meta.so target/asan/meta/libnvdsgst_meta.so
    export RSNVDS_NVDS_LIB_DIR=$PWD/target/asan/meta NVDS_META_TEST_OURS=1 NVDS_META_TEST_CASES=25
    rustc --edition 2024 -Zsanitizer=address -o target/asan/canary scripts/memcheck/canary.rs
    prove AddressSanitizer target/asan/canary
    RUSTFLAGS=$flags CARGO_INCREMENTAL=0 CARGO_PROFILE_DEV_DEBUG=line-tables-only \
        cargo test --locked --no-fail-fast --target "$host" --target-dir target/asan \
        "${all[@]}" -- "${skip[@]}"
}

run_valgrind() {
    local tool="valgrind --quiet --fair-sched=yes --error-exitcode=9 --num-callers=40 --leak-check=full"
    tool+=" --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect"
    tool+=" --suppressions=$PWD/scripts/memcheck/valgrind.supp"
    mkdir -p target
    rustc --edition 2024 -o target/canary scripts/memcheck/canary.rs
    # shellcheck disable=SC2086  # words on purpose
    prove valgrind $tool target/canary
    env "$runner=$tool" cargo test --locked --no-fail-fast "${some[@]}" -- "${skip[@]}"
}

tools=("$@")
[ ${#tools[@]} -gt 0 ] || tools=(asan valgrind)
for tool in "${tools[@]}"; do
    case $tool in
    asan | valgrind) ;;
    *) die "there is no tool '$tool'; the tools are asan valgrind" ;;
    esac
done
for tool in "${tools[@]}"; do
    printf '\n--- %s\n' "$tool"
    # In a shell of its own, which keeps one tool's variables from the other.
    ("run_$tool")
done
