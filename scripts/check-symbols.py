#!/usr/bin/env python3
"""Checks that a plugin loads with the oldest GStreamer and GLib it promises to support.

Every function it imports must be in the promised version already, by the version that Debian's symbols files give
for it; and it may link to nothing but GLib, GStreamer and the C library, so that it loads where no DeepStream is.
"""

import glob
import re
import subprocess
import sys

# Imported prefix -> promised version. DeepStream 6.3 is the oldest SDK, on Ubuntu 20.04.
FLOORS = {"gst_": (1, 16), "g_": (2, 64)}
LIBRARIES = re.compile(
    r"(libgst(reamer|base|video)-1\.0|lib(glib|gobject|gmodule)-2\.0|libgcc_s|libc|libm|libdl|libpthread|ld-linux-x86-64)\.so"
)
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


def faults(plugin):
    """What is wrong with the plugin, one text each; and how many functions were looked at."""
    known = first_versions()
    if not known:
        raise SystemExit("check-symbols: error: Debian's symbols files of GLib and GStreamer are not installed here")
    bad = []
    for library in re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-dW", plugin)):
        if not LIBRARIES.match(library):
            bad.append(f"links to {library}, which may be missing where the plugin is inspected")
    imports = [
        line.split()[-1].partition("@")[0] for line in output("nm", "-D", "--undefined-only", plugin).splitlines()
    ]
    looked_at = 0
    for symbol in imports:
        floor = next((floor for prefix, floor in FLOORS.items() if symbol.startswith(prefix)), None)
        if floor is None:
            continue
        looked_at += 1
        if symbol not in known:
            bad.append(f"imports {symbol}, which no symbols file lists")
        elif known[symbol] > floor:
            bad.append("imports %s of %d.%d, newer than the promised %d.%d" % (symbol, *known[symbol], *floor))
    return bad, looked_at


def main():
    if len(sys.argv) != 2:
        raise SystemExit(f"usage: {sys.argv[0]} PLUGIN.so")
    plugin = sys.argv[1]
    bad, looked_at = faults(plugin)
    if looked_at == 0:
        bad.append("imports no GLib or GStreamer function at all: is this a plugin?")
    for fault in bad:
        print(f"check-symbols: {plugin} {fault}", file=sys.stderr)
    if bad:
        return 1
    print(f"check-symbols: {plugin}: {looked_at} imported functions, none newer than GStreamer 1.16 or GLib 2.64")
    return 0


if __name__ == "__main__":
    sys.exit(main())
