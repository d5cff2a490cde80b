#!/usr/bin/env python3
"""Checks that `unsafe` stands only where this list says, each place with its reason.

The floors nvds-sys and nvds are made to hold it, and nvds-meta is a C library. Everything else that needs it is a file of its own here, so that a
new one is a decision and no accident; and a file that needs it no more must leave the list.
"""

import pathlib
import re
import subprocess
import sys

FOLDERS = ("nvds-sys/src/", "nvds/src/", "nvds-meta/src/")
FILES = {
    "src/parser/subclass.rs": "IsSubclassable, by which elements extend abstract ones, is an unsafe trait",
    "nvds-cpu/src/sinks/overlay.rs": "IsImplementable, by which elements have interfaces that gstreamer-rs cannot implement, is an unsafe trait",
    "nvds-cpu/src/surface/block.rs": "pixels in memory of their own, aligned as a surface's",
    "nvds-cpu/src/surface/memory.rs": "GstMemory and its allocator are C structs with C callbacks",
    "nvds-cpu/src/v4l2decoder/base.rs": "FromGlib is an unsafe trait's function",
    "nvds-cpu/src/dsanalytics/payload.rs": "has C++ classes made by the part in C++, which copies and releases them",
    "nvds-cpu/src/infer/library/call.rs": "calls functions of parser libraries, by way of the part in C++",
    "nvds-stubs/src/away.rs": "functions that applications call",
    "nvds-stubs/src/create.rs": "functions that applications call",
    "nvds-stubs/src/custom_event.rs": "functions that applications call",
    "nvds-stubs/src/custom_message.rs": "functions that applications call",
    "nvds-stubs/src/element.rs": "asks GObject whether a value is in a property's range",
    "nvds-stubs/src/helper.rs": "functions that applications call",
    "nvds-stubs/src/logger.rs": "functions that applications call",
    "nvds-stubs/src/obj_enc.rs": "functions that applications call",
    "nvds-stubs/src/picture.rs": "reads surfaces that applications pass, and lends their pixels to GStreamer",
    "nvds-stubs/src/surface.rs": "functions that applications call",
    "nvds-stubs/src/transform/batch.rs": "reads surfaces and rectangles that applications pass",
    "nvds-stubs/src/transform/later.rs": "functions that applications call",
    "nvds-stubs/src/transform/mod.rs": "functions that applications call",
    "nvds-stubs/src/version.rs": "functions that applications call",
    "nvds-stubs/src/yml_parser.rs": "functions that applications call",
    "nvds-stubs-cuda/src/lib.rs": "functions that applications call",
    "nvds-custom/src/abi.rs": "reads what inference elements give their parsers, and calls the part in C++",
    "nvds-custom/src/exports.rs": "functions that inference elements call",
    "nvds-custom/src/loaded.rs": "asks the C library what is loaded, and the metadata library what it makes",
    "nvds-custom/src/parser.rs": "hands the list of objects on to the part in C++",
    "benches/probe/src/lib.rs": "calls the probes in C and C++ that are measured against",
    "benches/ssdparser.rs": "a global allocator that counts",
    "scripts/memcheck/canary.rs": "does the mistake that a sanitizer must see",
    # Tests look at what is in memory, or put there what a careless C element would.
    "nvds/tests/key_points.rs": "takes objects away, which no view may outlive",
    "nvds/tests/own.rs": "makes user metas as C elements do",
    "nvds/tests/restyle.rs": "reads C structs as nvdsosd does",
    "nvds/tests/real_library/main.rs": "compares C structs after the library's functions",
    "nvds/tests/real_library/metas.rs": "compares C structs after the library's functions",
    "nvds/tests/real_library/tensors.rs": "compares C structs after the library's functions",
    "nvds/tests/real_library/refused.rs": "compares C structs after the library's functions",
    "tests/regions.rs": "makes user metas that share a tensor meta, as nvinferserver does",
    "nvds-stubs-cuda/tests/no_device.rs": "calls the library as C does",
    "nvds-stubs/tests/linked/main.rs": "calls the libraries as C does",
    "nvds-stubs/tests/linked/surfaces.rs": "calls the libraries as C does",
    "nvds-meta/tests/behaviour.rs": "calls the library as C does",
    "nvds-meta/tests/releases.rs": "calls the library as C does",
    "nvds-meta/tests/symbols.rs": "calls the library as C does",
    "nvds-meta/tests/differential/buffers.rs": "calls both libraries as C does",
    "nvds-meta/tests/differential/callbacks.rs": "callbacks that both libraries call",
    "nvds-meta/tests/differential/describe.rs": "looks at pools and lists as C does",
    "nvds-meta/tests/differential/driver.rs": "calls both libraries as C does",
    "nvds-meta/tests/differential/elements.rs": "looks at every byte of an element",
    "nvds-meta/tests/differential/lists.rs": "calls both libraries as C does",
    "nvds-meta/tests/differential/library.rs": "looks functions up by name",
    "nvds-cpu/tests/convert/element.rs": "reads NvBufSurface as a C element does",
    "nvds-cpu/tests/infer_elements.rs": "reads NvDsInferTensorMeta as a C element does",
    "nvds-cpu/tests/mux_support/mod.rs": "reads metas as a C element does",
    "nvds-cpu/tests/osd_case/pipeline.rs": "writes display metas as a C probe does",
    "nvds-cpu/tests/streammux/captured.rs": "reads a GError's code",
    "nvds-cpu/tests/streammux/flow.rs": "ends GStreamer",
    "nvds-cpu/tests/surface_layout/mod.rs": "reads NvBufSurface as a C element does",
    "nvds-cpu/tests/streammux/latency.rs": "measures with the library as DeepStream's applications do",
    "tests/counting/mod.rs": "a global allocator that counts",
    "tests/latency.rs": "reads NvDsMetaCompLatency as DeepStream's applications do",
    "tests/metajson.rs": "writes fields that no Rust element would",
    "tests/osdannotate_style.rs": "writes labels that no Rust element would",
    "tests/osdannotate_warnings.rs": "writes a box that the tracker would",
    "tests/tee.rs": "reads texts as nvdsosd does, and poisons what is freed",
    "tests/ssdparser.rs": "writes tensor metas that no Rust element would",
}
# Comments and texts may name the word.
NOT_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|r(\#*)".*?"\1|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])'""",
    re.DOTALL,
)


def main():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.rs"],
        check=True,
        capture_output=True,
        text=True,
        cwd=pathlib.Path(__file__).parent.parent,
    )
    root = pathlib.Path(__file__).parent.parent
    found, wrong = set(), []
    for name in listed.stdout.split():
        if name.startswith(FOLDERS) or not (root / name).exists():
            continue
        code = NOT_CODE.sub(lambda m: "\n" * m[0].count("\n"), (root / name).read_text(encoding="utf-8"))
        for number, line in enumerate(code.split("\n"), 1):
            if re.search(r"\bunsafe\b", line):
                found.add(name)
                if name not in FILES:
                    wrong.append(f"{name}:{number}: unsafe outside {', '.join(FOLDERS)} and the files in FILES")
    wrong += [f"{name}: has no unsafe any more: take it off FILES" for name in FILES if name not in found]
    if wrong:
        print("\n".join(wrong), "Move it to nvds, or add the file with a reason to scripts/check-unsafe.py.", sep="\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
