"""The trade figures on made-up frames and on what is shipped: findings, limits, empty places."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
import pandas as pd
import pytest

from chipflows import charts, tables, trade
from chipflows.charts import Figure
from chipflows.charts import trade as figures
from chipflows.charts.trade import frames
from chipflows.errors import FigureError

CARDS = {"office": {"producer": "A customs office", "title": "Exports by destination", "as_of": "2025-07-31"}}
PULL = "chipflows refresh comtrade"


def billing() -> pd.DataFrame:
    """Return two periods: Singapore 100 of 1,000, then 300 of 1,000; China 250, then 40."""
    shares = {"United States": (400, 500), "Singapore": (100, 300), "Taiwan": (200, 100), "Other": (50, 60)}
    shares["China including Hong Kong"] = (250, 40)
    days = (("FY2025Q1", "2024-01-29", "2024-04-28"), ("FY2025Q2", "2024-04-29", "2024-07-28"))
    rows = [
        (*day, region, values[number], values[number] / 1000, "office")
        for region, values in shares.items()
        for number, day in enumerate(days)
    ]
    columns = ["period", "starts_on", "ends_on", "region", "usd_m", "share", "source_ids"]
    return pd.DataFrame(rows, columns=columns)


def legs(second: str = "not held") -> pd.DataFrame:
    """Return two legs for two hubs and a placebo; the hub Malaysia rises eightfold from Taiwan."""
    rows = []
    for leg, status in (("Taiwan to hub: circuits", "held"), ("Hub to PRC or Hong Kong", second)):
        for name, hub, base, last in (
            ("Malaysia", 1, 1e9, 8e9),
            ("India", 1, 1e8, 2e8),
            ("Turkey", 0, 5e7, 4e7),
        ):
            known = (base, last, last / base) if status == "held" else (np.nan, np.nan, np.nan)
            span = ("2020 to 2022", "2024" if status == "held" else "")
            rows.append((leg, name, bool(hub), *known, *span, status, "office" if status == "held" else ""))
    columns = ["leg", "name", "is_hub", "base_usd", "last_usd", "multiple", "base_period", "last_period"]
    return pd.DataFrame(rows, columns=[*columns, "status", "source_ids"])


def gaps() -> pd.DataFrame:
    """Return a corridor ten-fold apart, one 1.2-fold with freight, one lacking its buyer, one both."""
    rows = [
        ("Taiwan to US: processors", "2024", 1e8, 1e9, "customs", np.nan, np.nan, "both", "office"),
        ("Taiwan to US: the two together", "2024", 1e9, 1.2e9, "CIF", 0.96e9, 1.2e9, "both", "office"),
        ("US to PRC: servers, modules", "2020", 5e8, np.nan, "", np.nan, np.nan, "exporter only", "office"),
        ("Malaysia to PRC: servers, modules", "", np.nan, np.nan, "", np.nan, np.nan, "neither", ""),
    ]
    columns = [
        "label",
        "period",
        "export_usd",
        "import_usd",
        "import_valuation",
        "fob_low",
        "fob_high",
        "status",
    ]
    return pd.DataFrame(rows, columns=[*columns, "source_ids"])


def rises(vietnam: float = 6.0) -> pd.DataFrame:
    """Return rises of a hub and three placebos; the hub's last is *vietnam*, Ireland's 4."""
    quarters = [f"{year}Q{quarter}" for year in range(2021, 2026) for quarter in (1, 2, 3, 4)]
    last = {"Vietnam": vietnam, "Ireland": 4.0, "Turkey": 2.8, "Switzerland": 1.7}
    rows = [
        (
            group,
            name,
            name == "Vietnam",
            quarter,
            float(np.exp(np.log(top) * number / (len(quarters) - 1))),
            "office",
        )
        for group in ("Servers and modules", "Processors")
        for name, top in last.items()
        for number, quarter in enumerate(quarters)
    ]
    return pd.DataFrame(rows, columns=["group", "name", "is_hub", "period", "multiple", "source_ids"])


SINCE = date(2022, 10, 21)
MADE: dict[str, Callable[[], Figure]] = {
    "nvda_billing": lambda: figures.nvda_billing(billing()),
    "trade_routes": lambda: figures.trade_routes(legs(), pull=PULL),
    "trade_routes with a second leg": lambda: figures.trade_routes(legs("held"), pull=PULL),
    "mirror_gap": lambda: figures.mirror_gap(gaps(), pull=PULL),
    "hub_rises": lambda: figures.hub_rises(rises(), since=SINCE),
}


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("size", charts.SIZES)
def test_every_figure_is_drawn_at_every_size_and_keeps_the_contract(name: str, size: str) -> None:
    assert charts.render(MADE[name](), size, cards=CARDS).axes


def test_billing_says_that_it_is_not_destination_on_the_figure_and_in_its_alt_text() -> None:
    # 300 of 1,000 is 30%, 40 of 1,000 is 4%
    made = figures.nvda_billing(billing())
    assert (
        made.title == "30% of NVIDIA's revenue was billed to Singapore in FY2025Q2, 4% to China and Hong Kong"
    )
    assert "Billing is not destination" in made.note and "Billing is not destination" in made.alt
    assert "not where the goods went" in made.subtitle


def test_routes_name_the_largest_rise_and_say_that_the_second_leg_is_not_held() -> None:
    # Malaysia 8e9 / 1e9 = 8, India 2: Malaysia
    made = figures.trade_routes(legs(), pull=PULL)
    assert (
        made.title == "Taiwan's chip exports rose most to Malaysia, 8-fold; where goods went on is not held"
    )
    assert PULL in made.note and "far more than AI chips" in made.note
    words = [
        text.get_text() for axes in charts.render(made, "slide", cards=CARDS).axes for text in axes.texts
    ]
    assert any("not held" in text and "chipflows refresh" in text for text in words)
    assert "not held" not in figures.trade_routes(legs("held"), pull=PULL).title


def test_routes_without_any_leg_are_refused_with_the_command() -> None:
    with pytest.raises(FigureError, match="Run chipflows refresh comtrade first"):
        figures.trade_routes(legs().assign(status="not held"), pull=PULL)


def test_mirror_gaps_show_both_raw_reports_and_name_the_side_that_is_missing() -> None:
    # 1e9 / 1e8 = 10, 1.2e9 / 1e9 = 1.2
    made = figures.mirror_gap(gaps(), pull=PULL)
    assert (
        made.title
        == "Taiwan's exports and US imports of chips lie 10-fold apart in one code, 1.2-fold in two"
    )
    assert made.data["import_usd"].tolist()[:2] == [1e9, 1.2e9]  # as reported, the freight still in it
    words = [
        text.get_text() for axes in charts.render(made, "slide", cards=CARDS).axes for text in axes.texts
    ]
    assert "buyer's side not held" in words and "neither side held" in words and "×10" in words
    assert "no evidence of diversion" in made.note and PULL in made.note
    with pytest.raises(FigureError, match="no corridor has both sides"):
        figures.mirror_gap(gaps().iloc[2:], pull=PULL)


def test_a_hubs_rise_is_told_with_its_rank_and_what_chance_alone_gives() -> None:
    made = figures.hub_rises(rises(), since=SINCE)
    assert (
        made.title == "US exports of servers and modules to Vietnam rose 6-fold, most of 4: by chance 1 in 4"
    )
    second = figures.hub_rises(rises(3.0), since=SINCE)  # Ireland's 4 is more than 3
    assert second.title.endswith("rose 3-fold, rank 2 of 4: by chance 2 in 4")
    with pytest.raises(FigureError, match="a hub and a placebo are needed"):
        figures.hub_rises(rises().query("is_hub"), since=SINCE)


def test_the_shipped_facts_draw_and_carry_their_cards() -> None:
    held = trade.held()
    made = [
        figures.nvda_billing(frames.billing()),
        figures.trade_routes(frames.route_legs(held), pull=trade.PULL),
        figures.mirror_gap(frames.mirror(held), pull=trade.PULL),
        figures.hub_rises(frames.scored(held), since=frames.rule_day()),
    ]
    for figure in made:
        charts.render(figure, "column")
        assert set(figure.sources) <= set(tables.cards())
    assert "us_census_imports_2024" in made[2].sources and "stale" in charts.source_line(
        made[3].sources, tables.cards()
    )


def test_what_is_shipped_holds_first_legs_only_and_one_corridor_with_both_sides() -> None:
    held = trade.held()
    routes = frames.route_legs(held).set_index(["leg", "place"])["status"]
    assert routes["Hub to PRC or Hong Kong"].eq("not held").all()
    assert routes["Taiwan to hub: circuits"].eq("held").all()
    us = routes["US to hub: servers, modules"]
    assert sorted(us[us == "held"].index) == ["CH", "IE", "TR", "VN"]
    mirror = frames.mirror(held).set_index("label")
    both = mirror[mirror["status"] == "both"]
    assert both["exporter"].eq("TW").all() and both["importer"].eq("US").all()
    assert mirror.loc["US to PRC: servers, modules", ["period", "status"]].tolist() == [
        "2020",
        "exporter only",
    ]


def test_vietnams_rise_leads_three_placebos_in_two_groups_of_codes_and_trails_in_servers_alone() -> None:
    held = trade.held()
    assert frames.server_standing(held, "VN").rank == 1
    assert frames.server_standing(held, "VN", ("854231",)).rank == 1
    assert (
        frames.server_standing(held, "VN", ("847150",)).rank == 4
    )  # servers alone: the choice of codes decides
    assert frames.server_standing(held, "VN").chance == 0.25


def test_a_second_leg_that_was_pulled_fills_its_place() -> None:
    months = [f"{year}-{month:02d}" for year in (2024, 2025) for month in range(1, 13)]
    onward = pd.DataFrame(
        {
            "reporter": "MY", "partner": ["CN", "HK"] * 12, "flow": "export", "hs": "847330",
            "period": months, "value_usd": [1.0] * 12 + [3.0] * 12, "valuation": "FOB", "source": "office",
        }
    )  # fmt: skip
    both = [onward, onward.assign(partner=["HK", "CN"] * 12)]
    held = pd.concat([trade.held(), trade.bilateral(pd.concat(both))], ignore_index=True)
    routes = frames.route_legs(held).set_index(["leg", "place"])
    filled = routes.loc[("Hub to PRC or Hong Kong", "MY")]
    # 2 USD a month in 2024: 24 a year; 6 a month in 2025: 72; 72 / 24 = 3
    assert (filled["base_usd"], filled["last_usd"], filled["multiple"]) == (24.0, 72.0, 3.0)
    assert (filled["status"], filled["base_period"]) == ("held", "2024Q1 to 2024Q4")


def test_a_year_in_which_one_code_of_a_group_was_not_pulled_is_no_fall_of_the_group() -> None:
    # of 2026 only processors are held, at 1 USD: without the other circuits the sum would fall to nothing
    one = pd.DataFrame(
        {
            "reporter": "TW", "partner": ["MY", "TR"], "flow": "export", "hs": "854231", "period": "2026",
            "value_usd": 1.0, "valuation": "FOB", "source": "office",
        }
    )  # fmt: skip
    held = pd.concat([trade.held(), trade.bilateral(one)], ignore_index=True)
    before, after = (
        frames.route_legs(rows).set_index(["leg", "place"]).loc[("Taiwan to hub: circuits", "MY")]
        for rows in (trade.held(), held)
    )
    assert after["last_period"] == before["last_period"] and after["multiple"] == before["multiple"]
    label = "Taiwan to Malaysia: the two together"
    assert frames.mirror(held).set_index("label").loc[label, "period"] == before["last_period"]
