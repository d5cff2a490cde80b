#!/usr/bin/env python3
"""Makes the mistakes that scripts/mutants.toml lists, one at a time, and tells which of them no test notices.

cargo-mutants finds mistakes to make by itself, but its whole run over these crates takes hours on two cores; this
list takes minutes.

Works on a copy of the tree in target/mutants/, never on the tree itself. A mutation is survived by a test run that
passes; one that has `survives` must survive. Ends with 1 when the list and the tests disagree, with 2 when the list
itself is wrong or the tests fail without any mutation.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIST = ROOT / "scripts/mutants.toml"
SCRATCH = ROOT / "target/mutants"
TREE = SCRATCH / "tree"
NEEDED = ("file", "text", "with", "test")
OPTIONAL = ("survives",)
# Seconds for the tests of one mutation, once they are built: one that makes a loop endless is noticed, too.
PATIENCE = 60


class Wrong(Exception):
    """The list is wrong, or nothing can be told by these tests."""


def read_list(only):
    """The mutations by name, all or those in `only`, each with the keys of NEEDED and OPTIONAL."""
    mutations = tomllib.loads(LIST.read_text(encoding="utf-8"))
    mistakes = []
    for name, mutation in mutations.items():
        missing = [key for key in NEEDED if key not in mutation]
        unknown = [key for key in mutation if key not in NEEDED + OPTIONAL]
        if missing or unknown:
            mistakes.append(f"{name}: missing are {missing}, not known are {unknown}; expected {NEEDED + OPTIONAL}")
            continue
        path = ROOT / mutation["file"]
        found = path.read_text(encoding="utf-8").count(mutation["text"]) if path.is_file() else 0
        if found != 1:
            mistakes.append(f"{name}: {mutation['file']} has the text {found} times, expected once: change `text`")
    if mistakes:
        raise Wrong("\n".join(mistakes))
    for name in only:
        if name not in mutations:
            raise Wrong(f"no mutation is named {name}; known are {', '.join(mutations)}")
    return {name: mutations[name] for name in only or mutations}


def copy_tree():
    """Makes the scratch tree like this one. What is alike already stays, so that cargo does not build it again."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    names = {name for name in listed.stdout.split("\0") if (ROOT / name).is_file()}
    deps = TREE / ".deps"
    deps.unlink(missing_ok=True)
    for path in [path for path in TREE.rglob("*") if path.is_file()]:
        if str(path.relative_to(TREE)) not in names:
            path.unlink()
    for name in names:
        source, copy = ROOT / name, TREE / name
        if not copy.is_file() or copy.read_bytes() != source.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
            shutil.copymode(source, copy)
    # Tests find the metadata library and models there.
    deps.symlink_to(ROOT / ".deps")


def cargo(test, *more):
    """Runs `cargo test` in the scratch tree and returns its exit code, None if it did not end, and its output."""
    # Without debug information it builds in half the time.
    environment = os.environ | {
        "CARGO_TARGET_DIR": str(SCRATCH / "target"),
        "CARGO_PROFILE_DEV_DEBUG": "0",
        "CARGO_INCREMENTAL": "1",
        "CARGO_TERM_COLOR": "never",
    }
    command = ["cargo", "test", "--locked", *more, "--package", *test.split()]
    running = subprocess.Popen(
        command,
        cwd=TREE,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = running.communicate(timeout=None if "--no-run" in more else PATIENCE)
    except subprocess.TimeoutExpired:
        # Its test programs, too.
        os.killpg(running.pid, signal.SIGKILL)
        return None, running.communicate()[0]
    except KeyboardInterrupt:
        os.killpg(running.pid, signal.SIGKILL)
        raise
    return running.returncode, output


def build(test):
    code, output = cargo(test, "--no-run")
    if code != 0:
        raise Wrong(f"does not build for `{test}`:\n{output[-3000:]}")


def prove(tests):
    """Proves that the tests pass, and are any, while nothing is mutated."""
    for test in tests:
        start = time.monotonic()
        build(test)
        code, output = cargo(test)
        count = sum(map(int, re.findall(r"^running (\d+) test", output, re.MULTILINE)))
        if code != 0 or count == 0:
            raise Wrong(f"without a mutation, `{test}` runs {count} tests and ends with {code}:\n{output[-3000:]}")
        print(f"unmutated  {time.monotonic() - start:4.0f} s  {test}: {count} tests pass", flush=True)


def killer(output):
    """The first test that failed."""
    failed = re.search(r"^test (\S+).* FAILED$", output, re.MULTILINE)
    return failed[1] if failed else "the test program"


def run(mutation):
    """Makes one mutation. Returns whether it survived, and by which test it was killed."""
    path = TREE / mutation["file"]
    before = path.read_text(encoding="utf-8")
    try:
        path.write_text(before.replace(mutation["text"], mutation["with"]), encoding="utf-8")
        build(mutation["test"])
        code, output = cargo(mutation["test"])
    finally:
        path.write_text(before, encoding="utf-8")
    if code is None:
        return False, f"no end within {PATIENCE} s"
    return code == 0, killer(output)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--only", metavar="NAME", nargs="+", default=[], help="make these only")
    only = parser.parse_args().only
    start = time.monotonic()
    try:
        mutations = read_list(only)
        TREE.mkdir(parents=True, exist_ok=True)
        copy_tree()
        prove(dict.fromkeys(mutation["test"] for mutation in mutations.values()))
    except Wrong as error:
        print(f"mutants: {error}", file=sys.stderr)
        sys.exit(2)
    killed, excused, wrong = 0, 0, []
    for name, mutation in mutations.items():
        began, excuse = time.monotonic(), mutation.get("survives")
        try:
            survived, by = run(mutation)
        except Wrong as error:
            outcome = "wrong"
            wrong.append(f"{name} {error}")
        else:
            if survived and excuse:
                outcome, excused = f"survives: {excuse}", excused + 1
            elif survived:
                outcome = "SURVIVES"
                wrong.append(f"{name} survives: write the test that notices it, or say in `survives` why none can")
            elif excuse:
                outcome = f"KILLED by {by}"
                wrong.append(f"{name} is killed by {by}: take `survives` away")
            else:
                outcome, killed = f"killed by {by}", killed + 1
        print(f"{time.monotonic() - began:4.0f} s  {name}: {outcome}", flush=True)
    seconds = time.monotonic() - start
    print(
        f"{len(mutations)} mutations in {seconds / 60:.0f} min: {killed} killed, {excused} survive with a reason, "
        f"{len(wrong)} to be looked at"
    )
    if wrong:
        print(*wrong, sep="\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
