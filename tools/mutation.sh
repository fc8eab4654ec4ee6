#!/bin/sh
# Mutation testing, apart from the suite: makes .venv-mutation (what the tests need, mutmut, coverage) and runs
# tools/mutation.py in it, at low priority. For example: sh tools/mutation.sh chipflows/law --kind logic
set -eu
cd "$(dirname "$0")/.."
made=.venv-mutation/ready
UV=${UV-uv}
if [ ! -f "$made" ] || [ requirements-dev.txt -nt "$made" ]; then
  rm -rf .venv-mutation
  if [ -n "$UV" ] && command -v "$UV" >/dev/null 2>&1; then
    "$UV" venv --quiet --python .venv/bin/python .venv-mutation
    install() { "$UV" pip install --quiet --python .venv-mutation/bin/python "$@"; }
  else
    .venv/bin/python -m venv .venv-mutation
    install() { .venv-mutation/bin/python -m pip install --quiet "$@"; }
  fi
  install -r requirements-dev.txt
  install --no-deps -e .
  install 'mutmut>=3.8,<4' 'coverage>=7'
  touch "$made"
fi
exec nice -n 15 .venv-mutation/bin/python tools/mutation.py "$@"
