"""The figure of the Entity List's growth: sums worked by hand, words from the data, every size."""

import pandas as pd
import pytest

from chipflows import charts
from chipflows.charts import lists
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
    figure = lists.entity_list_growth(lists.additions(), earlier=("2022-05-16", 2001.0))
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
