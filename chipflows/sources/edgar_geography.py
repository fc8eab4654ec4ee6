"""Revenue by geography from a filing's inline XBRL (the company facts API carries no such facts)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import pandas as pd
from lxml import etree

from chipflows.errors import SourceError

__all__ = ["parse"]

_AXIS = "srt:StatementGeographicalAxis"
_REVENUE = ("us-gaap:Revenues", "us-gaap:RevenueFromContractWithCustomerExcludingAssessedTax")
_NEEDED = {"explicitmember", "startdate", "enddate"}
_COLUMNS = ["concept", "member", "start", "end", "value_usd"]


def parse(body: bytes) -> pd.DataFrame:
    """Return one row per revenue fact whose only dimension is geography, values in US dollars.

    Columns: concept, member (as the filer names it, "country:SG"), start, end (ISO, the end included),
    value_usd. What a member means, billing place or headquarters, the filing says and this does not.
    Raises SourceError when the body is no filing, or when one fact is tagged with two values.
    """
    # The HTML reader expands no entity and opens no file; names come out in lower case.
    root = etree.fromstring(body, etree.HTMLParser(no_network=True)) if body.strip() else None
    if root is None:
        raise SourceError("SEC filing: the body is empty or no web page. Ask again.")
    places = {node.get("id"): _place(node) for node in root.iter() if _local(node) == "context"}
    rows = set()
    for node in root.iter():
        if _local(node) == "nonfraction" and node.get("name") in _REVENUE:
            place = places.get(node.get("contextref"))
            if place:
                rows.add((node.get("name"), *place, _value(node)))
    frame = pd.DataFrame(sorted(rows), columns=_COLUMNS)
    twice = frame[frame.duplicated(_COLUMNS[:-1])]
    if len(twice):
        raise SourceError(
            f"SEC filing: {twice['member'].tolist()[0]!r} has two values for one period. Check the filing."
        )
    return frame


def _local(node: etree._Element) -> str:
    """Return the tag without its prefix; "" for comments."""
    return node.tag.rpartition(":")[2] if isinstance(node.tag, str) else ""


def _place(context: etree._Element) -> tuple[str, str, str] | None:
    """Return (member, start, end) of a period whose one dimension is geography, else None."""
    texts = {_local(node): (node.text or "").strip() for node in context.iter()}
    members = [node for node in context.iter() if _local(node) in ("explicitmember", "typedmember")]
    if len(members) != 1 or members[0].get("dimension") != _AXIS or not texts.keys() >= _NEEDED:
        return None
    return texts["explicitmember"], texts["startdate"], texts["enddate"]


def _value(node: etree._Element) -> float:
    """Return the fact in dollars: printed digits x 10^scale, negative where its sign says so."""
    text = "".join(str(part) for part in node.itertext()).replace(",", "").strip()
    try:
        value = Decimal("0" if text in ("—", "-", "–") else text).scaleb(int(node.get("scale") or 0))
    except (InvalidOperation, ValueError) as problem:
        raise SourceError(f"SEC filing: {text!r} is not a number. Check the filing.") from problem
    return float(-value if node.get("sign") == "-" else value)
