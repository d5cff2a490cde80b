#!/usr/bin/env bash
# Builds the wheel of the Python package from python/, without network:
#
#   scripts/wheel.sh [FOLDER]      into FOLDER, target/wheel without one
#
# By setuptools and pip of the system's Python (Debian: python3-pip, python3-setuptools, python3-wheel).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=${1:-target/wheel}
python=${PYTHON:-/usr/bin/python3}
# So that the same commit gives the same wheel.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH

"$python" -c 'import setuptools, wheel, pip' 2>/dev/null || {
    echo "wheel: error: $python lacks pip, setuptools or wheel; run 'scripts/setup.sh dev'" >&2
    exit 1
}
# A copy, as setuptools leaves files beside what it builds.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/rsnvds" "$folder"
cp python/pyproject.toml python/README.md LICENSE "$work/"
cp python/rsnvds/*.py python/rsnvds/py.typed "$work/rsnvds/"
"$python" -m pip wheel --quiet --disable-pip-version-check --no-deps --no-index --no-build-isolation \
    --no-cache-dir --wheel-dir "$work/out" "$work" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
}
cp "$work"/out/*.whl "$folder/"
(cd "$folder" && ls rsnvds-*.whl)
