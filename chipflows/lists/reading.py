"""From the bytes of any list file to the one frame: what it is, is told from its content, not its name."""

from __future__ import annotations

from typing import Any

import pandas as pd

from chipflows.errors import SourceError
from chipflows.lists.csl import read_bis_csv, read_compact, read_csl_csv, read_csl_json
from chipflows.lists.ecfr import read_export, read_markup
from chipflows.lists.frame import Entry, to_frame
from chipflows.lists.hostile import loaded_json, unpacked
from chipflows.lists.mofcom import read_mofcom
from chipflows.sources.answers import documented

__all__ = ["parse", "read_entries"]

_FORMS = (
    "eCFR XML, HTML or its JSON export; the Consolidated Screening List's CSV or JSON; BIS's Entity List CSV"
)


def parse(body: bytes, where: str = "the file") -> pd.DataFrame:
    """Return the list in *body* (plain or gzip) as a frame with the columns of `frame.COLUMNS`.

    One row per entry in the file's order, of every list it holds. Natural persons are there and flagged:
    pass the frame through `firms` before anything is screened, shipped or shown. *where* names the file in
    errors. Raises SourceError for anything that is not one of the known forms, whole, and safe to read.
    """
    return to_frame(read_entries(body, where))


def read_entries(body: bytes, where: str = "the file") -> list[Entry]:
    """Return the entries of *body* as the source writes them."""
    plain = unpacked(body, where)
    start = plain[:4096].lstrip(b"\xef\xbb\xbf \r\n\t")
    if start[:1] == b"<":
        return read_markup(plain, where)
    if start[:1] in (b"{", b"["):
        content = loaded_json(plain, where)
        with documented(where):
            return _from_json(content, where)
    head = start.split(b"\n", 1)[0]
    if b"Source List" in head:
        return read_bis_csv(plain, where)
    if (b"source" in head and b"name" in head) or plain[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return read_csl_csv(plain, where)
    raise SourceError(f"{where}: not a list we know. Give {_FORMS}.")


def _from_json(content: Any, where: str) -> list[Entry]:
    """Return the entries of a JSON file, by the keys it has."""
    if isinstance(content, list):
        return read_mofcom(content, where)
    if "results" in content:
        return read_csl_json(content, where)
    if "tables" in content and "entries" in content:
        return read_compact(content, where)
    if "entities" in content or "entries" in content:
        return read_export(content, where)
    raise SourceError(f"{where}: JSON without results, entities or entries. Give {_FORMS}.")
