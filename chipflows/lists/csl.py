"""The trade.gov Consolidated Screening List (CSV and JSON) and BIS's own CSV of the Entity List."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chipflows.errors import SourceError
from chipflows.lists.cells import clean, name_and_aliases, split_addresses, split_aliases
from chipflows.lists.citations import read_date
from chipflows.lists.countries import country_code
from chipflows.lists.frame import ENTITY_LIST, Entry
from chipflows.lists.hostile import text_of

__all__ = ["read_bis_csv", "read_compact", "read_csl_csv", "read_csl_json"]

_NAMES = {"EL": ENTITY_LIST, "CMIC": "NS-CMIC", "NS-MBS LIST": "NS-MBS"}
_SHORT = re.compile(r"\(([^()]*?)(?: List)?\)")
_CELL = 2**20  # characters of one CSV cell; csv's own limit is smaller than some real cells
_TAIL = re.compile(r"[;,]?\s*and (?:any|its|all) (?:successors?|sub-?units?|subsidiar)[^;]*$", re.IGNORECASE)
_LOST = re.compile(r"(?<=\w)\?(?=s\b)")  # "Security?s": an apostrophe lost in a change of encoding
_CODES = re.compile(r"(?:^|, |; )([A-Z]{2})(?=;|$)")


def list_name(source: str) -> str:
    """Return the short name of a source list: "Entity List (EL) - Bureau ..." gives "Entity List"."""
    found = _SHORT.search(source)
    short = (found[1] if found else source).strip()
    return _NAMES.get(short.upper(), short)


def read_csl_csv(body: bytes, where: str) -> list[Entry]:
    """Return every entry of the official CSV (29 columns, one row per entry and list)."""
    return [
        Entry(
            **_names(row["name"], split_aliases(row.get("alt_names", ""))),
            country=";".join(dict.fromkeys(_CODES.findall(row.get("addresses", "")))),
            addresses=split_addresses(row.get("addresses", "")),
            requirement=row.get("license_requirement", ""),
            policy=row.get("license_policy", ""),
            cited=row.get("federal_register_notice", ""),
            listed_on=read_date(row.get("start_date", "")),
            list=list_name(row["source"]),
            kind=row.get("type", ""),
        )
        for row in _rows(body, where, {"source", "name"})
    ]


def read_csl_json(content: Mapping[str, Any], where: str) -> list[Entry]:
    """Return every entry of the official JSON: {"results": [{source, name, addresses: [{...}], ...}]}."""
    results = content["results"]
    if not isinstance(results, list):
        raise SourceError(f"{where}: results is not a list. The file is damaged.")
    return [_result(row, number, where) for number, row in enumerate(results, start=1)]


def read_compact(content: Mapping[str, Any], where: str) -> list[Entry]:
    """Return every entry of the compact export: short keys, with indexes into shared tables.

    It holds no addresses and no dates. Raises SourceError when an index points outside its table.
    """
    tables = content["tables"]

    def look_up(table: str, row: Mapping[str, Any], key: str) -> str:
        if key in row and row[key] < 0:  # which Python would count from the end
            raise IndexError(f"{key} is {row[key]}")
        return str(tables[table][row[key]]) if key in row else ""

    entries = []
    for number, row in enumerate(content["entries"], start=1):
        try:
            entries.append(
                Entry(
                    **_names(str(row["n"]), (clean(str(alias)) for alias in row.get("a", ()))),
                    country=";".join(map(str, row.get("c", ()))),
                    requirement=look_up("licenceRequirements", row, "lr"),
                    policy=look_up("licencePolicies", row, "lp"),
                    cited=str(row.get("fr", "")),
                    list=list_name(look_up("sources", row, "s")),
                    kind=str(row.get("t", "")),
                )
            )
        except (KeyError, IndexError, TypeError, AttributeError) as problem:
            raise SourceError(
                f"{where}: entry {number} does not fit the compact form ({problem!r})."
            ) from problem
    return entries


def read_bis_csv(body: bytes, where: str) -> list[Entry]:
    """Return the entries of BIS's CSV, which has a row for every name x address x alias."""
    together: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for row in _rows(body, where, {"Source List", "Name", "Country"}):
        together.setdefault((_name(row["Name"]), row["Country"]), []).append(row)
    return [_bis_entry(name, country, rows) for (name, country), rows in together.items()]


def _bis_entry(name: str, country: str, rows: list[Mapping[str, str]]) -> Entry:
    """Return one entry from its rows."""
    first = rows[0]
    fields = ("Address", "City", "State/Province", "Postal Code", "Country")
    places = (
        ", ".join(part for part in (row.get(key, "").strip() for key in fields) if part) for row in rows
    )
    cited = dict.fromkeys(row.get("Federal Register Notice", "") for row in rows)
    return Entry(
        name=name,
        aliases=tuple(
            dict.fromkeys(clean(row["Alternate Name"]) for row in rows if row.get("Alternate Name"))
        ),
        country=country_code(country),
        addresses=tuple(dict.fromkeys(places)),
        requirement=first.get("License Requirement", ""),
        policy=first.get("License Policy", ""),
        cited="; ".join(cited),
        listed_on=read_date(first.get("Effective Date", "")),
        list=_NAMES.get(first["Source List"].strip().upper(), first["Source List"].strip()),
    )


def _result(row: Any, number: int, where: str) -> Entry:
    """Return one entry of the official JSON."""
    if not isinstance(row, dict) or not isinstance(row.get("name"), str):
        raise SourceError(f"{where}: result {number} has no name. The file is damaged.")
    places = [place for place in row.get("addresses") or () if isinstance(place, dict)]
    codes = dict.fromkeys(country_code(str(place.get("country") or "")) for place in places)
    fields = ("address", "city", "state", "postal_code", "country")
    return Entry(
        **_names(row["name"], (clean(str(alias)) for alias in row.get("alt_names") or ())),
        country=";".join(code for code in codes if code),
        addresses=tuple(", ".join(str(place[key]) for key in fields if place.get(key)) for place in places),
        requirement=str(row.get("license_requirement") or ""),
        policy=str(row.get("license_policy") or ""),
        cited=str(row.get("federal_register_notice") or ""),
        listed_on=read_date(str(row.get("start_date") or "")),
        list=list_name(str(row.get("source") or "")),
        kind=str(row.get("type") or ""),
    )


def _rows(body: bytes, where: str, needed: set[str]) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV as mappings; raises SourceError for other columns or a damaged row."""
    csv.field_size_limit(_CELL)
    reader = csv.DictReader(io.StringIO(text_of(body, where), newline=""), restval="", restkey="")
    missing = needed - set(reader.fieldnames or ())
    if missing:
        raise SourceError(f"{where}: has no column {', '.join(sorted(missing))}. Is it the right file?")
    try:
        for row in reader:
            if (row.get("name") or row.get("Name") or "").strip():
                yield {key: value if isinstance(value, str) else "" for key, value in row.items()}
    except csv.Error as problem:
        raise SourceError(f"{where}: line {reader.line_num}: {problem}. Fetch the file again.") from problem


def _names(text: str, aliases: Iterable[str]) -> dict[str, Any]:
    """Return {name, aliases}: an alias that stands within the name is moved to the aliases."""
    name, more = name_and_aliases(_name(text))
    return {"name": name, "aliases": tuple(dict.fromkeys([*more, *filter(None, aliases)]))}


def _name(text: str) -> str:
    """Return an entry's name without "; and any successor, sub-unit, or subsidiary thereof"."""
    return clean(_LOST.sub("'", _TAIL.sub("", text)))
