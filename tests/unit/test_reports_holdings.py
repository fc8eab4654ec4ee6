"""The tables of 01-data: ages without a clock, one row where nothing was asked, blanks counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from chipflows import tables
from chipflows.live import Outcome
from chipflows.reports import holdings


def test_sources_are_counted_once_by_kind_and_their_rows_are_those_of_the_tables() -> None:
    kinds = holdings.sources()
    assert kinds["sources"].sum() == len(tables.cards())
    assert (kinds["oldest"] <= kinds["newest"]).all()
    assert kinds["past_limit"].sum() == len(holdings.past_limit())


def test_a_source_past_its_limit_shows_its_age_and_the_limit_oldest_first() -> None:
    late = holdings.past_limit()
    assert (late["age_days"] > late["limit_days"]).all() and late["age_days"].is_monotonic_decreasing
    assert {"us_census_exports_china", "us_census_exports_hs10"} <= set(late["id"])


def test_every_table_is_named_with_its_rows_newest_first() -> None:
    held = holdings.tables_held()
    assert set(held["table"]) == set(tables.table_names())
    assert held["as_of"].is_monotonic_decreasing
    assert held.set_index("table").loc["chips", "rows"] == len(tables.chips())


def test_corrections_and_judgement_are_counted_from_their_files() -> None:
    assert set(holdings.corrected()["correction"]) == set(tables.corrections())
    alone, all_ = holdings.on_judgement()
    assert 0 < alone < all_


def test_a_refresh_that_was_not_asked_for_says_so_and_one_that_was_says_what_changed() -> None:
    assert holdings.refreshed([])["status"].tolist() == ["not asked"]
    outcome = Outcome("csl", "failed", None, None, "no network")
    assert holdings.refreshed([outcome]).iloc[0].tolist() == ["csl", "failed", None, None, "no network"]


def test_what_was_pulled_names_every_live_source_and_is_blank_where_nothing_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHIPFLOWS_LIVE", str(tmp_path))
    held = holdings.pulled().set_index("id")
    assert {"comtrade", "us_census", "taiwan_customs"} <= set(held.index)
    assert (held["snapshot"] == "").all() and not held.isna().any(axis=None)


def test_blanks_are_counted_most_first_and_whole_columns_are_left_out() -> None:
    found = holdings.blanks("chips").set_index("column")
    assert found["unknown"].is_monotonic_decreasing and "chip_id" not in found.index
    assert found.loc["die_area_mm2", "unknown"] == tables.chips()["die_area_mm2"].isna().sum()
