"""The figures of the whole flow model on made-up frames of the documented shape."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from chipflows import charts
from chipflows.charts import Figure, model
from chipflows.charts.model import frames
from chipflows.charts.model.dots import dot_values
from chipflows.charts.model.drivers import input_words
from chipflows.charts.model.parts import ASKS, ask_name, changed, clipped, log_axis, room_for
from chipflows.charts.style import PALETTE, channel_colour, scenario_style
from chipflows.charts.words import scenario_name
from chipflows.errors import FigureError, InputError
from chipflows.flows.grid import Grid
from chipflows.flows.prim import Box
from chipflows.flows.results import SeriesKey
from chipflows.flows.simulate import Simulation

CARDS = {
    "study": {"producer": "A think tank", "title": "A working paper", "published_on": "2025-06-11"},
    "filing": {"producer": "A chip firm", "title": "Quarterly report", "published_on": "2025-08-27"},
}
QUANTILES = ["p05", "p25", "p50", "p75", "p95"]
SHARES = (0.5, 0.8, 1.0, 1.3, 1.9)
MADE_UP = 20_250_203  # a seed


def spread(middle: float) -> list[float]:
    """Return p05 .. p95 around a median, in order of size."""
    return sorted(middle * share for share in SHARES)


def tornado() -> pd.DataFrame:
    """Return ten inputs, the policy's swing widest: from -350,000 to -1,200,000."""
    rows = [
        ("prc_policy", "PRC policy on buying US chips", "regime", -350e3, -600e3, -1200e3, 0.0, 2.0),
        ("growth", "Growth of diverted units per year", "ratio", -500e3, -600e3, -800e3, 0.7, 1.5),
        (
            "share",
            "Share of attempts stopped by today's enforcement, every pathway together",
            "share",
            -700000.0,
            -600000.0,
            -550000.0,
            0.05,
            0.48,
        ),
        *((f"input_{k}", f"Input number {k}", "usd", -605e3, -600e3, -595e3, 1e9, 4e9) for k in range(7)),
    ]
    columns = ["assumption", "title", "unit", "at_p05", "at_p50", "at_p95", "input_p05", "input_p95"]
    words = ["barred to open", *[""] * 9]
    return pd.DataFrame(rows, columns=columns).assign(input_words=words, source_ids="study")


def yearly() -> pd.DataFrame:
    """Return acquisitions by year: the second scenario's total is .8 of the first's, the parts add up."""
    rows = []
    for scenario, factor in (("actual", 1.0), ("letter-all", 0.8), ("letter-h20", 0.9)):
        for year in range(2024, 2029):
            for channel, level in (("legal", 200e3), ("diverted", 300e3), ("domestic", 500e3)):
                rows.append((scenario, year, channel, *spread(level * factor), level * factor))
            rows.append((scenario, year, "total", *spread(1000e3 * factor), 1000e3 * factor))
            rows.append((scenario, year, "offshore", *spread(80e3), 90e3))
            rows.append((scenario, year, "remote", *spread(150e3), 170e3))
    return pd.DataFrame(rows, columns=["scenario", "year", "channel", *QUANTILES, "mean"])


def values(leading: dict[str, float], scale: float = 1.0) -> pd.DataFrame:
    """Return Shapley values: the share of draws in which each ask leads, and effects in proportion."""
    rows = [
        (ask, *spread(-200e3 * share * scale), -210e3 * share * scale, share)
        for ask, share in leading.items()
    ]
    return pd.DataFrame(rows, columns=["ask", *QUANTILES, "mean", "share_of_draws_leading"])


THEN = {"h20": 0.45, "kyc": 0.30, "diffusion": 0.15, "cxmt": 0.10}
NOW = {"h20": 0.20, "kyc": 0.41, "diffusion": 0.25, "cxmt": 0.14}


def by_metric() -> pd.DataFrame:
    """Return values by throughput, where the H20 ask leads, and by bandwidth, where the CXMT ask does."""
    flipped = {"h20": 0.20, "kyc": 0.10, "diffusion": 0.10, "cxmt": 0.60}
    parts = [values(THEN).assign(metric="h100e"), values(flipped, 3).assign(metric="h100e_bandwidth")]
    return pd.concat(parts, ignore_index=True)


