"""papermill without its slowest import: two seconds become half of one. Import papermill only from here."""

from __future__ import annotations

import sys

# An optional checker of one JSON-schema format that no notebook uses; it compiles a large grammar.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

import papermill  # noqa: E402  # the line above must come first

__all__ = ["papermill"]
