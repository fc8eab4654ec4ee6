"""Answers damaged in any one place: a reader takes them or refuses them in words, and never trips."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import shapes
from attempts import places, planted
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflows.errors import SourceError
from chipflows.sources import census, comtrade, edgar, edgar_facts, edgar_geography, federal_register, taiwan
from chipflows.sources.feed import Body

PAGE = {"count": 3, "total_pages": 1, "results": shapes.FederalRegister(3)._documents()[:3]}
FACTS = shapes.company_facts(2488, [("2026-01-01", "2026-03-31", 1.0, 2026, "Q1", "2026-04-20", "a-1")])
ROW = ("0000002488-26-000001", "2026-07-25", "2026-06-30", "10-Q", "a.htm")
RECORDS = {"count": 1, "data": [shapes.comtrade_record(458, 156, "X", "202601", "854231")], "error": ""}
TABLE = [
    ["CTY_CODE", "CTY_NAME", "ALL_VAL_MO", "QTY_1_MO", "QTY_1_MO_FLAG", "UNIT_QY1", "E_COMMODITY", "time"],
    ["5700", "CHINA", "10", "0", "", "NO", "854231", "2026-09"],
]
READERS: dict[str, tuple[Any, Callable[[bytes], object]]] = {
    "federal register": (PAGE, lambda body: federal_register.Rules().parse([Body("2018, page 1", body)])),
    "company facts": (FACTS, lambda body: edgar_facts.parse(body, "AMD")),
    "submissions": (
        shapes.submissions(2488, [ROW]),
        lambda body: edgar.parse_filings(body, "AMD", date(2024, 1, 1)),
    ),
    "comtrade": (RECORDS, comtrade.parse),
    "census": (TABLE, lambda body: census.tidy(census.parse(body), "exports")),
}
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.just(10**400), st.floats(allow_nan=True), st.text(max_size=8),
    st.just([]), st.just({}), st.just([[]]), st.just({"a": []}), st.lists(st.none(), max_size=3),
)  # fmt: skip


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_value_of_another_kind_anywhere_never_trips_a_reader(name: str, data: st.DataObject) -> None:
    whole, read = READERS[name]
    damaged = [copy.deepcopy(whole)]  # in a list, so that all of it has a place of its own
    planted(damaged, data.draw(st.sampled_from(places(damaged))), data.draw(ODD))
    said: list[str] = []
    try:
        read(json.dumps(damaged[0]).encode())
    except SourceError as problem:
        said.append(str(problem))
    assert all(len(text) < 1000 for text in said)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_body_cut_anywhere_is_refused(name: str, data: st.DataObject) -> None:
    whole, read = READERS[name]
    body = json.dumps(whole).encode()
    cut = data.draw(st.integers(1, len(body) - 1))
    with pytest.raises(SourceError):
        read(body[:cut])


@pytest.mark.parametrize("name", READERS)
def test_a_body_nested_without_end_is_refused(name: str) -> None:
    with pytest.raises(SourceError):
        READERS[name][1](b"[" * 100_000)


@settings(max_examples=100, deadline=None)
@given(
    value=st.one_of(st.text(max_size=12), st.sampled_from(["NaN", "Infinity", "1e999999", "-"])),
    scale=st.one_of(st.text(max_size=6), st.sampled_from(["999999999", "-999999999", "6"])),
)
def test_a_filing_with_any_number_never_trips_the_reader(value: str, scale: str) -> None:
    body = shapes.filing({"country:US": value}).replace(b'scale="6"', f'scale="{scale}"'.encode())
    try:
        frame = edgar_geography.parse(body)
    except SourceError:
        return
    assert frame["value_usd"].abs().lt(float("inf")).all()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_never_trip_a_reader(body: bytes) -> None:
    for read in (*(reader for _, reader in READERS.values()), edgar_geography.parse, taiwan.parse):
        try:
            read(body)
        except SourceError:
            continue
