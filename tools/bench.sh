#!/bin/sh
# Makes .venv-bench: chipflows and the peers it is measured beside (benchmarks/requirements.in). Returns at once
# when it is there and newer than what it is made from.
set -eu
made=.venv-bench/ready
if [ -f "$made" ] && [ "$made" -nt benchmarks/requirements.in ] && [ "$made" -nt requirements.txt ]; then exit 0; fi
rm -rf .venv-bench
if [ -n "${UV:-}" ] && command -v "$UV" >/dev/null 2>&1; then
  "$UV" venv --quiet --python .venv/bin/python .venv-bench
  "$UV" pip install --quiet --python .venv-bench/bin/python -r benchmarks/requirements.in -e .
else
  .venv/bin/python -m venv .venv-bench
  .venv-bench/bin/python -m pip install --quiet -r benchmarks/requirements.in -e .
fi
touch "$made"
