"""What a run reads, noted as its kernel opens it: so that only what depends on a change runs again.

Loaded into a kernel as an IPython extension. Python tells of the files it opens and the folders it lists;
files that C code reads by itself (`UNTRACED`) are counted as read by every run.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["READS_VARIABLE", "UNTRACED", "Prints", "load_ipython_extension", "reads_from"]

READS_VARIABLE = "CHIPFLOWS_READS"
UNTRACED = {".parquet", ".duckdb", ".sqlite", ".db", ".arrow", ".feather", ".xml", ".html", ".htm"}
_SYSTEM = ("/proc", "/sys", "/dev", "/etc", "/usr", "/lib", "/lib64", "/var", "/opt", "/run")
_WRITING = os.O_WRONLY | os.O_RDWR
_BIG = 16 * 2**20


def load_ipython_extension(_shell: Any) -> None:
    """Note from now on what this kernel opens and lists, one line each, in the file READS_VARIABLE names."""
    target = os.environ.get(READS_VARIABLE)
    if not target:
        return
    log = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    own = os.path.dirname(os.path.realpath(target))
    ignored = (*_roots(), own)
    seen: set[tuple[str, str]] = set()

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, flags = arguments[0], arguments[2]
            kind = "written" if isinstance(flags, int) and flags & _WRITING else "file"
        elif event in ("os.listdir", "os.scandir"):
            path, kind = arguments[0], "folder"
        else:
            return
        if not isinstance(path, (str, os.PathLike)):
            return
        text = os.path.abspath(os.fspath(path))
        if (kind, text) in seen or text.startswith(ignored):
            return
        seen.add((kind, text))
        os.write(log, f"{kind}\t{text}\n".encode(errors="surrogateescape"))

    sys.addaudithook(note)


def _roots() -> tuple[str, ...]:
    """Return where the interpreter, packages, our code and the system lie: the key covers those."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    code = (sys.prefix, sys.base_prefix, *_SYSTEM)
    hidden = os.path.join(os.path.expanduser("~"), ".")
    ours = [os.path.join(package, name) for name in os.listdir(package) if name != "_home"]
    return (*(os.path.join(path, "") for path in code), hidden, *ours)


class Prints:
    """Hashes of files and folders, each read once."""

    def __init__(self, home: Path) -> None:
        self._home = str(home.resolve())
        self._known: dict[str, str] = {}

    def name(self, path: str) -> str:
        """Return *path* as a record keeps it: relative to the home where it lies below it."""
        return os.path.relpath(path, self._home) if path.startswith(self._home + os.sep) else path

    def of(self, name: str) -> str:
        """Return the hash of a file's bytes, or of the names in a folder (given with a final slash)."""
        if name not in self._known:
            path = Path(self._home, name)
            try:
                self._known[name] = _names(path) if name.endswith("/") else _content(path)
            except OSError:
                self._known[name] = "none"
        return self._known[name]

    def same(self, reads: Mapping[str, str]) -> bool:
        """Return whether everything a run read is as it was."""
        return all(self.of(name) == value for name, value in reads.items())

    def over(self, paths: Iterable[Path]) -> str:
        """Return one hash over files, by their names and contents."""
        digest = hashlib.sha256()
        for path in sorted(paths):
            name = self.name(str(path.resolve()))
            digest.update(f"{name}\0{self.of(name)}\n".encode())
        return digest.hexdigest()


def _names(path: Path) -> str:
    """Return a hash of the names in a folder, hidden ones and compiled code left out."""
    names = sorted(item for item in os.listdir(path) if not item.startswith((".", "__")))
    return hashlib.sha256("\n".join(names).encode(errors="surrogateescape")).hexdigest()


def _content(path: Path) -> str:
    """Return a hash of a file: its bytes, or size and time where it is very large."""
    state = path.stat()
    if state.st_size > _BIG:
        return f"{state.st_size}@{state.st_mtime_ns}"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def reads_from(noted: Path, prints: Prints, data: Iterable[Path]) -> dict[str, str]:
    """Return what a run read, with hashes, from the lines its kernel wrote.

    What it wrote itself is left out; of folders, only those below *data* count (Python lists others as it
    imports).
    """
    try:
        lines = [
            line.partition("\t") for line in noted.read_text(errors="surrogateescape").splitlines() if line
        ]
    except FileNotFoundError:
        return {}
    written = {path for kind, _, path in lines if kind == "written"}
    roots = tuple(os.path.join(os.path.realpath(root), "") for root in data)
    found = {}
    for kind, _, path in lines:
        if kind == "file" and path not in written and os.path.isfile(path):
            name = prints.name(os.path.realpath(path))
        elif kind == "folder" and os.path.join(os.path.realpath(path), "").startswith(roots):
            name = prints.name(os.path.realpath(path)) + "/"
        else:
            continue
        found[name] = prints.of(name)
    return dict(sorted(found.items()))
