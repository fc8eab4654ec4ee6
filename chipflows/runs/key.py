"""What a run's result depends on: notebook, parameters, library, versions, and the files it read."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat

from chipflows import paths
from chipflows.runs.reads import UNTRACED, Prints

__all__ = ["Inputs", "data_folders", "inputs_of", "key_of", "library_hash", "versions"]

FORMAT = 1
_PACKAGES = (
    "chipflows", "numpy", "scipy", "pandas", "matplotlib", "seaborn", "papermill", "nbclient", "nbconvert",
    "ipykernel",
)  # fmt: skip
_NOT_RESULTS = {"cli", "explore", "live", "__pycache__", "_home"}

Inputs = Mapping[str, Any]
"""What all runs of a notebook share: hashes of the library, the untraced data and the notebook, versions."""


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that make results."""
    return {"python": platform.python_version(), **{name: version(name) for name in _PACKAGES}}


@lru_cache(maxsize=1)
def library_hash() -> str:
    """Return one hash over our code, the command line left out."""
    digest = hashlib.sha256()
    root = Path(__file__).resolve().parent.parent
    for path in sorted(_code(root)):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _code(root: Path) -> Iterator[Path]:
    """Yield the files of our code."""
    for folder, names, files in os.walk(root):
        names[:] = [name for name in names if name not in _NOT_RESULTS]
        yield from (Path(folder, name) for name in files if not name.endswith((".pyc", ".md")))


def data_folders() -> list[Path]:
    """Return the folders whose files and names are data."""
    return [paths.home() / "data", paths.scenarios(), paths.live()]


def inputs_of(source: str, prints: Prints) -> Inputs:
    """Return what a run of the notebook *source* (its JSON) depends on, besides parameters and files read."""
    untraced = [
        path
        for folder in data_folders()
        for path in folder.rglob("*")
        if path.suffix.lower() in UNTRACED and path.is_file()
    ]
    return {
        "notebook_sha256": _notebook_hash(source),
        "library_sha256": library_hash(),
        "untraced_sha256": prints.over(untraced),
        "versions": versions(),
    }


def _notebook_hash(source: str) -> str:
    """Return a hash of what a notebook says, its outputs left out."""
    cells = [
        [cell.cell_type, cell.source, cell.metadata.get("tags", [])]
        for cell in nbformat.reads(source, as_version=4).cells
    ]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def key_of(inputs: Inputs, parameters: Mapping[str, Any]) -> str:
    """Return the key of a run: what must be equal for its result to stand, the files it read apart."""
    content = [FORMAT, dict(inputs), dict(parameters)]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
