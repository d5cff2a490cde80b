#!/usr/bin/env python3
"""Measures the structs and enumerations of a DeepStream SDK's headers; prints them as JSON for nvds-sys/tests/data/releases.

usage: sdk-layout.py VERSION FOLDER-OF-HEADERS [HEADER...]

What is measured is what layout-9.1.json names; what a release lacks is left out. Needs a C compiler and pkg-config with
gstreamer-1.0.
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HEADERS = [
    "nvdsmeta.h",
    "gstnvdsmeta.h",
    "nvdsinfer.h",
    "gstnvdsinfer.h",
    "nvbufsurface.h",
    "gst-nvevent.h",
    "nvll_osd_struct.h",
    "nvll_osd_api.h",
    "nvds_latency_meta.h",
]
FACTS = pathlib.Path(__file__).parent.parent / "nvds-sys/tests/data/layout-9.1.json"


def source(headers, facts, without):
    """A C program that prints a line for each fact, and the number of each line of it that asks for one."""
    lines = ["#include <stddef.h>", "#include <stdbool.h>", "#include <stdint.h>", "#include <stdio.h>"]
    lines += [f'#include "{header}"' for header in headers]
    lines.append("int main(void) {")
    asked = {}

    def ask(key, expressions):
        if key in without:
            return
        lines.append(
            'printf("' + " ".join(["%lld"] * len(expressions)) + '\\n", '
            + ", ".join(f"(long long)({e})" for e in expressions) + ");"
        )
        asked[len(lines)] = key

    for struct, fact in facts["structs"].items():
        ask((struct,), [f"sizeof({struct})", f"_Alignof({struct})"])
        for field in fact["fields"]:
            ask((struct, field), [f"offsetof({struct}, {field})", f"sizeof((({struct} *)0)->{field})"])
    for enum, values in facts["enums"].items():
        for value in values:
            ask((enum, value, "value"), [value])
    lines.append("return 0; }")
    return "\n".join(lines) + "\n", asked


def compile_and_run(folder, include, text):
    """The program's output, or the numbers of the lines that the compiler refuses."""
    program = folder / "layout"
    (folder / "layout.c").write_text(text)
    gstreamer = subprocess.run(
        ["pkg-config", "--cflags", "gstreamer-1.0"], check=True, capture_output=True, text=True
    ).stdout
    done = subprocess.run(
        [os.environ.get("CC", "cc"), "-std=gnu11", "-w", "-fmax-errors=0", "-I", include]
        + shlex.split(gstreamer) + [str(folder / "layout.c"), "-o", str(program)],
        capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"},
    )
    if done.returncode == 0:
        return subprocess.run([program], check=True, capture_output=True, text=True).stdout, set()
    refused = {int(n) for n in re.findall(r"layout\.c:(\d+):\d+: error", done.stderr)}
    if not refused:
        sys.exit(f"the headers in {include} do not compile:\n{done.stderr}")
    return None, (refused, done.stderr)


def measure(include, headers, facts):
    without = set()
    with tempfile.TemporaryDirectory() as name:
        while True:
            text, asked = source(headers, facts, without)
            output, refused = compile_and_run(pathlib.Path(name), include, text)
            if output is not None:
                return dict(zip(asked.values(), output.splitlines()))
            lines, words = refused
            missing = {asked[line] for line in lines if line in asked}
            if not missing:
                sys.exit(f"the headers in {include} do not compile:\n{words}")
            without |= missing


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    version, include, *headers = sys.argv[1:]
    headers = headers or [h for h in HEADERS if (pathlib.Path(include) / h).exists()]
    if not headers:
        sys.exit(f"{include} has none of {', '.join(HEADERS)}: name the SDK's sources/includes")
    facts = json.loads(FACTS.read_text())
    found = measure(include, headers, facts)
    lines = ["{", f' "sdk_version": "{version}",', ' "structs": {']
    structs = []
    for struct, fact in facts["structs"].items():
        if (struct,) not in found:
            continue
        size, align = map(int, found[(struct,)].split())
        fields = {
            field: list(map(int, found[(struct, field)].split()))
            for field in fact["fields"] if (struct, field) in found
        }
        structs.append(f"  {json.dumps(struct)}: {json.dumps(dict(size=size, align=align, fields=fields))}")
    lines += [",\n".join(structs), " },", ' "enums": {']
    enums = []
    for enum, values in facts["enums"].items():
        there = {value: int(found[(enum, value, "value")]) for value in values if (enum, value, "value") in found}
        if there:
            enums.append(f"  {json.dumps(enum)}: {json.dumps(there)}")
    lines += [",\n".join(enums), " }", "}"]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
