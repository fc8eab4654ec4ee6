"""Units: said in names, spelt one way, and carried through the model's arithmetic.

The last tests change the size of a unit and run the model: money counted in thirds of a dollar must give
three times the money and not one chip more. A formula that forgot to divide by a price would not pass.
"""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from flows_world import ACTUAL, LETTER, SEGMENTS, SPECS, denied_from

import chipflows as cf
from chipflows import flows, paths, tables, trade
from chipflows.flows import abroad, diverted, inputs, legal
from chipflows.flows.access import Access
from chipflows.flows.engine import Engine
from chipflows.flows.grid import Grid
from chipflows.flows.inputs import Inputs, Spec
from chipflows.flows.levers import Settings
from chipflows.flows.results import series_of
from chipflows.flows.sampling import Sampler
from chipflows.flows.scenario import ScenarioRun
from chipflows.tables.assumptions import Assumptions, load_assumptions
from chipflows.tables.fields import FIELDS

# What a name's part says its unit is: the longest part that fits decides.
NAMED = {
    "usd": "USD", "usd_m": "USD m", "usd_bn": "USD bn", "price_usd": "USD/chip",
    "tpp": "TPP", "tflops_dense": "TFLOPS", "tops_dense": "TOPS", "8bit_tops": "TOPS",
    "gb": "GB", "gbps": "GB/s", "gbps_mm2": "GB/s/mm2", "mm2": "mm2", "w": "W",
    "share": "share", "pct": "%", "ratio": "ratio",
    "h100e": "H100e", "units": "chips", "stacks": "stacks", "clusters": "clusters", "entries": "entries",
}  # fmt: skip
PLAIN = re.compile(r"_(?:p05|p50|p95|low|mid|high)$")  # quantiles and ends carry their column's unit
UNIT_COLUMN = {None, "as the unit column says"}
# Counts of things that the table's title names, and the few columns that are no quantity.
OTHERWISE = {
    ("chips", "price_usd_low"): "USD", ("chips", "price_usd_high"): "USD",
    ("entity_list_additions", "firms"): "entries", ("list_texts", "firms"): "entries",
    ("list_texts", "undated_citations"): "citations", ("tier2_clusters", "unsized"): "clusters",
    ("published_scenarios", "row"): None, ("us_imports_yearly", "year"): None,
    ("taiwan_ic_exports", "year"): None,
    ("cif_fob_ratios", "low"): "ratio", ("cif_fob_ratios", "high"): "ratio",
    ("screening_accuracy", "threshold"): "score", ("screening_accuracy", "hits"): "names",
    ("screening_accuracy", "tried"): "names", ("screening_accuracy", "low"): "share",
    ("screening_accuracy", "high"): "share",
}  # fmt: skip
NUMBERS = [
    (table, name, column)
    for table, spec in sorted(tables.codebook().items())
    for name, column in spec.columns.items()
    if column.type in ("float", "int")
]


def named_unit(name: str) -> str | None:
    """Return the unit a column's name states: of NAMED, the longest part it ends or begins with."""
    stem = PLAIN.sub("", name)
    fits = [
        part for part in NAMED if stem == part or stem.endswith(f"_{part}") or stem.startswith(f"{part}_")
    ]
    return NAMED[max(fits, key=len)] if fits else None


@pytest.mark.parametrize(("table", "name", "column"), NUMBERS, ids=lambda value: str(value)[:40])
def test_a_number_columns_name_and_the_codebook_state_the_same_unit(
    table: str, name: str, column: Any
) -> None:
    if (table, name) in OTHERWISE:
        assert column.unit == OTHERWISE[table, name]
    elif name.rsplit("_", maxsplit=1)[-1] in ("low", "mid", "high") and named_unit(name) is None:
        assert column.unit in UNIT_COLUMN and "unit" in tables.codebook()[table].columns
    else:
        assert column.unit == named_unit(name)


def test_every_suffix_of_money_memory_and_law_is_in_the_page_on_names() -> None:
    page = (paths.home() / "docs" / "naming.md").read_text(encoding="utf-8")
    for suffix in (
        "_usd",
        "_tpp",
        "_tflops_dense",
        "_tops_dense",
        "_gbps",
        "_gb",
        "_mm2",
        "_w",
        "_share",
        "_ratio",
    ):
        assert f"`{suffix}`" in page


def test_a_unit_is_spelt_one_way_in_every_table() -> None:
    spelt: dict[str, set[str]] = {}
    for table, spec in tables.codebook().items():
        if "unit" in spec.columns and table not in ("peer_checks", "history_checks"):  # the model's own units
            for unit in tables.table(table)["unit"].dropna().unique():
                spelt.setdefault(unit.casefold().replace(" ", ""), set()).add(unit)
    assert {key: found for key, found in spelt.items() if len(found) > 1} == {}


