"""The explorer without its widgets: what it answers is what the library and a saved scenario answer."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chipflows as cf
from chipflows import charts, paths
from chipflows.cli.app import cli
from chipflows.errors import ChipflowsError, InputError, ScenarioError
from chipflows.explore.answer import Answer, law_in_force
from chipflows.explore.controls import Controls
from chipflows.explore.export import zipped
from chipflows.explore.figures import FIGURES, figure_of
from chipflows.explore.model import Explorer, StoppedError
from chipflows.explore.panel import Panel
from chipflows.explore.scenario import changes, command, save, scenario_of, yaml_text
from chipflows.explore.state import METRICS, PRESETS, WORLD_LEVERS, State, checked, decode, encode, preset
from chipflows.flows.engine import Metric
from chipflows.flows.levers import LEVERS, Value
from chipflows.flows.sensitivity import tornado
from chipflows.tables.scenarios import forget


@pytest.fixture(scope="module")
def explorer() -> Explorer:
    return Explorer(draws=64, refined=128)


def as_link(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


# -- hostile links -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    [
        "!!!",
        "../../etc/passwd",
        "<script>alert(1)</script>",
        "a",
        "A" * 2001,
        as_link([]),
        as_link("actual"),
        as_link({"base": "no-such-scenario"}),
        as_link({"base": "../actual"}),
        as_link({"base": 7}),
        as_link({"asks": "h20"}),
        as_link({"asks": ["h20", "tariff"]}),
        as_link({"asks": [["h20"]]}),
        as_link({"adopted_on": "soon"}),
        as_link({"adopted_on": "2199-01-01"}),
        as_link({"levers": {"kyc_strength": 9}}),
        as_link({"levers": {"kyc_strength": "1; import os"}}),
        as_link({"levers": {"kyc_strength": True}}),
        as_link({"levers": {"country_cap": 1}}),
        as_link({"levers": {"prc_regime": "open"}}),
        as_link({"world": {"kyc_strength": 1.5}}),
        as_link({"levers": [["kyc_strength", 1]]}),
        as_link({"quarter": "2050Q1"}),
        as_link({"metric": "__class__"}),
        as_link({"chip": "x" * 500}),
        as_link({"to": "<b>"}),
        as_link({"on": "1999-01-01"}),
        as_link({"draws": 1048576}),
        as_link({"__class__": "State"}),
        as_link({"base": "letter-h20", "asks": ["h20"]}),
        base64.urlsafe_b64encode(b"[" * 1400).decode(),
        base64.urlsafe_b64encode(b'{"levers":{"kyc_strength":NaN}}').decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_a_link_that_is_not_ours_is_refused_in_words(link: str) -> None:
    with pytest.raises(InputError, match="cannot be read") as caught:
        decode(link)
    assert "Traceback" not in str(caught.value) and len(str(caught.value)) < 500


def read_or_refused(link: str) -> State | str:
    try:
        return decode(link)
    except InputError as refused:
        return str(refused)


@settings(deadline=None)  # the first reading loads the tables
@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert isinstance(read_or_refused(text), State | str)


@settings(deadline=None)  # the first reading loads the tables
@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=6), st.lists, max_leaves=4))
def test_no_value_breaks_the_reader(value: object) -> None:
    for name in State.model_fields:
        assert isinstance(read_or_refused(as_link({name: value})), State | str)


# -- states ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_the_shipped_scenario_and_its_link_restores_it(name: str) -> None:
    state = preset(name)
    assert scenario_of(state).id == name
    assert decode(encode(state)) == state


def test_a_link_restores_every_field() -> None:
    state = checked(
        {
            "base": "h200-open",
            "asks": ("kyc", "h20"),
            "h20_form": "narrow",
            "adopted_on": date(2026, 2, 3),
            "levers": (("kyc_strength", 1.37), ("allied_action", True)),
            "world": (("prc_regime", "open"), ("displacement", 0.25)),
            "against": "no-controls",
            "metric": "h100e_bandwidth",
            "quarter": "2027Q2",
            "chip": "l20",
            "to": "MY",
            "on": date(2024, 5, 6),
        }
    )
    assert decode(encode(state)) == state
    assert len(encode(state)) < 500


def test_a_lever_at_its_default_is_no_change() -> None:
    assert preset("letter-kyc").changed(levers=(("kyc_strength", 1),)) == preset("letter-kyc")


def test_an_ask_already_in_the_base_is_refused() -> None:
    with pytest.raises(InputError, match="adopted the kyc ask already"):
        checked({"base": "letter-kyc", "asks": ("kyc",)})


# -- numbers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", METRICS)
def test_the_run_has_the_bits_of_simulate(explorer: Explorer, metric: str) -> None:
    state = preset("letter-h20").changed(metric=metric, world=(("prc_regime", "open"),))
    ours = explorer.run(state)
    theirs = cf.simulate(["letter-h20", "actual"], draws=64, seed=1, levers={"prc_regime": "open"})
    for name in ("letter-h20", "actual"):
        for key in ours.keys[name]:
            assert np.array_equal(ours.series(name, *key[:3]), theirs.series(name, *key[:3])), key
    assert np.array_equal(ours.regime, theirs.regime)


def test_the_headline_is_the_quantiles_of_the_draws(explorer: Explorer) -> None:
    state = preset("letter-all")
    answer = Answer(state, explorer.run(state))
    row = answer.headline.set_index("channel").loc["total"]
    run = cf.simulate(["letter-all", "actual"], draws=64, seed=1)
    change = cf.flows.difference(run, "letter-all", "actual", "stock", "2028Q4")
    assert row["difference_p50"] == pytest.approx(np.median(change), rel=1e-6)
    assert row["difference_p05"] <= row["difference_p50"] <= row["difference_p95"]
    assert answer.by_regime["draws"].sum() == 64


def test_the_drivers_are_those_of_the_library(explorer: Explorer) -> None:
    state = preset("letter-h20")
    theirs = tornado("letter-h20", metric=Metric(quarter="2028Q4")).head(6)
    ours = explorer.drivers(state).head(6)
    assert ours["assumption"].tolist() == theirs["assumption"].tolist()
    assert np.allclose(ours["swing"], theirs["swing"], rtol=1e-9)


def test_a_scenario_compared_with_itself_tells_its_level(explorer: Explorer) -> None:
    state = preset("actual")
    answer = Answer(state, explorer.run(state))
    assert not answer.is_compared
    assert "difference_p50" not in answer.headline
    assert "is about" in answer.sentence.text


def test_a_change_that_does_nothing_says_so(explorer: Explorer) -> None:
    state = preset("letter-kyc").changed(adopted_on=date(2030, 12, 31), quarter="2026Q4")
    answer = Answer(state, explorer.run(state))
    assert "leaves" in answer.sentence.text and "in every draw" in answer.sentence.text


def test_a_run_no_longer_wanted_stops(explorer: Explorer) -> None:
    with pytest.raises(StoppedError):
        explorer.run(preset("now-kyc"), 4096, lambda: True)


@pytest.mark.parametrize("which", FIGURES)
@pytest.mark.parametrize("name", ["letter-h20", "actual"])
def test_every_figure_keeps_the_contract(explorer: Explorer, which: str, name: str) -> None:
    for metric in METRICS:
        state = preset(name).changed(metric=metric)
        answer = Answer(state, explorer.run(state))
        figure = figure_of(which, answer, lambda state=state: explorer.drivers(state))
        assert charts.picture(figure, bare=True).alt


def test_an_unknown_figure_is_refused_with_the_nearest(explorer: Explorer) -> None:
    answer = Answer(preset("actual"), explorer.run(preset("actual")))
    with pytest.raises(InputError, match="over_time"):
        figure_of("overtime", answer, lambda: explorer.drivers(preset("actual")))


def test_an_exported_figure_has_the_contracts_files(explorer: Explorer) -> None:
    state = preset("letter-h20")
    figure = figure_of("over_time", Answer(state, explorer.run(state)), lambda: explorer.drivers(state))
    once = zipped(figure)
    names = {Path(name).name for name in zipfile.ZipFile(io.BytesIO(once)).namelist()}
    assert names == {"figure.yaml", "data.csv", "figure.png", "figure.svg", "figure.pdf"}
    assert zipped(figure) == once


# -- the law -----------------------------------------------------------------------------------------------


def test_the_law_is_told_under_both_with_citations_where_they_differ() -> None:
    state = preset("letter-h20").changed(on=date(2025, 3, 1))
    told = law_in_force(state)
    assert told["scenario"].tolist() == ["actual", "letter-h20"]
    assert "No licence is required" in told["licence"][0] and "A licence is required" in told["licence"][1]
    assert told["rules"][1][0]["citation"]
    assert len(law_in_force(state.changed(to="MY", on=date(2023, 1, 1)))) == 1


@pytest.mark.parametrize("chip", ["h20_96", "h100_sxm", "mi308x", "rtx_4090", "a800_sxm_80"])
@pytest.mark.parametrize("to", ["MY", "CN", "AE"])
def test_the_law_told_is_that_of_decide(chip: str, to: str) -> None:
    words = {True: "A licence is required", False: "No licence is required", None: "Cannot tell"}
    for day in (date(2022, 6, 1), date(2023, 12, 1), date(2025, 3, 1), date(2025, 6, 1), date(2026, 11, 1)):
        command = ["decide", chip, "--to", to, "--on", str(day), "--json"]
        decided = json.loads(CliRunner().invoke(cli, command, catch_exceptions=False).stdout)
        told = law_in_force(preset("actual").changed(chip=chip, to=to, on=day)).iloc[0]
        assert told["licence"].startswith(words[decided["licence_required"]])
        assert told["review_policy"] == (decided["review_policy"] or "")
        assert [rule["citation"] for rule in told["rules"]] == [r["citation"] for r in decided["rules"]]


def test_an_unknown_place_is_told_kindly() -> None:
    with pytest.raises(InputError, match="ZZ"):
        law_in_force(preset("letter-h20").changed(to="ZZ"))


# -- saving ------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the scenarios beside the shipped data, so that saving touches nothing of ours."""
    import shutil

    folder = tmp_path / "scenarios"
    shutil.copytree(paths.scenarios(), folder)
    monkeypatch.setattr(paths, "scenarios", lambda: folder)
    yield folder
    forget()


