"""figures/index.html: every figure of a folder on one page, with its words and links to its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chipflows.errors import FigureError
from chipflows.reports.page import filled
from chipflows.yamltext import read_yaml

__all__ = ["INDEX", "WORDS", "Exhibit", "exhibits", "gallery_page"]

INDEX = "index.html"
WORDS = ("title", "subtitle", "note", "source", "alt")
_KINDS = ("png", "svg", "pdf")


@dataclass(frozen=True)
class Exhibit:
    """One exported figure: the notebook it is from, its folder, its words (figure.yaml)."""

    notebook: str
    folder: Path
    words: dict[str, Any]

    @classmethod
    def below(cls, folder: Path, notebook: str) -> list[Exhibit]:
        """Return the figures in *folder*/<id> that *notebook* exported."""
        return [cls(notebook, path.parent, _words(path)) for path in sorted(folder.glob("*/figure.yaml"))]

    @property
    def id(self) -> str:
        """Return the figure's id."""
        return str(self.words["id"])

    @property
    def place(self) -> str:
        """Return the folder relative to the gallery."""
        return f"{self.notebook}/{self.folder.name}"

    def files(self) -> list[tuple[str, str]]:
        """Return (what to call it, path relative to the gallery) of each picture and of the data."""
        held = [
            (f"{path.stem.removeprefix('figure').strip('-')} {kind.upper()}".strip(), path.name)
            for kind in _KINDS
            for path in sorted(self.folder.glob(f"figure*.{kind}"))
        ]
        return [(label, f"{self.place}/{name}") for label, name in [*held, ("data", "data.csv")]]


def exhibits(root: Path) -> list[Exhibit]:
    """Return the figures under *root*/<notebook>/<id>, by notebook and id.

    Raises FigureError for a figure.yaml that is not one of ours.
    """
    folders = sorted({path.parent.parent for path in root.glob("*/*/figure.yaml")})
    return [item for folder in folders for item in Exhibit.below(folder, folder.name)]


def _words(path: Path) -> dict[str, Any]:
    """Return what a figure.yaml says."""
    words = read_yaml(path, str(path), FigureError)
    if not isinstance(words, dict) or not {"id", "title", "subtitle", "alt", "source"} <= set(words):
        raise FigureError(f"{path} does not hold the words of a figure. Draw it anew: chipflows figures.")
    return words


def gallery_page(root: Path) -> str:
    """Return the HTML page that shows the figures under *root*, its addresses relative to *root*."""
    shown = exhibits(root)
    notebooks = list(dict.fromkeys(item.notebook for item in shown))
    by_notebook = [(name, [item for item in shown if item.notebook == name]) for name in notebooks]
    return filled("gallery.html.j2", by_notebook=by_notebook, count=len(shown))