def effects() -> pd.DataFrame:
    """Return the effect of every combination: additive, h20 220, kyc 140, diffusion 80, cxmt 60 thousand."""
    alone = {"h20": -220e3, "kyc": -140e3, "diffusion": -80e3, "cxmt": -60e3}
    sets = chain.from_iterable(combinations(sorted(alone), size) for size in range(5))
    rows = [
        ("+".join(s) or "none", len(s), *spread(sum(alone[a] for a in s)), sum(alone[a] for a in s), 0.97)
        for s in sets
    ]
    return pd.DataFrame(rows, columns=["combination", "asks", *QUANTILES, "mean", "prob_lower"])


def estimates() -> pd.DataFrame:
    """Return four published estimates, one of an advocate, one with a middle only, one a floor."""
    rows = [
        ("Think tank", 10e3, 140e3, 650e3, "for controls", "study"),
        ("Data project", 69e3, 171e3, 451e3, "", "study"),
        ("A paper", np.nan, 100e3, np.nan, np.nan, ""),
        ("A newspaper", 50e3, np.nan, np.nan, "", ""),
    ]
    return pd.DataFrame(rows, columns=["label", "low", "mid", "high", "stance", "source_ids"])


def draws(middle: float = 180e3, sigma: float = 0.5) -> np.ndarray:
    """Return lognormal draws with a given median, the same each time, the median exact."""
    found = np.exp(sigma * np.random.default_rng(MADE_UP).standard_normal(2001))
    return np.asarray(middle * found / np.median(found))


def packages() -> pd.DataFrame:
    """Return packages by year: stacks allow less than dies in every year but the first."""
    rows = []
    for scenario, factor in (("actual", 1.0), ("letter-cxmt", 0.75)):
        for number, year in enumerate(range(2025, 2031)):
            dies, stacks = 600e3 * 1.3**number, 900e3 if number == 0 else 400e3 * number * factor
            for series, level in (("dies_packages", dies), ("stack_packages", stacks), ("built", 300e3)):
                rows.append((year, scenario, series, 0.5 * level, level, 1.9 * level))
    columns = ["year", "scenario", "series", "p05", "p50", "p95"]
    return pd.DataFrame(rows, columns=columns).assign(source_ids="study")


def controls() -> pd.DataFrame:
    """Return controls on five items under four rules: listing adds chemicals and spares."""
    items = {
        "Etch and deposition tools": ("yes", "no", "yes"),
        "Design software": ("no", "cannot tell", "yes"),
        "Service by US persons": ("no", "yes", "no"),
        "Spares that no rule names": ("no", "no", "no"),
        "Chemicals and gases": ("cannot tell", "no", "no"),
    }
    rows = []
    for item, answers in items.items():
        for rule, now in zip(("DRAM node test", "US persons", "Fab end use"), answers, strict=True):
            rows += [(item, rule, now, False), (item, rule, now, True)]
        rows += [(item, "Entity List", "no", False), (item, "Entity List", "yes", True)]
    frame = pd.DataFrame(rows, columns=["item", "rule", "reached", "with_listing"])
    return frame.assign(source_ids="study")


def bills() -> pd.DataFrame:
    """Return five things Congress can do, one of them moving no lever."""
    rows = [
        (
            "Joint resolution against a statement",
            "proposed",
            "diffusion",
            "Enforces the published text again",
        ),
        ("A chip security act", "proposed", "kyc_strength", "Location checks on exported chips, in " * 2),
        (
            "A remote access act",
            "passed the House",
            "remote_access",
            "Extends controls to rented access abroad",
        ),
        ("A tools act", "left out", "allied_action", "Presses allies to match controls on tools"),
        ("A fee prohibition act", "proposed", "", "Bars fees for export licences"),
    ]
    return pd.DataFrame(rows, columns=["bill", "status", "lever", "what"]).assign(source_ids="study")


def tier2() -> pd.DataFrame:
    """Return four countries under a cap of 50 thousand: none runs more, two would with their plans."""
    rows = [
        ("SA", 50e3, 150e3, 0.0, 8e3),
        ("Malaysia", 39e3, 0.0, 2e3, 500.0),
        ("India", 11e3, 40e3, 0.0, 100.0),
        ("AE", 0.0, 0.0, 2e6, 1400.0),
    ]
    columns = ["country", "running", "planned", "authorised", "older"]
    return pd.DataFrame(rows, columns=columns).assign(unit="h100e", cap=50e3, source_ids="study")


