#!/bin/sh
# dependencies.sh FOLDER: makes the environment of the image, with everything that llamaport
# needs and without llamaport. It runs in the build stage of the Dockerfile, and in the test that
# adds up what goes into the image. PYTHON chooses the interpreter.
set -eu

folder=$1
python=${PYTHON:-python3}
checkout=$(cd "$(dirname "$0")/../.." && pwd)

# Litestar asks for these, for its test client and its command line. The server imports none.
unread="faker polyfactory rich rich-click pygments markdown-it-py mdurl"

pip() {
  "$python" -m pip --python "$folder/bin/python" --quiet --disable-pip-version-check "$@"
}

"$python" -m venv --without-pip "$folder"
pip install --no-compile --only-binary :all: --require-hashes -r "$checkout/requirements/runtime.txt"
# shellcheck disable=SC2086 # they are several words
pip uninstall --yes $unread

# What debuggers read is more than half of some compiled modules.
find "$folder" -type f -name '*.so' -exec strip --strip-unneeded {} +
# The image is read-only, so what is not compiled now would be compiled at every start.
"$folder/bin/python" -m compileall -q "$folder/lib"
