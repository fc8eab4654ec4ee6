"""The figure of the Entity List's growth: sums worked by hand, words from the data, every size."""

import pandas as pd
import pytest

from chipflows import charts
from chipflows.charts import lists
from chipflows.charts.lists import frames
from chipflows.errors import FigureError


def rules() -> pd.DataFrame:
    # 10 + 30 + 60 = 100 entries, 0 + 10 + 40 = 50 of them in the PRC; since 2023, 40 of 60
    rows = [
        ("2010-01-05", "75 FR 1", 10, 0),
        ("2019-05-21", "84 FR 22961", 30, 10),
        ("2024-12-05", "89 FR 96836", 60, 40),
    ]
    columns = ["first_cited_on", "rule_citation", "entries", "prc_entries"]
    return pd.DataFrame(rows, columns=columns).assign(source_ids="el_2026_07")


def test_totals_run_and_the_title_gives_the_shares() -> None:
    figure = lists.entity_list_growth(rules())
    assert list(figure.data["total"]) == [10, 40, 100] and list(figure.data["prc_total"]) == [0, 10, 50]
    assert (
        figure.title
        == "50% of the 100 entries on the Entity List are in the PRC, 67% of those added since 2023"
    )


@pytest.mark.parametrize("size", charts.SIZES)
def test_it_fits_every_size(size: str) -> None:
    figure = lists.entity_list_growth(lists.additions(), earlier=lists.earlier_text())
    page = charts.render(figure, size)
    assert "2,001 entries" in figure.note and page.figure.axes


def test_more_prc_entries_than_entries_are_refused() -> None:
    with pytest.raises(FigureError, match="more PRC entries than entries"):
        lists.entity_list_growth(rules().assign(prc_entries=70))


def test_the_shipped_rows_add_up_to_the_text() -> None:
    texts = lists.growth.tables.table("list_texts")
    held = texts[(texts["list"] == "Entity List") & (texts["text"] == "regulations")].iloc[-1]
    assert lists.additions()["entries"].sum() == held["entries"]
    assert lists.additions()["prc_entries"].sum() == held["cn_entries"] + held["hk_entries"]


def cases() -> pd.DataFrame:
    rows = [("One (D. Any)", "indictment", 2, 0, "no name"), ("Two", "listing", 3, 2, "2 by name: Any Group")]
    columns = ["case", "stage", "firms", "flagged", "reason"]
    return pd.DataFrame(rows, columns=columns).assign(source_ids="el_2026_07")


def test_the_case_audit_counts_cases_and_never_adds_firms_of_several() -> None:
    figure = lists.case_audit(cases(), period="2025")
    assert figure.title == "The lists of the day point to a firm in 1 of 2 documented cases"
    assert "do not add up" in figure.note and "5" not in figure.title
    with pytest.raises(FigureError, match="more firms flagged"):
        lists.case_audit(cases().assign(flagged=9), period="2025")


def test_the_figure_of_accuracy_says_in_how_many_ways_more_is_found() -> None:
    rows = [("a", "chipflows", 0.9, 0.8, 1.0), ("a", "other", 0.5, 0.4, 0.6),
            ("b", "chipflows", 0.1, 0.0, 0.2), ("b", "other", 0.3, 0.2, 0.4)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["label", "engine", "share", "low", "high"])
    figure = lists.screening_accuracy(frame, period="July 2026", sources=("el_2026_07",))
    assert "more than other in 1 of 2" in figure.title


def effects() -> pd.DataFrame:
    rows = [("careful", 0.03, -8e4, -1.4e4, -2e3), ("careless", 0.5, -1.7e6, -3.3e5, -6e4),
            ("assumed", None, -6e5, -1e5, -1e4)]  # fmt: skip
    return pd.DataFrame(rows, columns=["label", "stopped", "p05", "p50", "p95"])


def test_the_figure_of_the_effect_names_the_mixes_ends_and_not_the_assumed() -> None:
    figure = lists.kyc_effect(effects(), draws=64, seed=1, period="2028Q4", sources=("el_2026_07",))
    assert "14k to 330k H100e less" in figure.title and "64 draws, seed 1" in figure.note


@pytest.mark.parametrize("size", charts.SIZES)
def test_the_figures_of_screening_fit_every_size(size: str) -> None:
    for figure in (
        lists.case_audit(cases(), period="2025"),
        lists.screening_accuracy(frames.accuracy_rows(), period="July 2026"),
        lists.kyc_catch(frames.catch_rows(), period="July 2026", sources=("el_2026_07",)),
        lists.kyc_effect(effects(), draws=64, seed=1, period="2028Q4", sources=("el_2026_07",)),
    ):
        assert charts.render(figure, size).figure.axes


def test_more_groups_than_colours_are_refused() -> None:
    frame = pd.DataFrame({"label": list("abcd"), "group": list("abcd"), "p05": 0.1, "p50": 0.2, "p95": 0.3})
    with pytest.raises(FigureError, match="4 groups"):
        lists.kyc_catch(frame, period="July 2026", sources=("el_2026_07",))