def peer_rows() -> pd.DataFrame:
    """Return four published results, three reproduced."""
    blank = np.nan
    rows = [
        ("a", "Chips diverted in a year", "chips", 10e3, 140e3, 650e3, 11e3, 150e3, 655e3, "reproduced"),
        ("b", "H100e sold by a firm", "h100e", 325e3, 402e3, 497e3, 325e3, 402e3, 497e3, "reproduced"),
        ("c", "Packages that memory allows", "packages", *(blank, 1.6e6, blank) * 2, "reproduced"),
        ("d", "Upper end of the first", "chips", blank, 4e5, blank, blank, 6.55e5, blank, "not reproduced"),
    ]
    names = ["low", "mid", "high"]
    columns = ["id", "label", "unit", *(f"theirs_{n}" for n in names), *(f"ours_{n}" for n in names)]
    return pd.DataFrame(rows, columns=[*columns, "status"]).assign(source_ids="study")


def checks() -> pd.DataFrame:
    """Return six checks: one an input, one of zero, a floor and a ceiling, one beyond the scale."""
    blank = np.nan
    rows = [
        (
            "a",
            "Sales in a year (a filing)",
            "h100e",
            23000.0,
            32000.0,
            45000.0,
            "interval",
            "true",
            22000.0,
            32000.0,
            45000.0,
            "agrees",
        ),
        ("b", "Sales after a letter", "chips", 0.0, 0.0, 0.0, "interval", "false", 0.0, 0.0, 0.0, "agrees"),
        ("c", "Seized", "chips", 2e3, blank, blank, "floor", "false", 3e3, 13e3, 64e3, "agrees"),
        (
            "d",
            "Made at home",
            "chips",
            blank,
            blank,
            200000.0,
            "ceiling",
            "false",
            640000.0,
            860000.0,
            1100000.0,
            "misses",
        ),
        ("e", "Value in a quarter", "usd", 1e9, 1.5e9, 2e9, "interval", "false", 1.4e9, 3e9, 7e9, "overlaps"),
        ("f", "A stock", "h100e", 1.0, 2.0, 4.0, "interval", "false", 1e3, 2e3, 3e3, "misses"),
    ]
    columns = ["check_id", "title", "unit", "low", "mid", "high", "kind", "used_as_input"]
    frame = pd.DataFrame(rows, columns=[*columns, "p05", "p50", "p95", "verdict"])
    return frame.assign(source_ids="study")


def results() -> pd.DataFrame:
    """Return tidy ratios of three scenarios: 20 and 5 at the end, the third as the first."""
    rows = []
    for scenario, end in (("actual", 20.0), ("no-controls", 5.0), ("letter-all", 22.0)):
        for number in range(12):
            quarter = f"{2025 + number // 4}Q{number % 4 + 1}"
            level = 3.0 * (end / 3.0) ** (number / 11)
            rows.append((scenario, quarter, "total", "us_prc_ratio", "ratio", *spread(level), level))
    columns = ["scenario", "quarter", "channel", "variable", "unit", *QUANTILES, "mean"]
    return pd.DataFrame(rows, columns=columns)


def by_regime() -> pd.DataFrame:
    """Return each ask's effect by regime; the H20 ask's differs most, from -15 to -530 thousand."""
    rows = []
    for scenario, ends in (("now-h20", (-15e3, -180e3, -530e3)), ("now-kyc", (-40e3, -39e3, -35e3))):
        for regime, middle in zip(("barred", "rationed", "open"), ends, strict=True):
            rows.append((scenario, regime, *spread(middle), 100))
    return pd.DataFrame(rows, columns=["scenario", "prc_regime", *QUANTILES, "draws"])


def indices() -> pd.DataFrame:
    """Return Sobol indices of the tornado's inputs, from .45 downwards."""
    return tornado().assign(total_order=np.linspace(0.45, 0.0, 10), half_width=0.06)


def worth() -> pd.DataFrame:
    """Return values of information of the tornado's inputs, from 45,000 to 0."""
    found = tornado().assign(value=np.linspace(45e3, 0.0, 10))
    return found.assign(share_of_draws_choice_changes=np.linspace(0.3, 0.0, 10))


