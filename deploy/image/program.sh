#!/bin/sh
# program.sh FOLDER: puts llamaport into the environment that dependencies.sh has made.
# PYTHON chooses the interpreter.
set -eu

folder=$1
python=${PYTHON:-python3}
checkout=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" -m venv "$work/build"
"$work/build/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
  -r "$checkout/requirements/build.txt"
(cd "$checkout" && "$work/build/bin/python" -m hatchling build --target wheel --directory "$work/dist" >/dev/null)

"$python" -m pip --python "$folder/bin/python" --quiet --disable-pip-version-check \
  install --no-compile --no-deps --no-index "$work"/dist/*.whl
"$folder/bin/python" -m compileall -q "$folder/lib"