def test_the_checks_of_peers_and_of_history_use_the_models_own_units() -> None:
    ours = {"chips", "h100e", "h100e_bandwidth", "usd", "ratio", "share", "dies", "stacks", "packages", "tpp"}
    assert set(tables.table("history_checks")["unit"]) <= ours
    assert set(tables.table("peer_checks")["unit"]) <= ours | {"wafers a month"}


@pytest.mark.parametrize("name", sorted(tables.codebook()))
def test_shares_lie_between_0_and_1_and_percentages_between_0_and_100(name: str) -> None:
    frame = tables.table(name)
    for column, meaning in tables.codebook()[name].columns.items():
        if meaning.unit in ("share", "%"):
            assert frame[column].dropna().between(0, 1 if meaning.unit == "share" else 100).all(), column


FACT_UNITS = ("tpp", "mm2", "gbps", "bn", "nm", "pct", "um2", "layers", "density", "operations")


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.kind == "number"])
def test_a_number_that_a_rule_asks_about_says_its_unit(name: str) -> None:
    assert name.endswith(FACT_UNITS), name


# ---- assumptions and what the model hands out

ITEMS = {**load_assumptions().uncertain, **load_assumptions().profiles}


@pytest.mark.parametrize("name", sorted(ITEMS))
def test_an_assumptions_name_and_unit_do_not_contradict_each_other(name: str) -> None:
    unit = ITEMS[name].unit
    money = re.search(r"_usd(?:_bn|_1000)?(?:_|$)", name)
    if money and "per_usd" not in name:
        assert unit.split("/")[0] == money[0].strip("_"), f"{name} is in {unit}"
    for part, said in (("_per_quarter", "/quarter"), ("_per_month", "/month"), ("_per_wafer", "/wafer")):
        assert part not in name or unit.endswith(said), f"{name} is in {unit}"
    if ("share" in name.split("_") or "yield" in name) and unit not in ("share", "ratio"):
        pytest.fail(f"{name} is in {unit}")


@pytest.mark.parametrize("name", sorted(n for n, item in ITEMS.items() if item.unit == "share"))
def test_an_assumed_share_lies_between_0_and_1(name: str) -> None:
    item = ITEMS[name]
    ends = list(item.at.values()) if hasattr(item, "at") else list(item.range())
    assert min(ends) >= 0 and max(ends) <= 1


COUNTS = {
    "units", "attempted", "blocked", "by_pathway", "attempts", "packages", "started", "dies_in", "dies_used",
    "dies_left", "stacks_in", "stacks_used", "stacks_left", "packages_by_dies", "packages_by_stacks",
    "bank", "diverted", "cxmt", "other", "free",
}  # fmt: skip
DIMENSIONLESS = {"retention", "binding", "regime"}
SUFFIXES = ("usd", "day", "h100e", "h100e_bandwidth", "mem_gb", "share", "ratio", "latent_usd")


def fields_of_arrays() -> list[tuple[str, str]]:
    found = []
    for module in pkgutil.iter_modules(flows.__path__):
        read = importlib.import_module(f"chipflows.flows.{module.name}")
        for kind in vars(read).values():
            if dataclasses.is_dataclass(kind) and getattr(kind, "__module__", "") == read.__name__:
                arrays = [f.name for f in dataclasses.fields(kind) if "Array" in str(f.type)]
                found += [(kind.__name__, name) for name in arrays]
    return found


@pytest.mark.parametrize(("kind", "name"), fields_of_arrays())
def test_every_array_the_model_hands_out_is_a_named_count_or_says_its_unit(kind: str, name: str) -> None:
    if kind == "Draws":
        return  # by assumption, whose unit is in its file
    assert name in COUNTS | DIMENSIONLESS or name.endswith(SUFFIXES), f"{kind}.{name}"


# ---- a unit of another size


def times(unit: str, base: str) -> int:
    """Return the power to which *base* (usd, h100e) stands in a unit such as usd_1000/h100e/year."""
    over, *under = (re.sub(r"_(bn|1000|bandwidth)$", "", part) for part in unit.split("/"))
    return (over == base) - under.count(base)


def resized(assumptions: Assumptions, base: str, size: float) -> Assumptions:
    """Return the assumptions with *base* counted in a unit so many times smaller."""
    uncertain = {}
    for name, item in assumptions.uncertain.items():
        factor = size ** times(item.unit, base)
        ends = {
            k: getattr(item, k) * factor
            for k in ("p05", "p95", "p10", "p90", "min", "max")
            if getattr(item, k)
        }
        uncertain[name] = item.model_copy(update=ends)
    profiles = {
        name: item.model_copy(
            update={"at": {k: v * size ** times(item.unit, base) for k, v in item.at.items()}}
        )
        for name, item in assumptions.profiles.items()
    }
    return assumptions.model_copy(update={"uncertain": uncertain, "profiles": profiles})