def limits() -> pd.DataFrame:
    """Return a box of three limits."""
    rows = [
        ("a", "Growth of diverted units per year", "ratio", 0.9, np.inf, 0.7, 1.5),
        ("b", "PRC policy on buying US chips", "regime", -np.inf, 0.5, 0.0, 2.0),
        ("c", "Share of applications approved", "share", 0.1, 0.2, 0.05, 0.5),
    ]
    columns = ["assumption", "title", "unit", "low", "high", "range_low", "range_high"]
    return pd.DataFrame(rows, columns=columns).assign(
        coverage=0.6, density=0.81, limits_words=["", "barred", ""], range_words=["", "barred to open", ""]
    )


def past() -> pd.DataFrame:
    """Return a replay: six quarters observed, the last two above what was held likely then."""
    rows = []
    for number in range(10):
        quarter = f"{2024 + number // 4}Q{number % 4 + 1}"
        rows.append((quarter, "as of then", 80e3, 150e3, 300e3))
        rows.append((quarter, "as known now", 100e3, 160e3, 420e3))
        if number < 6:
            seen = 140e3 if number < 4 else 350e3
            rows.append((quarter, "observed", 0.8 * seen, seen, 1.2 * seen))
    return pd.DataFrame(rows, columns=["quarter", "series", "p05", "p50", "p95"])


def matches() -> pd.DataFrame:
    """Return shares of attempts to stop; the Diffusion ask cannot be matched in its upper draws."""
    rows = [
        ("letter-h20", 0.25, 0.09, 0.1), ("letter-h20", 0.50, 0.24, 0.1), ("letter-h20", 0.75, 0.55, 0.1),
        ("letter-diffusion", 0.25, 0.10, 0.34), ("letter-diffusion", 0.50, 0.17, 0.34),
        ("letter-diffusion", 0.75, np.nan, 0.34),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["target", "level", "share_stopped", "cannot"])


def cost_rows() -> pd.DataFrame:
    """Return costs: two in dollars, one in cases, one named but not modelled."""
    blank, sales = np.nan, "Vendors' revenue forgone"
    rows = [
        ("h20", sales, 9e9, 14e9, 36e9, "usd", "filing", True),
        ("kyc", sales, 0.2e9, 1e9, 3e9, "usd", "filing", True),
        ("kyc", "Checking load", 600.0, 1200.0, 2400.0, "cases per officer", "study", True),
        ("cxmt", "DRAM prices", blank, blank, blank, "usd", "", False),
    ]
    columns = ["ask", "cost", "p05", "p50", "p95", "unit", "source_ids", "modelled"]
    return pd.DataFrame(rows, columns=columns)


def changes() -> pd.DataFrame:
    """Return the effect of each ask on the stock."""
    rows = [(ask, *spread(middle)) for ask, middle in (("h20", -220e3), ("kyc", -120e3), ("cxmt", -5e4))]
    return pd.DataFrame(rows, columns=["ask", *QUANTILES]).assign(unit="h100e")


PERIOD = {"period": "2028Q4"}
SOURCES = {"sources": ("study",)}
FIGURES: dict[str, Callable[[], Figure]] = {
    "drivers": lambda: model.drivers(tornado(), answer="what the asks change", **PERIOD),
    "acquisitions": lambda: model.acquisitions(yearly(), **SOURCES),
    "shapley": lambda: model.shapley(values(THEN), values(NOW), **PERIOD, **SOURCES),
    "metric_flip": lambda: model.metric_flip(by_metric(), when="letter", **PERIOD, **SOURCES),
    "combinations": lambda: model.combinations(effects(), **PERIOD, **SOURCES),
    "diverted_estimates": lambda: model.diverted_estimates(draws(), estimates(), period="2024"),
    "hbm_bottleneck": lambda: model.hbm_bottleneck(packages()),
    "control_matrix": lambda: model.control_matrix(controls(), period="November 2026"),
    "congress_levers": lambda: model.congress_levers(bills(), period="November 2026"),
    "tier2_caps": lambda: model.tier2_caps(tier2(), period="2025 on"),
    "peers": lambda: model.peers(peer_rows(), period="2024 to 2026"),
    "history_check": lambda: model.history_check(checks(), period="2022 to 2026"),
    "ratio": lambda: model.ratio(results(), **SOURCES),
    "ratio_dots": lambda: model.ratio_dots(
        {"actual": draws(20.0), "no-controls": draws(5.0, 0.2)}, period="2027Q4", **SOURCES
    ),
    "regimes": lambda: model.regimes(by_regime(), **PERIOD, **SOURCES),
    "sobol": lambda: model.sobol(indices(), answer="what the asks change", **PERIOD),
    "voi": lambda: model.voi(worth(), **PERIOD),
    "box": lambda: model.box(limits(), **PERIOD, **SOURCES),
    "replay": lambda: model.replay(past(), as_of="3 February 2025", **SOURCES),
    "break_even": lambda: model.break_even(matches(), **PERIOD, **SOURCES),
    "costs": lambda: model.costs(cost_rows(), changes(), period="2025Q1 to 2028Q4"),
}

