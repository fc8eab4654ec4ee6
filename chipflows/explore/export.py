"""Take the figure on show away: its folder, as the figure contract has it, or one file to download."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

from chipflows import charts, paths

__all__ = ["export_folder", "zipped"]

_EPOCH = (1980, 1, 1, 0, 0, 0)  # no clock time: the same figure gives the same bytes


def export_folder(figure: charts.Figure) -> Path:
    """Write *figure*'s folder under runs/explore and return it; one exported before is replaced, whole."""
    return charts.export(figure, paths.runs() / "explore" / figure.id)


def zipped(figure: charts.Figure) -> bytes:
    """Return *figure*'s folder as a ZIP: spec, data, PNG, SVG and PDF, the same bytes each time."""
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory(prefix="chipflows-") as work:
        folder = charts.export(figure, Path(work) / figure.id)
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.iterdir()):
                archive.writestr(zipfile.ZipInfo(f"{figure.id}/{path.name}", _EPOCH), path.read_bytes())
    return packed.getvalue()