def test_a_saved_scenario_runs_unchanged_and_gives_the_same_numbers(explorer: Explorer, home: Path) -> None:
    state = preset("letter-all").changed(
        adopted_on=date(2026, 3, 4),
        asks=("h20", "kyc"),
        h20_form="narrow",
        levers=(("kyc_strength", 1.37),),
        world=(("prc_regime", "open"),),
    )
    shown = explorer.run(state)
    target = save(state, "my-h20-variant")
    run = cf.simulate(["my-h20-variant", "actual"], draws=64, seed=1)
    for key in shown.keys["explored"]:
        assert np.array_equal(shown.series("explored", *key[:3]), run.series("my-h20-variant", *key[:3]))
    assert target == home / "my-h20-variant.yaml"
    assert command(state, "my-h20-variant", 64, 1).endswith("my-h20-variant actual --draws 64 --seed 1")
    assert scenario_of(state).id == "my-h20-variant"


def other_values(name: str) -> list[Value]:
    """Values of a lever that are not its default: the end of its range, one within, every choice."""
    lever = LEVERS[name]
    if lever.allowed:
        return [value for value in lever.allowed if value != lever.default]
    return [not lever.default] if isinstance(lever.default, bool) else [0.0, 0.37]


@pytest.mark.parametrize(("name", "value"), [(n, v) for n in LEVERS for v in other_values(n)])
def test_every_lever_on_the_panel_is_saved_and_simulated_as_shown(
    explorer: Explorer, home: Path, name: str, value: Value
) -> None:
    field = "world" if name in WORLD_LEVERS else "levers"
    state = preset("letter-all").changed(**{field: ((name, value),)})
    save(state, "mine")
    shown, run = explorer.run(state), cf.simulate(["mine", "actual"], draws=64, seed=1)
    for scenario, item in ((scenario_of(state).id, "mine"), ("actual", "actual")):
        for key in shown.keys[scenario]:
            assert np.array_equal(shown.series(scenario, *key[:3]), run.series(item, *key[:3])), key
    assert np.array_equal(shown.regime, run.regime)
    again = explorer.run(preset("actual").changed(base="mine"))
    assert np.array_equal(again.series("mine", "stock"), run.series("mine", "stock"))


