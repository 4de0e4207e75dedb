#!/bin/sh
# Make .venv and install this project with the dependency groups named after the interpreter.
set -eu
python=${1:-}
if [ -z "$python" ]; then
  echo "corpuspress: expected Python 3.11 or newer on PATH, found none; install it, or call make PYTHON=/path/to/python3" >&2
  exit 1
fi
shift
groups=""
for group in "$@"; do groups="$groups --group $group"; done
if command -v uv >/dev/null 2>&1; then
  [ -x .venv/bin/python ] || uv venv --quiet --python "$python" .venv
  # shellcheck disable=SC2086
  uv pip install --quiet --compile-bytecode --python .venv/bin/python --editable . $groups
else
  if [ ! -x .venv/bin/pip ] && ! "$python" -m venv .venv; then
    echo "corpuspress: expected $python to make virtual environments; on Debian: apt-get install python3-venv" >&2
    rm -rf .venv
    exit 1
  fi
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
  # shellcheck disable=SC2086
  .venv/bin/python -m pip install --quiet --editable . $groups
fi
# No installer compiles the modules of an editable install, and where PYTHONDONTWRITEBYTECODE is set nobody ever does.
.venv/bin/python -m compileall -q src
