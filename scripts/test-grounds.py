#!/usr/bin/env python3
"""Runs the tests on several metadata libraries, and ends with a table of them.

    scripts/test-grounds.py               # NVIDIA's file, and that of this project in each layout
    scripts/test-grounds.py nvidia A      # two of them

On NVIDIA's file the whole workspace is tested, on the others what uses the library: reading and changing metadata, the
elements, the stand-ins, golden data and whole pipelines. Ends with 1 when a test failed.

The grounds arm64-A, arm64-B and arm64-C are for scripts/test-arm64.sh, which sets up compiler and emulator.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What each library is laid out as, and what is tested on it.
ALL = ["--workspace"]
USERS = ["--package=nvds", "--package=gst-plugin-rsnvds", "--package=nvds-cpu"]
# Left out under the emulator, which does not run what a program of arm64 starts. Programs of tests:
STARTERS = {"latency", "pipelines", "plugin"}
# and single tests.
STARTING = [
    "a_file_that_could_not_grow_ends_with_a_whole_line",
    "a_full_standard_output_is_an_error",
    "a_write_that_breaks_off_is_an_error_and_leaves_no_part",
    "lines_on_standard_output",
    "the_header_compiles_and_says_the_same",
    "the_pipeline_file_writes_the_demos_objects",
]


def emulated():
    """What is tested on arm64: layouts, metadata, decoding, and the elements between two pads."""
    packages = {"nvds-sys": "nvds-sys", "nvds": "nvds", "nvds-decode": "nvds-decode", "gst-plugin-rsnvds": "."}
    programs = {file.stem for folder in packages.values() for file in (ROOT / folder / "tests").glob("*.rs")}
    programs -= STARTERS | {"bindings"}  # `make lint-bindings` runs that one, where bindgen is
    return [
        "--target=aarch64-unknown-linux-gnu.2.27",
        *(f"--package={name}" for name in packages),
        "--lib",
        *(f"--test={name}" for name in sorted(programs)),
        "--",
        *(f"--skip={name}" for name in STARTING),
    ]


GROUNDS = {
    "nvidia": ("NVIDIA's 9.0.2", "9.x", ALL),
    "A": ("nvds-meta", "6.0 to 7.1", USERS),
    "B": ("nvds-meta", "8.0", USERS),
    "C": ("nvds-meta", "9.x", USERS),
    "arm64-A": ("nvds-meta", "6.0 to 7.1", emulated()),
    "arm64-B": ("nvds-meta", "8.0", emulated()),
    "arm64-C": ("nvds-meta", "9.x", emulated()),
}
# What runs on this machine as it is.
NATIVE = ["nvidia", "A", "B", "C"]
RESULT = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored")
HEAD = ("ground", "library", "layout", "passed", "failed", "ignored", "seconds", "")


def environment(ground):
    """Where the tests look for the library."""
    values = dict(os.environ, G_DEBUG="fatal-warnings")
    if ground != "nvidia":
        values["RSNVDS_NVDS_LIB_DIR"] = str(ROOT / "target/nvds-meta" / ground)
    return values


def run(ground, cargo):
    """Runs the tests on one ground. Passes on what they print; returns their row and whether all passed."""
    library, layout, packages = GROUNDS[ground]
    print(f"\n=== tests on {ground}: {library}, layout of {layout}", flush=True)
    begin = time.monotonic()
    counts = [0, 0, 0]
    command = [cargo, "test", "--locked", "--no-fail-fast", *packages]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(ground), stdout=subprocess.PIPE, text=True, errors="replace"
    ) as tests:
        for line in tests.stdout:
            print(line, end="", flush=True)
            found = RESULT.match(line)
            if found:
                counts = [count + int(more) for count, more in zip(counts, found.groups())]
    # No test at all is no success.
    good = tests.returncode == 0 and counts[0] > 0
    seconds = f"{time.monotonic() - begin:.0f}"
    return (ground, library, layout, *map(str, counts), seconds, "ok" if good else "FAILED"), good


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("grounds", metavar="GROUND", nargs="*", help=f"of {', '.join(GROUNDS)}; {', '.join(NATIVE)} by default")
    parser.add_argument("--cargo", default=os.environ.get("CARGO", "cargo"))
    arguments = parser.parse_args()
    for ground in arguments.grounds:
        if ground not in GROUNDS:
            parser.error(f"no ground {ground}; known are {', '.join(GROUNDS)}")
    rows, good = [HEAD], True
    for ground in arguments.grounds or NATIVE:
        row, passed = run(ground, arguments.cargo)
        rows.append(row)
        good &= passed
    widths = [max(map(len, column)) for column in zip(*rows)]
    print()
    for cells in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip())
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