levers_drawn = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from([LEVERS[name].default, *other_values(name)]) for name in LEVERS}
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=levers_drawn, second=levers_drawn)
def test_what_stands_on_a_saved_scenario_keeps_its_levers_and_can_take_them_back(
    home: Path, first: dict[str, Value], second: dict[str, Value]
) -> None:
    explorer = Explorer(draws=64, refined=128)

    def adding(state: State, levers: dict[str, Value]) -> State:
        parts = [tuple((n, v) for n, v in levers.items() if (n in WORLD_LEVERS) == world) for world in (0, 1)]
        return state.changed(levers=parts[0], world=parts[1])

    for name in ("below", "mine"):
        (home / f"{name}.yaml").unlink(missing_ok=True)
    forget()
    save(adding(preset("letter-kyc"), first), "below")
    state = adding(checked({"base": "below", "asks": ("cxmt",)}), second)
    assert decode(encode(state)) == state
    save(state, "mine")
    shown, run = explorer.run(state), cf.simulate(["mine", "actual"], draws=64, seed=1)
    assert np.array_equal(shown.series(scenario_of(state).id, "stock"), run.series("mine", "stock"))
    assert np.array_equal(shown.series("actual", "stock"), run.series("actual", "stock"))
    plain = cf.simulate("mine", draws=64, seed=1, levers={**first, **second})
    assert np.array_equal(plain.series("mine", "stock"), run.series("mine", "stock"))