TITLES = {
    "drivers": "PRC policy on buying US chips moves what the asks change most: from −350k to −1.2m",
    # 5 x 800 against 5 x 1,000 thousand
    "acquisitions": "All four asks: over 2024 to 2028, 20% less compute than as things stand",
    "shapley": "Adopted then, the H20 ask moves PRC compute most (45% of draws); now, the KYC ask (41%)",
    "metric_flip": "By throughput the H20 ask (45%) leads most often, by bandwidth the CXMT ask (60%)",
    # 220 + 140 + 80 + 60 = 500 thousand
    "combinations": "In the model, all four asks lower the median by 500k; the H20 ask alone by 220k",
    # exp(1.645 x .5) = 2.28 on either side of 180: 79 and 410, in this sample 81 and 420
    "diverted_estimates": "180,000 chips diverted (estimated) in 2024, 81k to 420k; others say 10k to 650k",
    # dies 600 x 1.3^5 = 2,228, stacks 400 x 5 = 2,000 and 1,500 thousand in the last year
    "hbm_bottleneck": "HBM allows fewer packages than dies in 5 of 6 years; "
    "2m in 2030, 1.5m with CXMT listed",
    "control_matrix": "Some rule already reaches 3 of 5 items that go to CXMT, perhaps 1 more; "
    "listing adds 2",
    "congress_levers": "4 of 5 acts Congress could pass move a lever; 1 passed one chamber, none is enacted",
    "tier2_caps": "Known new clusters that run are inside the cap in all 3 countries; with plans, 2 pass it",
    "peers": "Of 4 published results re-run 3 reproduce",
    "history_check": "Of 5 observations that are not inputs the model agrees with 2, overlaps 1 and misses 2",
    "ratio": "In 2027Q4 the US holds 20 times the PRC's compute at the median; No chip controls: 5",
    "ratio_dots": "In 2027Q4 the US holds 20 times the PRC's compute at the median, 9 to 46 in most draws",
    "regimes": "The H20 ask lowers the median by 15k while PRC buying is barred, by 530k if open",
    "sobol": "PRC policy on buying US chips bears on 45% (± 6) of the variance of what the asks change",
    "voi": "PRC policy on buying US chips: learning it first gains 45k H100 equivalents in expectation",
    "box": "Where 3 limits hold, the asks change little in 81% of draws; they hold 60% of such draws",
    "replay": "With the law of 3 February 2025 the interval holds what was observed in 4 of 6 quarters",
    "break_even": "Matching the H20 ask takes stopping 24% of attempts; in 10% of draws they cannot",
    "costs": "Vendors' revenue forgone is largest for the H20 ask, $14bn at the median",
}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: model.drivers(tornado().drop(columns="input_p95"), **PERIOD), "no column input_p95"),
        (lambda: model.acquisitions(yearly().drop(columns="mean"), **SOURCES), "no column mean"),
        (lambda: model.acquisitions(yearly(), scenarios=["actual", "letter-kyc"]), "letter-kyc, total"),
        (lambda: model.acquisitions(yearly()), "no source card"),
        (lambda: model.shapley(values(THEN), values(NOW).drop(columns="mean"), **PERIOD), "now: no column"),
        (lambda: model.shapley(values({"chips_act": 1.0}), values(NOW), **PERIOD), "ask 'chips_act'"),
        (lambda: model.metric_flip(by_metric().iloc[:4], **PERIOD), "at least two metrics"),
        (lambda: model.combinations(effects().drop(columns="asks"), **PERIOD), "no column asks"),
        (lambda: model.diverted_estimates([np.nan], estimates(), period="2024"), "no finite number"),
        (lambda: model.diverted_estimates(draws(), estimates().iloc[:0], period="2024"), "no rows"),
        (lambda: model.hbm_bottleneck(packages().query("series == 'built'")), "'dies_packages'"),
        (lambda: model.control_matrix(controls().assign(reached="maybe"), period="now"), "'maybe'"),
        (lambda: model.control_matrix(controls().query("with_listing"), period="now"), "answer for today"),
        (lambda: model.congress_levers(bills().drop(columns="what"), period="now"), "no column what"),
        (lambda: model.tier2_caps(tier2().assign(older=-1.0), period="now"), "least amount -1"),
        (lambda: model.tier2_caps(tier2().assign(unit=list("aabb")), period="now"), "units a, b"),
        (lambda: model.peers(peer_rows().drop(columns="status"), period="now"), "no column status"),
        (lambda: model.history_check(checks().drop(columns="verdict"), period="now"), "no column verdict"),
        (lambda: model.ratio(results().assign(p05=0.0)), "not above zero"),
        (lambda: model.ratio(results().assign(variable="stock")), "actual, us_prc_ratio"),
        (lambda: model.ratio_dots({}, period="now"), "no scenario"),
        (lambda: model.regimes(by_regime().drop(columns="prc_regime"), **PERIOD), "no column prc_regime"),
        (lambda: model.sobol(indices().drop(columns="half_width"), **PERIOD), "no column half_width"),
        (lambda: model.voi(worth().drop(columns="value"), **PERIOD), "no column value"),
        (lambda: model.box(limits().assign(range_high=0.0), **PERIOD), "range_high is not above"),
        (lambda: model.replay(past().assign(series="later"), as_of="now"), "'later'"),
        (lambda: model.break_even(matches().assign(share_stopped=24.0), **PERIOD), "share_stopped is 24"),
        (lambda: model.costs(cost_rows().assign(ask="all"), changes(), period="now"), "ask 'all'"),
    ],
)
def test_a_frame_of_the_wrong_shape_is_refused_in_words(make: Callable[[], Any], says: str) -> None:
    with pytest.raises(FigureError) as caught:
        make()
    assert says in str(caught.value)


