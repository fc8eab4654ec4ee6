"""Coverage-guided fuzzing of what reads bytes from outside, with atheris, which is no dependency.

    uv venv /tmp/fuzz && uv pip install --python /tmp/fuzz/bin/python -r requirements-dev.txt atheris
    PYTHONPATH=. nice /tmp/fuzz/bin/python tools/fuzz.py yaml -max_total_time=600 -timeout=10

The first word is a reader: yaml, lists, link or sheets; what follows goes to libFuzzer. An input is taken or
refused with one of our errors; any other exception, ten seconds, or the memory that libFuzzer allows stop the
run, and the input is left in a file.
"""

from __future__ import annotations

import sys
import tempfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["chipflows", "yaml"]):
    import yaml  # noqa: F401 - instrumented too

    import chipflows.cli.sheets  # noqa: F401 - which customers imports when it is due
    from chipflows import paths
    from chipflows.cli.customers import read_customers
    from chipflows.errors import ChipflowsError, TableError, printable
    from chipflows.explore.state import PRESETS, decode, encode, preset
    from chipflows.lists import parse
    from chipflows.yamltext import yaml_of

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "hostile"))
import test_lists
import test_sheets

_FILE = Path(tempfile.mkdtemp(prefix="chipflows-")) / "fuzzed.xlsx"
_PARTS = ("BOOK", "LINKS", "TEXTS", "SHEET")


def _sheets(body: bytes) -> None:
    """Read a workbook, one of whose parts, by the first byte, is the rest: a checksum guards the whole."""
    _FILE.write_bytes(test_sheets.packed(**{_PARTS[body[0] % 4]: body[1:]}) if body else body)
    read_customers(_FILE)


READERS: dict[str, Callable[[bytes], object]] = {
    "yaml": lambda body: yaml_of(body, "x.yaml", TableError),
    "lists": lambda body: parse(body, "x"),
    "link": lambda body: decode(urlsafe_b64encode(body).decode().rstrip("=")),
    "sheets": _sheets,
}


def seeds(reader: str) -> list[bytes]:
    """Return inputs that the reader takes, for the fuzzer to start from."""
    if reader == "yaml":
        folders = (paths.rules(), paths.scenarios(), paths.assumptions())
        return [path.read_bytes() for folder in folders for path in sorted(folder.glob("*.yaml"))[:20]]
    if reader == "link":
        return [urlsafe_b64decode(encode(preset(name)) + "===") for name in PRESETS]
    if reader == "sheets":
        return [bytes([at]) + test_sheets.GOOD[getattr(test_sheets, name)] for at, name in enumerate(_PARTS)]
    forms = [pack(content) for content, pack in test_lists.READERS.values()]
    return [test_lists.table(test_lists.ENTRY), *forms, *test_lists._forms("Firm One").values()]


def main() -> None:
    """Fuzz the reader named first until libFuzzer stops."""
    name, *options = sys.argv[1:]
    read = READERS[name]

    def one(body: bytes) -> None:
        try:
            read(body)
        except ChipflowsError as problem:
            said = str(problem)
            assert len(said) < 1_500 and printable(said) == said, ascii(said)

    corpus = Path(tempfile.mkdtemp(prefix="chipflows-corpus-"))
    for number, body in enumerate(seeds(name)):
        (corpus / str(number)).write_bytes(body)
    atheris.Setup([sys.argv[0], *options, str(corpus)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
