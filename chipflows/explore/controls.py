"""The widgets a reader moves, and the way between them and a `State`; nothing is computed here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import ipywidgets as widgets

from chipflows import tables
from chipflows.charts.words import scenario_name
from chipflows.explore.markup import lever_note, place_words
from chipflows.explore.scenario import UNSAVED, scenario_of
from chipflows.explore.state import (
    FIRST_DAY,
    LAST_DAY,
    POLICY_LEVERS,
    PRESETS,
    WORLD_LEVERS,
    State,
    checked,
    standing,
)
from chipflows.flows.grid import Grid
from chipflows.flows.levers import LEVERS, Value
from chipflows.tables.scenarios import adopted, scenario, scenarios

__all__ = ["Controls"]

ASK_WORDS = {
    "diffusion": "Diffusion Rule kept, enforced",
    "h20": "H20 and equivalents restricted",
    "kyc": "Know your customer",
    "cxmt": "CXMT on the Entity List",
}
MEASURES = {
    "h100e": "Compute, H100e",
    "h100e_bandwidth": "Compute by bandwidth",
    "chips": "Number of chips",
    "usd": "US vendors' revenue",
}
PLACES = (
    "CN", "HK", "MO", "MY", "SG", "AE", "SA", "IN", "VN", "TH", "ID", "TW", "KR", "JP", "NL", "GB", "CH",
    "RU", "KH",
)  # fmt: skip
_WHOLE = widgets.Layout(width="100%")
_STYLE = {"description_width": "6.2em"}
_DRAWN = (
    ("drawn from its range", None),
    ("0", 0.0),
    ("0.25", 0.25),
    ("0.5", 0.5),
    ("0.75", 0.75),
    ("1", 1.0),
)


class Controls:
    """The left side of the panel. `state` reads it, `show` sets it without a word to those who listen."""

    def __init__(self, state: State, changed: Callable[[], None], preset: Callable[[str], None]) -> None:
        self._changed, self._quiet = changed, False
        options = [("Your own changes", ""), *((scenario_name(name), name) for name in PRESETS)]
        self.preset = _dropdown("Preset", options)
        self.asks = {ask: _checkbox(words) for ask, words in ASK_WORDS.items()}
        self.form = _dropdown("H20 read", [("widely", "wide"), ("narrowly", "narrow")])
        self.day = _date("From", FIRST_DAY, LAST_DAY)
        named = [(scenario_name(name), name) for name in scenarios()]
        self.against = _dropdown("Against", named)
        self.metric = _dropdown("Measure", [(words, name) for name, words in MEASURES.items()])
        self.quarter = _dropdown("End of", [])
        self.base = _dropdown("Stands on", named)
        self.levers = {name: _lever(name) for name in LEVERS}
        chips = tables.chips().sort_values("name")
        self.chip = _dropdown("Chip", list(zip(chips["name"], chips["chip_id"], strict=True)))
        self.to = _dropdown("To", [])
        self.on = _date("On", None, LAST_DAY)
        self.show(state)
        self.preset.observe(lambda event: self._unless_quiet(lambda: preset(event["new"])), "value")
        for widget in self._all():
            widget.observe(lambda _: self._unless_quiet(self._changed), "value")

    def _all(self) -> Iterator[Any]:
        yield from self.asks.values()
        yield from (self.form, self.day, self.against, self.metric, self.quarter, self.base)
        yield from self.levers.values()
        yield from (self.chip, self.to, self.on)

    def _unless_quiet(self, act: Callable[[], None]) -> None:
        if not self._quiet:
            act()

    @contextmanager
    def _silence(self) -> Iterator[None]:
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before

    def state(self) -> State:
        """Return what the widgets say, checked; raises InputError in words (an empty date, a clash)."""
        fields = {
            "base": self.base.value,
            "asks": tuple(ask for ask, box in self.asks.items() if box.value),
            "h20_form": self.form.value,
            "adopted_on": self.day.value,
            "levers": self._given(POLICY_LEVERS),
            "world": self._given(WORLD_LEVERS),
            "against": self.against.value,
            "metric": self.metric.value,
            "quarter": self.quarter.value,
            "chip": self.chip.value,
            "to": self.to.value,
            "on": self.on.value,
        }
        return checked({name: value for name, value in fields.items() if value is not None})

    def _given(self, names: tuple[str, ...]) -> tuple[tuple[str, Value], ...]:
        """Return what was changed of the base the levers were shown for: another base has its own."""
        given = {name: self.levers[name].value for name in names}
        return tuple((name, value) for name, value in given.items() if value != self._before[name])

    def show(self, state: State) -> None:
        """Set every widget to *state*; nobody is told."""
        with self._silence():
            quarters = [name for name in Grid().quarters if name.endswith("Q4") and name >= "2024Q4"]
            self.quarter.options = sorted({*quarters, state.quarter})
            self.to.options = [(place_words(code), code) for code in dict.fromkeys([*PLACES, state.to])]
            values = dict(state)
            for name in ("base", "against", "metric", "quarter", "chip", "to", "on"):
                getattr(self, name).value = values[name]
            self.day.value, self.form.value = state.adopted_on, state.h20_form
            for ask, box in self.asks.items():
                box.value = ask in state.asks
        self.follow(state)

    def follow(self, state: State) -> None:
        """Show what follows from *state*: which preset it is, what its base has adopted and set already."""
        self._before = standing(state.base)
        levers = self._before | dict((*state.levers, *state.world))
        with self._silence():
            for name, widget in self.levers.items():
                widget.value = levers[name]
            name = scenario_of(state).id if not state.world else UNSAVED
            self.preset.value = name if name in PRESETS else ""
            taken = {reform.ask for reform, _ in adopted(scenario(state.base)) if reform.ask}
            for ask, box in self.asks.items():
                box.disabled = ask in taken
            self.form.disabled = "h20" not in state.asks
            self.day.disabled = not state.asks

    def basics(self) -> widgets.VBox:
        """Return what a reader meets first: presets, asks, dates, what to compare and to measure."""
        asks = [self.asks["diffusion"], self.asks["h20"], self.form, self.asks["kyc"], self.asks["cxmt"]]
        return widgets.VBox(
            [
                _heading("Choose a scenario"),
                self.preset,
                _heading("The asks it adopts"),
                *asks,
                self.day,
                _heading("What to show"),
                self.against,
                self.metric,
                self.quarter,
            ]
        )

    def more(self) -> widgets.VBox:
        """Return the levers, each with its meaning, bounds, default and sources."""
        rows: list[Any] = [_note("The scenario under the asks:"), self.base]
        rows += [_heading("Levers of this scenario", 3), *self._rows(POLICY_LEVERS)]
        rows += [_heading("In every scenario alike", 3), *self._rows(WORLD_LEVERS)]
        return widgets.VBox(rows)

    def _rows(self, names: tuple[str, ...]) -> Iterator[Any]:
        for name in names:
            yield self.levers[name]
            yield _note(lever_note(name))

    def case(self) -> widgets.HBox:
        """Return the case put to the law: chip, destination, day."""
        row = widgets.HBox([self.chip, self.to, self.on])
        row.add_class("cf-case")
        return row


def _dropdown(label: str, options: list[Any]) -> widgets.Dropdown:
    return widgets.Dropdown(description=label, options=options, layout=_WHOLE, style=_STYLE)


def _checkbox(label: str) -> widgets.Checkbox:
    return widgets.Checkbox(description=label, indent=False, layout=_WHOLE)


def _date(label: str, low: Any, high: Any) -> widgets.DatePicker:
    return widgets.DatePicker(description=label, min=low, max=high, layout=_WHOLE, style=_STYLE)


def _lever(name: str) -> Any:
    lever, label = LEVERS[name], name.replace("_", " ").replace("prc", "PRC").replace("cxmt", "CXMT")
    style = {"description_width": "9.5em"}
    if lever.allowed:
        options = [(item.replace("_", " "), item) for item in lever.allowed]
        return widgets.Dropdown(description=label, options=options, layout=_WHOLE, style=style)
    if isinstance(lever.default, bool):
        return _checkbox(label)
    if lever.default is None:
        return widgets.Dropdown(description=label, options=list(_DRAWN), layout=_WHOLE, style=style)
    return widgets.BoundedFloatText(
        description=label,
        value=lever.default,
        min=lever.low,
        max=lever.high,
        step=0.05,
        layout=_WHOLE,
        style=style,
    )


def _heading(words: str, level: int = 2) -> widgets.HTML:
    return widgets.HTML(f"<h{level}>{words}</h{level}>")


def _note(markup: str) -> widgets.HTML:
    note = widgets.HTML(markup)
    note.add_class("cf-note")
    return note
