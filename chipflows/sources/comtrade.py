"""UN Comtrade, monthly, between the makers, the hubs and the PRC: raw exports and raw imports side by side.

Documented at https://comtradedeveloper.un.org. Keyless preview: 500 records a call, about one call a second;
with a key (COMTRADE_API_KEY) 100,000 records a call, 500 calls a day. There is no paging: an answer of
exactly the limit was cut off, so the question is halved. The terms forbid to pass the data on: a snapshot
stays on this machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from chipflows.errors import SourceError
from chipflows.sources.answers import documented, json_object, number
from chipflows.sources.feed import About, Body, Feed
from chipflows.sources.http import Access, Client
from chipflows.sources.keys import Key
from chipflows.sources.months import years

__all__ = ["CODES", "COUNTRIES", "Comtrade", "parse"]

# UN codes (M49) of the places whose flows we compare; Comtrade has its own for the US, Switzerland, Taiwan.
COUNTRIES = {
    "US": 842, "CN": 156, "HK": 344, "TW": 490, "SG": 702, "MY": 458, "AE": 784, "KR": 410, "JP": 392,
    "VN": 704, "TH": 764, "IN": 699, "MX": 484, "TR": 792, "CH": 757, "IE": 372,
}  # fmt: skip
# Servers, server parts, processors, memories, other circuits: far more than AI chips goes under each.
CODES = ("847150", "847180", "847330", "854231", "854232", "854239")
_BASE = "https://comtradeapi.un.org"
_PREVIEW_ROWS = 500
_KEYED_ROWS = 100_000
# Those of the trade layer's bilateral table, so that a snapshot is one.
_COLUMNS = [
    "reporter", "partner", "flow", "hs", "period", "value_usd", "valuation", "quantity", "quantity_unit",
    "net_weight_kg", "is_weight_estimated", "source",
]  # fmt: skip
_FLOWS = {"X": "export", "M": "import"}
_KEY = Key("COMTRADE_API_KEY", "header", "Ocp-Apim-Subscription-Key")


class Comtrade(Feed):
    """Monthly exports and imports of every place in COUNTRIES with every other, for CODES."""

    about = About(
        id="comtrade",
        title="UN Comtrade, monthly bilateral trade in servers and chips",
        producer="United Nations Statistics Division",
        licence="UN Comtrade terms: own use, not to be passed on",
        url="https://comtradeplus.un.org",
        noun="flow",
        key=("reporter", "partner", "flow", "hs", "period"),
        label=("period", "reporter", "flow", "partner", "hs"),
        every_days=30,
        stale_after_days=120,
        may_ship=False,
        access=Access("comtrade", ("comtradeapi.un.org",), per_second=1, key=_KEY),
    )

    def __init__(
        self,
        first_month: str = "2023-01",
        reporters: tuple[str, ...] = tuple(COUNTRIES),
        codes: tuple[str, ...] = CODES,
    ) -> None:
        self.first_month = first_month
        self.reporters = reporters
        self.codes = codes

    def fetch(self, client: Client, today: date) -> list[Body]:
        """Return an answer for every year (with a key), or for every reporter, flow and year (without)."""
        keyed = _KEY.value() is not None
        groups: list[tuple[tuple[str, ...], tuple[str, ...]]] = [(self.reporters, ("X", "M"))]
        if not keyed:
            groups = [((reporter,), (flow,)) for reporter in self.reporters for flow in ("X", "M")]
        bodies: list[Body] = []
        for reporters, flows in groups:
            for year in years(self.first_month, today):
                question = {
                    "period": year,
                    "cmdCode": self.codes,
                    "reportercode": reporters,
                    "flowCode": flows,
                }
                bodies += _ask(client, question, keyed)
        return bodies

    def parse(self, bodies: list[Body]) -> pd.DataFrame:
        """Return one row per reporter, partner, flow, HS code and month; see `parse`."""
        frames = [parse(body.content, body.what) for body in bodies]
        return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


def parse(body: bytes, where: str = "UN Comtrade") -> pd.DataFrame:
    """Return the records of an answer in the columns of the trade layer's bilateral table.

    Places are ISO codes; value_usd is in US dollars, FOB for exports and CIF for imports (unless only an FOB
    value is given); net_weight_kg is in kilograms, with its flag. An estimated quantity is left blank, and so
    is zero, which Comtrade writes for none. Raises SourceError for an answer that is not the documented
    envelope, that reports an error, or that has a record of another shape.
    """
    records = _records(body, where)
    iso = {unsd: place for place, unsd in COUNTRIES.items()}
    with documented(where):
        # What a place records as trade with itself (goods that came back) is no corridor.
        rows = [_row(item, iso) for item in records if item["reporterCode"] != item["partnerCode"]]
    frame = pd.DataFrame(rows, columns=_COLUMNS)
    numbers = ["value_usd", "quantity", "net_weight_kg"]
    return frame.astype({**dict.fromkeys(numbers, "float64"), "is_weight_estimated": "boolean"})


def _ask(client: Client, question: Mapping[str, Sequence[str]], keyed: bool) -> Iterator[Body]:
    """Yield the answers to *question*; one that was cut off is asked for in halves."""
    limit = _KEYED_ROWS if keyed else _PREVIEW_ROWS
    path = "/data/v1/get/C/M/HS" if keyed else "/public/v1/preview/C/M/HS"
    params = {
        "reportercode": ",".join(str(COUNTRIES[place]) for place in question["reportercode"]),
        "flowCode": ",".join(question["flowCode"]),
        "period": ",".join(month.replace("-", "") for month in question["period"]),
        "partnerCode": ",".join(map(str, COUNTRIES.values())),
        "partner2Code": "0",
        "cmdCode": ",".join(question["cmdCode"]),
        "customsCode": "C00",
        "motCode": "0",
        "maxRecords": str(limit),
        "includeDesc": "true",
    }
    what = "UN Comtrade, " + "; ".join(_span(values) for values in question.values())
    body = Body(what, client.get(_BASE + path, params))
    records = _records(body.content, what)
    _refuse_other_codes(records, question["cmdCode"], what)
    if len(records) < limit:
        yield body
        return
    # Halve the first thing of which there is more than one: months, then codes, reporters, flows.
    longest = next((name for name, values in question.items() if len(values) > 1), None)
    if longest is None:
        raise SourceError(f"{what}: cut off at {limit:,} records even for one month and code.")
    half = len(question[longest]) // 2
    yield from _ask(client, {**question, longest: question[longest][:half]}, keyed)
    yield from _ask(client, {**question, longest: question[longest][half:]}, keyed)


def _span(values: Sequence[str]) -> str:
    """Return "a", or "a to b" for several."""
    return values[0] if len(values) == 1 else f"{values[0]} to {values[-1]}"


def _records(body: bytes, where: str) -> list[Any]:
    """Return the records of the envelope {elapsedMs, count, data, error}; none for an empty body."""
    if not body.strip():
        return []
    content = json_object(body, where, "data")
    if content.get("error"):
        raise SourceError(
            f"{where}: it answers {str(content['error'])[:200]!r}. Change the question or wait."
        )
    records = content["data"]
    if not isinstance(records, list):
        raise SourceError(f"{where}: data is not a list. The source changed its shape.")
    return records


def _refuse_other_codes(records: list[Any], codes: Sequence[str], where: str) -> None:
    """Raise SourceError when other goods came than were asked for, as some previews do."""
    came = {str(record.get("cmdCode")) for record in records if isinstance(record, dict)}
    if came - set(codes):
        raise SourceError(
            f"{where}: asked for {', '.join(codes)}, got {', '.join(sorted(came - set(codes))[:3])}. "
            f"The keyless preview serves totals only: set {_KEY.variable}."
        )


def _row(record: dict[str, Any], iso: dict[int, str]) -> tuple[Any, ...]:
    """Return a record in our columns; raises KeyError, TypeError or ValueError when it does not fit."""
    period = str(record["period"])
    if len(period) != 6 or not period.isdigit():
        raise ValueError(period)
    flow = _FLOWS[record["flowCode"]]
    is_cif = flow == "import" and (bool(record.get("cifvalue")) or not record.get("fobvalue"))
    return (
        iso[int(record["reporterCode"])],
        iso[int(record["partnerCode"])],
        flow,
        str(record["cmdCode"]),
        f"{period[:4]}-{period[4:]}",
        number(record["primaryValue"]),
        "CIF" if is_cif else "FOB",
        None if record.get("isQtyEstimated") else _number(record.get("qty")),
        str(record.get("qtyUnitAbbr") or ""),
        _number(record.get("netWgt")),
        bool(record.get("isNetWgtEstimated")),
        "comtrade",
    )


def _number(value: Any) -> float | None:
    """Return a number, None for none and for zero weight or quantity, which Comtrade writes for missing."""
    return number(value) if value else None