def series(given: Inputs, free: bool) -> dict[Any, np.ndarray]:
    """Return every series of one scenario on 64 draws: the H20 ask, or no chip rules at all."""
    changed = {chip: spans[:1] for chip, spans in ACTUAL.items()} if free else denied_from(LETTER, "h20_96")
    settings = Settings("x", {} if free else {"h20": LETTER}, {}, LETTER, None if free else "h20")
    run = ScenarioRun(settings, Access(ACTUAL, changed))
    base = ScenarioRun(Settings("actual"), Access(ACTUAL, ACTUAL))
    engine = Engine(given, [run], base)
    drawn = Sampler(given.assumptions, 64, 1).block(0)
    return dict(series_of(engine.outcome(run, drawn, engine.baseline(drawn))))


@pytest.mark.parametrize("free", [False, True])
def test_money_in_a_smaller_unit_changes_money_alone(monkeypatch: pytest.MonkeyPatch, free: bool) -> None:
    size = 3.0
    plain = series(Inputs(Grid(last="2028Q4"), load_assumptions(), SPECS, SEGMENTS), free)
    dearer = {chip: price * size for chip, price in inputs.LIST_PRICE_USD.items()}
    for module in (abroad, diverted):
        monkeypatch.setattr(module, "LIST_PRICE_USD", dearer)
    dear = tuple(dataclasses.replace(one, price_usd=one.price_usd * size) for one in SEGMENTS)
    given = Inputs(Grid(last="2028Q4"), resized(load_assumptions(), "usd", size), SPECS, dear)
    for key, values in series(given, free).items():
        factor, cent = (size, 0.01) if key.unit == "usd" else (1.0, 1e-6)
        np.testing.assert_allclose(values, plain[key] * factor, rtol=1e-9, atol=cent, err_msg=str(key))


@pytest.mark.parametrize("free", [False, True])
def test_a_reference_chip_half_as_fast_doubles_h100e_alone(
    monkeypatch: pytest.MonkeyPatch, free: bool
) -> None:
    size = 2.0
    plain = series(Inputs(Grid(last="2028Q4"), load_assumptions(), SPECS, SEGMENTS), free)
    monkeypatch.setattr(legal, "H100_DENSE_8BIT_TOPS", 1979.0 / size)
    specs = {
        name: Spec(spec.h100e * size, spec.h100e_bandwidth * size, spec.mem_gb)
        for name, spec in SPECS.items()
    }
    given = Inputs(Grid(last="2028Q4"), resized(load_assumptions(), "h100e", size), specs, SEGMENTS)
    for key, values in series(given, free).items():
        if key == ("us_prc_ratio", "total", "ratio", ""):
            factor = 1.0
        else:
            factor = size if key.unit.startswith("h100e") else 1.0
        np.testing.assert_allclose(
            values, plain[key] * factor, rtol=1e-9, atol=1e-6 * factor, err_msg=str(key)
        )


# ---- frames that the public functions hand out

# Names that are their own unit: TPP over mm2, the place among hits, a match's score, logarithms of ratios.
SELF_SAID = re.compile(
    r"tpp|performance_density|rank|score|log_\w+|\w+_(?:usd|kg|per_kg|per_unit|ratio|share)"
)


def handed_out() -> dict[str, pd.DataFrame]:
    held = trade.aggregate(trade.held())
    run = cf.simulate(["actual", "letter-h20"], draws=64, seed=1)
    one = pd.DataFrame({"name": ["made up"], "tpp": [2000.0], "die_area_mm2": [300.0]})
    return {
        "trade": held,
        "quarters": trade.quarters(held),
        "mirror gaps": trade.mirror_gaps(held),
        "unit values": trade.unit_values(held),
        "compare": cf.compare(run, "letter-h20"),
        "results": run.results,
        "by chip": run.by_chip,
        "screen": cf.screen(["Huawei"]),
        "classify": cf.classify(one, "CN", "2025-05-01"),
    }


SHOWN = re.compile(r"(?:\w+_)?(?:p05|p25|p50|p75|p95|mean)")  # of a series, in the unit that the row names


def test_a_number_in_a_frame_handed_out_says_its_unit_or_stands_beside_it() -> None:
    for name, frame in handed_out().items():
        beside = {"quantity", "quantity_unit"} if "quantity_unit" in frame else set()
        if "unit" in frame:
            assert frame["unit"].ne("").all()
            beside |= {column for column in frame if SHOWN.fullmatch(column)}
        for column in set(frame.select_dtypes("number")) - beside:
            said = column.startswith(("is_", "prob_")) or named_unit(column) or SELF_SAID.fullmatch(column)
            assert said, f"{name}: {column}"
