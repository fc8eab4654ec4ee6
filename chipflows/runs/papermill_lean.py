"""papermill without its slowest import. Import papermill only from here."""

from __future__ import annotations

from chipflows import lean  # noqa: F401 - before papermill

import papermill  # isort: skip

__all__ = ["papermill"]