def test_choosing_what_to_stand_on_brings_its_levers_and_leaves_those_changed() -> None:
    controls = Controls(preset("actual"), lambda: None, lambda name: None)
    controls.levers["kyc_strength"].value = 1.37
    controls.base.value = "now-cxmt"
    state = controls.state()
    controls.follow(state)
    assert state.levers == (("kyc_strength", 1.37),)
    assert controls.levers["tools_bought_ahead"].value is True
    controls.levers["tools_bought_ahead"].value = False
    assert dict(controls.state().levers) == {"kyc_strength": 1.37, "tools_bought_ahead": False}


def test_two_scenarios_that_want_different_worlds_are_not_compared(home: Path) -> None:
    for regime in ("open", "barred"):
        save(preset("letter-h20").changed(world=(("prc_regime", regime),)), f"beijing-{regime}")
    with pytest.raises(ScenarioError, match=r"--lever prc_regime=VALUE"):
        cf.simulate(["beijing-open", "beijing-barred"], draws=64)
    with pytest.raises(InputError, match="has prc_regime 'open' in every scenario"):
        preset("letter-kyc").changed(against="beijing-open")
    cf.simulate(["beijing-open", "beijing-barred"], draws=64, levers={"prc_regime": "drawn"})


@pytest.mark.parametrize("name", [*PRESETS[:2], "", "../evil", "A", "a b", "x" * 60, "explored", "-a", "a\n"])
def test_a_name_that_cannot_be_used_is_refused(home: Path, name: str) -> None:
    with pytest.raises(ScenarioError):
        save(preset("letter-h20").changed(adopted_on=date(2026, 1, 1)), name)
    assert len(list(home.glob("*.yaml"))) == len(list((paths.home() / "scenarios").glob("*.yaml")))


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_saved_under_another_name(home: Path, name: str) -> None:
    save(preset(name), "mine")
    assert cf.flows.Simulation is not None and cf.tables.scenarios.scenario("mine").id == "mine"


def test_the_changes_are_listed_with_default_meaning_and_sources() -> None:
    state = preset("now-cxmt").changed(world=(("prc_regime", "open"),))
    told = {change.what: change for change in changes(state)}
    assert told["CXMT on the Entity List"].value == "from 1 January 2027"
    assert told["tools bought ahead"].default == "no"
    assert told["prc regime"].value == "open, in every scenario alike"
    assert "judgement" in told["prc regime"].sources


def test_what_happened_changes_nothing() -> None:
    assert changes(preset("actual")) == []


def test_errors_of_the_explorer_are_ours() -> None:
    with pytest.raises(ChipflowsError):
        yaml_text(preset("actual"), "Not A Name")


@pytest.mark.slow
def test_the_words_about_a_bad_link_stay_while_the_first_answer_is_refined() -> None:
    """As a page opens it: the loop runs, and what is refined beside it must not wipe the words away."""

    async def opened() -> tuple[Panel, str]:
        panel = Panel(Explorer(64, 128), preset("letter-h20"), as_link({"levers": {"kyc_strength": 9}}))
        assert panel._task is not None
        await panel._task
        told = panel.error.value
        panel.which.value = next(name for name in FIGURES if name != panel.which.value)
        await panel._task
        return panel, told

    panel, told = asyncio.run(opened())
    assert "This link cannot be read" in told
    assert panel.error.value == ""  # wiped by the reader's own next step
