#!/usr/bin/env python3
"""Runs the tests on several metadata libraries, and ends with a table of them.

    scripts/test-grounds.py               # NVIDIA's file, and that of this project in each layout
    scripts/test-grounds.py nvidia A      # two of them

On NVIDIA's file the whole workspace is tested, on A what uses the library: reading and changing metadata, the elements,
the stand-ins, golden data and whole pipelines. B and C leave out the stand-ins' own programs and whole pipelines.
Ends with 1 when a test failed, and names what did below the table.

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


def programs(*packages):
    """The names of these packages' test programs that are files."""
    return sorted({file.stem for package in packages for file in (ROOT / package / "tests").glob("*.rs")})


def folders(*packages):
    """The names of those that are folders."""
    return sorted({file.parent.name for package in packages for file in (ROOT / package / "tests").glob("*/main.rs")})


# What each library is laid out as, and what is tested on it. All of them name the same packages: cargo builds others
# with other features, and thus anew.
ALL = ["--workspace"]


def users(*packages):
    """The unit tests, and the programs of these packages."""
    return ["--workspace", "--lib", *(f"--test={name}" for name in programs(*packages))]


USERS = users("nvds", ".", "nvds-cpu")
# The stand-ins see metadata through the same views as the elements, so that they need no third and fourth library.
ELEMENTS = users("nvds", ".")
# Whole pipelines take longest. They play on the newest and the oldest layout.
SHORT = [program for program in ELEMENTS if program != "--test=pipelines"]


def emulated(*tested):
    """The tests of these packages on arm64. All grounds name the same packages, so that they are built once."""
    packages = ["nvds-sys", "nvds", "nvds-decode"]
    return [
        "--target=aarch64-unknown-linux-gnu.2.27",
        *(f"--package={package}" for package in packages),
        "--lib",
        # `make lint-bindings` runs that one, where bindgen is.
        *(f"--test={name}" for name in [*programs(*tested), *folders(*tested)] if name != "bindings"),
        "--",
        # It builds and starts a program of this machine.
        "--skip=the_header_compiles_and_says_the_same",
    ]


GROUNDS = {
    "nvidia": ("NVIDIA's 9.0.2", "9.x", ALL),
    "A": ("nvds-meta", "6.0 to 7.1", USERS),
    "B": ("nvds-meta", "8.0", SHORT),
    "C": ("nvds-meta", "9.x", SHORT),
    # Decoding is the same with each library.
    "arm64-A": ("nvds-meta", "6.0 to 7.1", emulated("nvds-sys", "nvds", "nvds-decode")),
    "arm64-B": ("nvds-meta", "8.0", emulated("nvds")),
    "arm64-C": ("nvds-meta", "9.x", emulated("nvds")),
}
# What runs on this machine as it is.
NATIVE = ["nvidia", "A", "B", "C"]
RESULT = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored")
# A test that failed, and a program that ended otherwise than with its tests: cargo lists these last.
FAULT = re.compile(r"^test .*FAILED$|^error|^    `-p |^  process didn't exit|^Caused by|^  .*\(signal: ")
HEAD = ("ground", "library", "layout", "passed", "failed", "ignored", "seconds", "")


def environment(ground):
    """Where the tests look for the library."""
    values = dict(os.environ, G_DEBUG="fatal-warnings")
    if ground != "nvidia":
        values["RSNVDS_NVDS_LIB_DIR"] = str(ROOT / "target/nvds-meta" / ground)
    return values


def run(ground, cargo):
    """Runs the tests on one ground. Passes on what they print; returns their row, and the lines that name faults."""
    library, layout, packages = GROUNDS[ground]
    print(f"\n=== tests on {ground}: {library}, layout of {layout}", flush=True)
    begin = time.monotonic()
    counts, faults = [0, 0, 0], []
    command = [cargo, "test", "--locked", "--no-fail-fast", *packages]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(ground), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as tests:
        for line in tests.stdout:
            print(line, end="", flush=True)
            found = RESULT.match(line)
            if found:
                counts = [count + int(more) for count, more in zip(counts, found.groups())]
            elif FAULT.match(line):
                faults.append(line.rstrip())
    good = tests.returncode == 0 and counts[0] > 0
    if not good:
        faults.append("no test ran" if tests.returncode == 0 else f"{cargo} test ended with {tests.returncode}")
    seconds = f"{time.monotonic() - begin:.0f}"
    return (ground, library, layout, *map(str, counts), seconds, "ok" if good else "FAILED"), [] if good else faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("grounds", metavar="GROUND", nargs="*", help=f"of {', '.join(GROUNDS)}; {', '.join(NATIVE)} by default")
    parser.add_argument("--cargo", default=os.environ.get("CARGO", "cargo"))
    arguments = parser.parse_args()
    for ground in arguments.grounds:
        if ground not in GROUNDS:
            parser.error(f"no ground {ground}; known are {', '.join(GROUNDS)}")
    rows, failed = [HEAD], {}
    for ground in arguments.grounds or NATIVE:
        row, faults = run(ground, arguments.cargo)
        rows.append(row)
        if faults:
            failed[ground] = faults
    widths = [max(map(len, column)) for column in zip(*rows)]
    print()
    for cells in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip())
    for ground, faults in failed.items():
        print(f"\nfailed on {ground}:", *faults, sep="\n  ")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