@pytest.mark.parametrize("name", FIGURES)
def test_each_figure_states_its_computed_finding_and_fits_every_size(name: str) -> None:
    figure = FIGURES[name]()
    assert figure.id == name and figure.title == TITLES[name] and figure.title in figure.alt
    for size in charts.SIZES:
        charts.render(figure, size, cards=CARDS)


def test_every_figure_of_the_package_is_tested() -> None:
    assert set(FIGURES) == set(TITLES) == set(model.__all__) - {"ask_name"}


def test_words_that_do_not_fit_a_page_are_refused() -> None:
    many = pd.concat([bills()] * 6, ignore_index=True)
    with pytest.raises(FigureError, match="rows of words need"):
        charts.render(model.congress_levers(many, period="November 2026"), "column", cards=CARDS)


def test_a_name_longer_than_its_row_ends_in_an_ellipsis_and_a_short_label_is_kept() -> None:
    many = pd.concat([checks()] * 3, ignore_index=True)
    many["title"] = "A long title of what somebody observed somewhere over a span of quarters"
    page = charts.render(model.history_check(many, period="2022 to 2026"), "column", cards=CARDS)
    assert {label.get_text()[-1] for label in page.axes[0].get_yticklabels()} == {"…"}
    short = model.history_check(many.assign(label="What was observed"), period="2022 to 2026")
    names = charts.render(short, "column", cards=CARDS).axes[0].get_yticklabels()
    assert {label.get_text() for label in names} == {"What was observed"}


def test_a_range_without_an_upper_end_is_said_to_run_from_its_low_end() -> None:
    from matplotlib.text import Text

    open_end = checks().query("check_id == 'a'").assign(high=np.nan)
    page = charts.render(model.history_check(open_end, period="2022"), "column", cards=CARDS)
    assert "32k (from 23k)" in [text.get_text() for text in page.figure.findobj(Text)]


