"""The Entity List as the eCFR publishes it: Supplement No. 4 to Part 744 in XML, HTML or a JSON export."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree, html

from chipflows.errors import SourceError
from chipflows.lists.cells import exported_cell, read_cell
from chipflows.lists.citations import read_date
from chipflows.lists.countries import country_code
from chipflows.lists.frame import ENTITY_LIST, Entry
from chipflows.lists.hostile import refuse_entities, text_of

__all__ = ["LIST_NAMES", "read_export", "read_markup"]

# The export's list ids, and the names we show.
LIST_NAMES = {
    "bis-entity-list": ENTITY_LIST, "bis-meu": "MEU", "dow-1260h": "1260H", "dow-1286": "1286",
    "ofac-nscmic": "NS-CMIC", "ofac-eo14032": "EO 14032", "dhs-uflpa": "UFLPA", "fcc-covered": "FCC",
}  # fmt: skip
_HEADS = ("country", "entity", "license requirement", "license review policy", "federal register citation")
_BLOCKS = ("br", "p", "fp", "li", "div")


def read_markup(body: bytes, where: str) -> list[Entry]:
    """Return the entries of Supplement No. 4's tables, in order, from eCFR XML or HTML.

    A blank country cell continues the country above. Raises SourceError when entities are defined, the
    markup is broken, or no table has the supplement's columns.
    """
    refuse_entities(body, where)
    entries: list[Entry] = []
    for table in _root(body, where).iter("TABLE", "table"):
        entries.extend(_table_entries(table))
    if not entries:
        raise SourceError(
            f"{where}: no table with the columns {', '.join(_HEADS[:2])} and so on. Give the eCFR's XML "
            "or HTML of Supplement No. 4 to Part 744."
        )
    return entries


def read_export(content: dict[str, Any], where: str) -> list[Entry]:
    """Return the entries of the eCFR text exported to JSON: {list_id, entities: [...]} or raw cells.

    Raises SourceError when an entry is not a mapping with a name.
    """
    rows = content.get("entities", content.get("entries"))
    if not isinstance(rows, list):
        raise SourceError(f"{where}: has no list under entities or entries.")
    label = str(content.get("list_id", "bis-entity-list"))
    entries = []
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict) or not isinstance(row.get("name"), str):
            raise SourceError(f"{where}: entry {number} has no name. The file is damaged.")
        entries.append(_exported(row, LIST_NAMES.get(label, label)))
    return entries


def _root(body: bytes, where: str) -> Any:
    """Return the parsed document: strict XML where it is XML, else forgiving HTML; no network, no DTD."""
    is_xml = body.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"<?xml", b"<ECFR", b"<DIV", b"<DLPSTEXTCLASS"))
    try:
        if is_xml:
            parser = etree.XMLParser(
                resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
            )
            return etree.fromstring(body, parser)
        # The parser would guess the encoding of bytes; text is decided by us.
        return html.document_fromstring(text_of(body, where), parser=html.HTMLParser(no_network=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as problem:
        raise SourceError(f"{where}: broken markup ({problem}). Fetch the file again.") from problem


def _table_entries(table: Any) -> Iterator[Entry]:
    """Yield the entries of one table; nothing when it has other columns."""
    places: list[int] | None = None
    country = ""
    for row in table.iter("TR", "tr"):
        cells = [_cell_text(cell) for cell in row if str(cell.tag).upper() in ("TD", "TH")]
        if places is None:
            places = _places(cells)
            continue
        if len(cells) <= max(places[:2]):
            continue
        country = country_code(cells[places[0]]) or country
        entry = _row_entry([cells[at] if at < len(cells) else "" for at in places], country)
        if entry is not None:
            yield entry


def _places(cells: list[str]) -> list[int] | None:
    """Return where each column stands, None when *cells* is not the table's head."""
    heads = [cell.lower().replace("licence", "license").replace("-", " ") for cell in cells]
    places = []
    for wanted in _HEADS:
        at = next((at for at, head in enumerate(heads) if wanted in head), None)
        if at is None:
            return None
        places.append(at)
    return places


def _row_entry(cells: list[str], country: str) -> Entry | None:
    """Return the entry of a row; None for a row without an entity (a note, a "reserved")."""
    _, entity, requirement, policy, cited = cells
    if len(entity) < 2 or entity.strip("[] ").lower() == "reserved":
        return None
    name, aliases, addresses = read_cell(entity)
    return Entry(name, aliases, country, addresses, requirement, policy, cited)


def _cell_text(cell: Any) -> str:
    """Return a cell's text, its blocks apart, white space joined."""
    parts = [cell.text or ""]
    for node in cell.iterdescendants():
        is_block = isinstance(node.tag, str) and node.tag.lower() in _BLOCKS
        parts.append(("\n" if is_block else "") + ((node.text or "") if isinstance(node.tag, str) else ""))
        parts.append((" " if is_block else "") + (node.tail or ""))
    return re.sub(r"\s+", " ", "".join(parts)).strip()


def _exported(row: dict[str, Any], label: str) -> Entry:
    """Return one exported entry; an alias left in the name or leaked into the address is put right."""
    if isinstance(row.get("raw"), str):
        name, aliases, addresses = read_cell(row["raw"])
        return Entry(name, aliases, "CN", addresses, list=label)
    name, aliases, addresses = exported_cell(
        str(row["name"]), [str(alias) for alias in row.get("aliases") or []], str(row.get("address") or "")
    )
    return Entry(
        name=name,
        aliases=aliases,
        country=country_code(str(row.get("country") or "")),
        addresses=addresses,
        requirement=str(row.get("notes") or "") if label == ENTITY_LIST else "",
        cited=str(row.get("federal_register") or ""),
        listed_on=read_date(str(row.get("effective_date") or "")),
        list=label,
    )
