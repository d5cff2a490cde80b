#!/usr/bin/env python3
"""Passes on what the benchmarks print, and ends with a table of the lines that start with "bench:".

    cargo bench 2>&1 | scripts/bench-table.py
"""

import shlex
import sys

HEAD = ("work", "peer", "ours", "peer's", "ratio", "goal", "")


def row(line):
    """The cells of a line of key=value, where values may be quoted."""
    values = dict(word.split("=", 1) for word in shlex.split(line))
    ours, peer, goal = (float(values[key]) for key in ("ours_us", "peer_us", "goal"))
    ratio = ours / peer
    met = "met" if ratio <= goal else "NOT MET"
    times = (f"{time:.2f} us" for time in (ours, peer))
    return (values["work"], values["peer"], *times, f"{ratio:.2f}", f"{goal:g}", met)


def main():
    rows = [HEAD]
    for line in sys.stdin:
        kind, _, rest = line.partition(" ")
        if kind == "bench:":
            rows.append(row(rest))
        else:
            print(line, end="", flush=True)
    widths = [max(map(len, column)) for column in zip(*rows)]
    print()
    for cells in rows:
        left = [cell.ljust(width) for cell, width in zip(cells[:2], widths)]
        right = [cell.rjust(width) for cell, width in zip(cells[2:], widths[2:])]
        print("  ".join(left + right).rstrip())
    if any("NOT MET" in cells for cells in rows):
        print("\nWhy goals are not met, with the profile: docs/benchmarks.md")


if __name__ == "__main__":
    main()