def test_titles_follow_the_data_when_there_is_nothing_to_find() -> None:
    same = yearly().query("scenario == 'actual'")
    assert model.acquisitions(same, **SOURCES).title == (
        "Over 2024 to 2028 the domestic channel brings 50% of PRC acquisitions on average"
    )
    nothing = tier2().assign(running=0.0, planned=0.0)
    assert model.tier2_caps(nothing, period="2025 on").title.startswith("Nothing known")
    built = model.tier2_caps(tier2().assign(planned=0.0, running=60e3), period="2025 on")
    assert built.title == (
        "Known new clusters that run are outside the cap in 4 of 4 countries; plans change nothing"
    )
    planned = model.tier2_caps(tier2().assign(running=0.0), period="2025 on")
    assert planned.title == "No known new clusters run; with plans, 1 passes it"
    law = bills().assign(status=["enacted", *["proposed"] * 4])
    assert model.congress_levers(law, period="now").title == (
        "4 of 5 acts that Congress could pass move a lever of the model, 1 enacted"
    )
    one = model.history_check(checks().query("check_id in ['a', 'd']"), period="now")
    assert one.title == "The model misses the one observation that is not an input, a ceiling"
    assert "no further item" in model.control_matrix(controls().query("not with_listing"), period="now").title
    abroad = controls().assign(
        reached=lambda rows: rows["reached"].mask(
            rows["with_listing"] & rows["item"].str.startswith("Spares") & (rows["rule"] == "Entity List"),
            "cannot tell",
        )
    )
    assert model.control_matrix(abroad, period="now").title.endswith("listing adds 1, perhaps 1 more")
    unknown = controls().assign(
        reached=lambda rows: rows["reached"].where(rows["with_listing"], "cannot tell")
    )
    assert model.control_matrix(unknown, period="now").title.startswith(
        "Rules today surely reach no item that goes to CXMT, perhaps 5 of 5; listing adds"
    )
    assert "would not change" in model.voi(worth().assign(value=0.0), **PERIOD).title
    nobody = matches().assign(share_stopped=np.nan, cannot=1.0)
    assert "cannot match any" in model.break_even(nobody, **PERIOD, **SOURCES).title
    assert "No cost in dollars" in model.costs(cost_rows().iloc[2:], changes(), period="now").title
    alike = by_metric().assign(share_of_draws_leading=[0.4, 0.3, 0.2, 0.1] * 2)
    assert model.metric_flip(alike, **PERIOD, **SOURCES).title == (
        "The H20 ask leads most often by throughput and bandwidth (40%, 40%)"
    )


def test_packages_that_differ_by_decades_stand_on_a_log_scale_and_the_subtitle_says_so() -> None:
    wide = packages().assign(p05=lambda rows: rows["p05"] / 10, p95=lambda rows: rows["p95"] * 10)
    figure = model.hbm_bottleneck(wide)
    assert "log scale" in figure.subtitle and "log scale" not in model.hbm_bottleneck(packages()).subtitle
    charts.render(figure, "column", cards=CARDS)


def test_an_ask_that_changes_nothing_or_raises_the_stock_is_drawn() -> None:
    flat = by_regime().assign(**dict.fromkeys(QUANTILES, 0.0))
    charts.render(model.regimes(flat, **PERIOD, **SOURCES), "column", cards=CARDS)
    assert "leaves the median as it is" in model.regimes(flat, **PERIOD, **SOURCES).title
    up = effects().assign(**{q: -effects()[r] for q, r in zip(QUANTILES, QUANTILES[::-1], strict=True)})
    raised = model.combinations(up, **PERIOD, **SOURCES)
    assert "raise the median by 500k" in raised.title
    charts.render(raised, "column", cards=CARDS)


def test_not_modelled_is_printed_in_words_and_its_numbers_are_not() -> None:
    rows = cost_rows()
    rows.loc[3, ["p05", "p50", "p95"]] = [1e9, 2e9, 3e9]
    page = charts.render(model.costs(rows, changes(), period="2025Q1 to 2028Q4"), "slide", cards=CARDS)
    texts = [text.get_text() for text in page.axes[0].texts]
    # three asks by three costs, three of them modelled
    assert texts.count("not modelled") == 6 and not any("$2bn" in text for text in texts)


def test_what_stands_outside_the_prc_is_never_in_the_stack() -> None:
    page = charts.render(FIGURES["acquisitions"](), "slide", cards=CARDS)
    upper = {patch.get_facecolor() for axes in page.axes[:3] for patch in axes.patches}
    assert len(upper) == 3 and not any(axes.patches for axes in page.axes[3:])


def test_a_scenario_and_a_channel_keep_their_colour_in_every_figure() -> None:
    assert [scenario_style(f"letter-{ask}").colour for ask in ASKS] == [
        scenario_style(f"now-{ask}").colour for ask in ASKS
    ]
    assert channel_colour("diverted") == PALETTE["red"] and len({channel_colour(c) for c in ASKS}) == 1


def test_quantile_dots_are_equally_likely() -> None:
    # of 0, 1 ... 100 the quantiles at .05, .15 ... are 5, 15 ...
    assert dot_values(range(101), 10) == pytest.approx(np.arange(5, 100, 10))


