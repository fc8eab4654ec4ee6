#!/bin/sh
# Makes .venv ready: tools/setup.sh runtime|dev. Returns at once when it is; called by every make target.
# PYTHON=... chooses the interpreter, UV= (empty) installs with pip even where uv is present.
set -u
level=${1:-runtime}
works() { "$1" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' </dev/null >/dev/null 2>&1; }

# The environment's own interpreter answers fastest whether the environment is current.
if [ -x .venv/bin/python ] && .venv/bin/python -I -S tools/environment.py ready "$level" 2>/dev/null; then
  exit 0
fi

if [ -n "${PYTHON:-}" ]; then
  if ! works "$PYTHON"; then
    echo "PYTHON is '$PYTHON', which does not run or is older than Python 3.11 (or lacks the venv module)." >&2
    echo "Name another: make setup PYTHON=/path/to/python3.12" >&2
    exit 2
  fi
  exec "$PYTHON" tools/environment.py make "$level"
fi
for python in python3.13 python3.12 python3.11 python3.14 python3; do
  if works "$python"; then exec "$python" tools/environment.py make "$level"; fi
done
echo "No Python 3.11 or newer found (looked for python3.13, 3.12, 3.11, 3.14 and python3 on the PATH)." >&2
echo "Install one, for example: sudo apt install python3 python3-venv, brew install python@3.13, uv python install 3.13." >&2
echo "Or name it: make setup PYTHON=/path/to/python3.12" >&2
exit 2
