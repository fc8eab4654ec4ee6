#!/bin/sh
# Re-locks requirements.txt (runtime) and requirements-dev.txt from pyproject.toml for every platform and
# Python at once. No index address is written. Review the difference before you commit it.
set -eu
if ! command -v "${UV:-uv}" >/dev/null 2>&1; then
  echo "make lock needs uv (https://docs.astral.sh/uv), which is not on the PATH." >&2
  exit 2
fi
compile() {
  "${UV:-uv}" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" "$@"
}
compile pyproject.toml -o requirements.txt
compile --group dev pyproject.toml -c requirements.txt -o requirements-dev.txt
echo "Locked requirements.txt and requirements-dev.txt."
