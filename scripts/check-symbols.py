#!/usr/bin/env python3
"""Checks that a plugin or program loads with the oldest libraries that the project promises to support.

    scripts/check-symbols.py [--glibc] FILE...

Every function of GStreamer and GLib that it imports must be in the promised version already, by the version that
Debian's symbols files give for it; and it may link to nothing but GLib, GStreamer and the C library, so that it loads
where no DeepStream is. With --glibc, for files that are handed out, the C library's promised version holds too.
"""

import glob
import re
import subprocess
import sys

# Imported prefix -> promised version. DeepStream 6.0 is the oldest SDK, on Ubuntu 18.04.
FLOORS = {"gst_": (1, 14), "g_": (2, 56)}
GLIBC_FLOOR = (2, 27)
LIBRARIES = re.compile(
    r"(libgst(reamer|base|video)-1\.0|lib(glib|gobject|gmodule|gio)-2\.0|libgcc_s|libc|libm|libdl|libpthread|librt|ld-linux-x86-64|ld-linux-aarch64)\.so"
)
# The stand-ins draw letters.
STAND_INS = "libgstnvdscpu.so"
STAND_INS_LIBRARIES = re.compile(r"lib(pango|pangocairo)-1\.0\.so|libcairo\.so")
SYMBOLS_FILES = [
    f"/var/lib/dpkg/info/{package}{suffix}.symbols"
    for package in ("libglib2.0-0", "libglib2.0-0t64", "libgstreamer1.0-0", "libgstreamer-plugins-base1.0-0")
    for suffix in ("", ":*")
]


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def first_versions():
    """Symbol -> (major, minor) of the release that brought it."""
    found = {}
    for path in [path for pattern in SYMBOLS_FILES for path in glob.glob(pattern)]:
        with open(path, encoding="utf-8") as f:
            for line in f:
                match = re.match(r" (\w+)@\S+ (?:\d+:)?(\d+)\.(\d+)", line)
                if match:
                    found[match[1]] = (int(match[2]), int(match[3]))
    return found


def glibc_faults(file):
    """The versions of the C library that the file asks for and that are newer than the promised one."""
    wanted = re.findall(r"Name: GLIBC_(\d+(?:\.\d+)+) ", output("readelf", "--version-info", "--wide", file))
    if not wanted:
        return ["asks for no version of the C library: is this a file for Linux with glibc?"]
    versions = sorted({tuple(int(part) for part in version.split(".")) for version in wanted})
    return [
        "asks for GLIBC_%s, newer than the promised %d.%d" % (".".join(map(str, version)), *GLIBC_FLOOR)
        for version in versions
        if version > GLIBC_FLOOR
    ]


def imports(file):
    """Names of the functions and variables that the file takes from libraries."""
    # readelf, unlike nm, reads files of every architecture.
    for line in output("readelf", "--dyn-syms", "--wide", file).splitlines():
        fields = line.split()
        if len(fields) >= 8 and fields[6] == "UND":
            yield fields[7].partition("@")[0]


def faults(file, known):
    """What is wrong with the file, one text each; and how many functions were looked at."""
    bad = []
    for library in re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-dW", file)):
        drawing = file.endswith(STAND_INS) and STAND_INS_LIBRARIES.match(library)
        if not LIBRARIES.match(library) and not drawing:
            bad.append(f"links to {library}, which may be missing where it is to run")
    looked_at = 0
    for symbol in imports(file):
        floor = next((floor for prefix, floor in FLOORS.items() if symbol.startswith(prefix)), None)
        if floor is None:
            continue
        looked_at += 1
        if symbol not in known:
            bad.append(f"imports {symbol}, which no symbols file lists")
        elif known[symbol] > floor:
            bad.append("imports %s of %d.%d, newer than the promised %d.%d" % (symbol, *known[symbol], *floor))
    if looked_at == 0:
        bad.append("imports no GLib or GStreamer function at all: is this a plugin?")
    return bad, looked_at


def main():
    files = sys.argv[1:]
    with_glibc = files[:1] == ["--glibc"]
    if with_glibc:
        del files[0]
    if not files:
        raise SystemExit(f"usage: {sys.argv[0]} [--glibc] FILE...")
    known = first_versions()
    if not known:
        raise SystemExit("check-symbols: error: Debian's symbols files of GLib and GStreamer are not installed here")
    failed = False
    for file in files:
        bad, looked_at = faults(file, known)
        if with_glibc:
            bad += glibc_faults(file)
        for fault in bad:
            print(f"check-symbols: {file} {fault}", file=sys.stderr)
            failed = True
        if not bad:
            libraries = "GStreamer %d.%d, GLib %d.%d" % (*FLOORS["gst_"], *FLOORS["g_"])
            if with_glibc:
                libraries += ", glibc %d.%d" % GLIBC_FLOOR
            print(f"check-symbols: {file}: {looked_at} imported functions, nothing newer than {libraries}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