def test_changes_are_said_without_a_sign() -> None:
    assert changed(-220_400.0) == "lowers the median by 220k"
    assert changed(2.1e9, "usd") == "raises the median by $2.1bn"
    assert changed(0.0) == "leaves the median as it is"


def test_long_names_are_cut_at_a_word_that_can_end_them() -> None:
    assert clipped("Growth of diverted units per year after 2026", 44).endswith("2026")
    assert clipped("Growth of diverted units per year after 2026", 40) == "Growth of diverted units per year"
    assert clipped("Share stopped by enforcement, every pathway", 34) == "Share stopped by enforcement"


def test_inputs_are_said_in_their_unit() -> None:
    assert input_words(0.05, 0.48, "share") == "5% to 48%"
    assert input_words(1e9, 4e9, "usd") == "$1bn to $4bn"
    assert input_words(0.7, 1.5, "ratio") == "0.7 to 1.5"
    assert input_words(0.0, 6.0, "quarters") == "0 to 6 quarters"


def test_axes_hold_zero_and_a_log_axis_refuses_it() -> None:
    assert room_for([-10.0, -2.0], 0.1) == (-11.0, 0.0)
    with pytest.raises(FigureError, match="two values above zero"):
        log_axis(None, "x", 0.0, 1.0)  # type: ignore[arg-type]
    with pytest.raises(FigureError, match="Did you mean"):
        ask_name("h2o")


def small_run() -> Simulation:
    """Return a run of four draws over 2022: 1, 2, 3 and 4 in every quarter for legal, nothing else."""
    grid = Grid(last="2022Q4")
    held = np.tile(np.arange(1.0, 5.0, dtype=np.float32), (1, 4, 1))
    return Simulation(
        grid=grid,
        seed=1,
        size=4,
        keys={"actual": [SeriesKey("acquired", "legal", "h100e")]},
        draws={"actual": held},
        regime=np.zeros(4, dtype=np.int8),
        seconds=0.0,
        used=frozenset(),
    )


def test_years_are_summed_in_each_draw_and_a_year_outside_the_run_is_refused() -> None:
    # four quarters of 1, 2, 3 and 4 are 4, 8, 12 and 16: median 10, mean 10
    frame = frames.yearly(small_run(), ["actual"], [2022])
    assert frame[["channel", "year", "p50", "mean"]].to_numpy().tolist() == [["legal", 2022, 10.0, 10.0]]
    with pytest.raises(InputError, match="no whole year 2023"):
        frames.yearly(small_run(), ["actual"], [2023])


def test_inputs_are_named_with_their_range_and_their_sources() -> None:
    named = frames.named_inputs(pd.DataFrame({"assumption": ["prc_regime", "cxmt_slip"]})).set_index(
        "assumption"
    )
    # a uniform 0 to 6 has 0.3 and 5.7 as its 5th and 95th percentiles
    assert list(named.loc["cxmt_slip", ["input_p05", "input_p95"]]) == pytest.approx([0.3, 5.7])
    assert (
        named.loc["prc_regime", "input_words"] == "barred to open"
        and named.loc["cxmt_slip", "input_words"] == ""
    )
    assert "judgement" not in ";".join(named["source_ids"])
    with pytest.raises(InputError, match="cxmt_slip"):
        frames.named_inputs(pd.DataFrame({"assumption": ["cxmt_slipp"]}))


def test_a_box_names_the_regimes_inside_its_limits() -> None:
    limits = {"prc_regime": (-np.inf, 1.0), "cxmt_slip": (2.0, np.inf)}
    frame = frames.named_box(Box(limits, 0.6, 0.9, 0.2, pd.DataFrame()))
    assert frame["limits_words"].tolist() == ["barred or rationed", ""]
    charts.render(model.box(frame, **PERIOD, **SOURCES), "column", cards=charts_cards(frame))


def charts_cards(frame: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return a made-up card for every source a frame names."""
    names = {name for cell in frame["source_ids"] for name in cell.split(";") if name}
    return CARDS | {name: {"producer": "A source", "title": name, "as_of": "2026-01-01"} for name in names}


def test_a_combination_is_named_by_its_asks() -> None:
    assert scenario_name("cxmt+h20") == "CXMT and H20 asks"
    assert scenario_name("none") == "None of the asks"
    assert scenario_name("cxmt+mine") == "cxmt+mine"
