"""What the page says about a run: the headline table, the sentences, the law, each computed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows import law
from chipflows.explore.drivers import FIRST_OF_SUM
from chipflows.explore.scenario import UNSAVED, scenario_of
from chipflows.explore.state import State
from chipflows.flows import Simulation, window_sum
from chipflows.reports import Number, Sentence, number, say

__all__ = ["CHANNELS", "REGIME_WORDS", "Answer", "called", "law_in_force"]

CHANNELS = {
    "total": "In the PRC, total",
    "legal": "of it sold lawfully",
    "diverted": "of it diverted (estimated)",
    "domestic": "of it made in the PRC",
    "offshore": "Outside: owned by PRC firms abroad",
    "remote": "Outside: rented by PRC firms abroad",
}
_MONEY = {
    "total": "US vendors, all sales counted",
    "legal": "of it sold lawfully to the PRC",
    "diverted": "of it chips later diverted (estimated)",
    "offshore": "of it bought by PRC firms abroad",
}
REGIME_WORDS = {
    "barred": "Beijing bars US chips",
    "rationed": "Beijing rations them",
    "open": "Beijing is open to them",
}
_WHAT = {
    "h100e": "the PRC's stock of AI compute at the end of {end}",
    "h100e_bandwidth": "the PRC's stock of AI compute by memory bandwidth at the end of {end}",
    "chips": "the PRC's stock of AI chips at the end of {end}",
    "usd": "US vendors' revenue from {first} to {end}",
}
_UNIT_WORDS = {"h100e": " H100e", "h100e_bandwidth": " H100e by bandwidth", "chips": " chips", "usd": ""}
Draws = NDArray[np.float64]


def called(name: str) -> str:
    """Return what a scenario is called within a sentence."""
    from chipflows.charts.words import scenario_name

    own = {UNSAVED: "your scenario", "actual": "the law as it happened"}
    return own.get(name, scenario_name(name))


@dataclass(frozen=True)
class Answer:
    """A state and the run that answers it; tables and sentences are made when asked for."""

    state: State
    run: Simulation

    @cached_property
    def ours(self) -> str:
        """Return the id of the scenario explored."""
        return scenario_of(self.state).id

    @property
    def is_compared(self) -> bool:
        """Return whether there are two scenarios, so that there is a difference to tell."""
        return self.ours != self.state.against

    @property
    def channels(self) -> dict[str, str]:
        """Return the channels the measure has, with what they are called."""
        if self.state.metric == "usd":
            return _MONEY
        return {
            name: words
            for name, words in CHANNELS.items()
            if name != "remote" or self.state.metric == "h100e"
        }

    def draws(self, scenario: str, channel: str = "total") -> Draws:
        """Return the measure in one channel of one scenario, shape (draws,)."""
        metric, end = self.state.metric, self.state.quarter
        if metric == "usd":
            first = min(FIRST_OF_SUM, end)
            return window_sum(self.run, scenario, "revenue_usd", first, end, channel, "usd")
        row = self.run.grid.index[end]
        return np.asarray(self.run.series(scenario, "stock", channel, metric)[row].astype(np.float64))

    def change(self, channel: str = "total") -> Draws:
        """Return the scenario explored less the other, draw by draw."""
        return self.draws(self.ours, channel) - self.draws(self.state.against, channel)

    @cached_property
    def headline(self) -> pd.DataFrame:
        """Return channel, name, unit, p05, p50, p95 of ours, against_*, difference_* and prob_lower.

        Without a comparison the last seven are blank. Medians of parts do not add up to that of the total.
        """
        rows = []
        for channel, words in self.channels.items():
            row: dict[str, object] = {"channel": channel, "name": words, "unit": self.state.metric}
            row |= _quantiles("", self.draws(self.ours, channel))
            if self.is_compared:
                change = self.change(channel)
                row |= _quantiles("against_", self.draws(self.state.against, channel))
                row |= _quantiles("difference_", change)
                row["prob_lower"] = float((change < 0).mean())
            rows.append(row)
        return pd.DataFrame(rows)

    @cached_property
    def by_regime(self) -> pd.DataFrame:
        """Return the change of the total by PRC policy regime: prc_regime, name, p05, p50, p95, draws.

        A regime without draws (the policy is fixed in every scenario) has no row. Without a comparison, the
        level instead of the change.
        """
        values = self.change() if self.is_compared else self.draws(self.ours)
        rows = []
        for place, (regime, words) in enumerate(REGIME_WORDS.items()):
            inside = values[self.run.regime == place]
            if len(inside):
                rows.append(
                    {"prc_regime": regime, "name": words, **_quantiles("", inside), "draws": len(inside)}
                )
        return pd.DataFrame(rows)

    @cached_property
    def beside(self) -> dict[str, dict[str, Number]]:
        """Return what is told beside the table, by scenario: US to PRC ratio, share of US design."""
        row = self.run.grid.index[self.state.quarter]
        told = {"us_prc_ratio": "ratio", "us_designed_share": "share"}
        return {
            name: {
                variable: number(self.run.series(name, variable, "total", unit)[row], unit, scenario=name)
                for variable, unit in told.items()
            }
            for name in self.run.scenarios
        }

    @cached_property
    def sentence(self) -> Sentence:
        """Return the claim to copy: the change, its interval and how sure; or the level."""
        metric = self.state.metric
        what = _WHAT[metric].format(end=self.state.quarter, first=min(FIRST_OF_SUM, self.state.quarter))
        unit = _UNIT_WORDS[metric]
        if not self.is_compared:
            return say(
                f"{{scenario}}: in the model, {{what}} is {{level:about}}{unit} ({{level:range}}).",
                scenario=_capital(called(self.ours)),
                what=what,
                level=number(self.draws(self.ours), metric, scenario=self.ours),
            )
        change = self.change()
        names = {"scenario": called(self.ours), "against": _in_sentence(called(self.state.against))}
        if not np.any(change):
            return say(
                "In the model, {scenario} leaves {what} as it is under {against}, in every draw.",
                what=what,
                **{**names, "scenario": _in_sentence(names["scenario"])},
            )
        return say(
            f"{{scenario}}: in the model, against {{against}}, {{what}} sees {{cut:change}}{unit} "
            "({cut:change_range}; it is lower in {lower}).",
            what=what,
            cut=number(change, metric, scenario=self.ours),
            lower=_share_words(float((change < 0).mean())),
            **{**names, "scenario": _capital(names["scenario"])},
        )

    @property
    def how_sure(self) -> str:
        """Return how the numbers were made, in a line."""
        return f"{self.run.size:,} draws, seed {self.run.seed}. Intervals hold 90% of draws."


def _share_words(share: float) -> str:
    """Return how many draws, without claiming all of them for 99.9%."""
    if share in (0.0, 1.0):
        return "every draw" if share else "no draw"
    if not 0.01 <= share <= 0.99:
        return "over 99% of draws" if share > 0.5 else "under 1% of draws"
    return f"{100 * share:.0f}% of draws"


def _in_sentence(words: str) -> str:
    return words if words[1:2].isupper() or words[1:2].isdigit() else words[:1].lower() + words[1:]


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _quantiles(prefix: str, values: Draws) -> dict[str, float]:
    low, middle, high = np.quantile(values, [0.05, 0.50, 0.95])
    return {f"{prefix}p05": float(low), f"{prefix}p50": float(middle), f"{prefix}p95": float(high)}


def law_in_force(state: State) -> pd.DataFrame:
    """Return the decision on the chip, place and day of *state*, as it is and under the scenario.

    Columns: scenario, licence (words), review_policy, explanation, rules (list of id, citation, url). One row
    when the scenario does not change the law of that case. Raises InputError for an unknown chip or place.
    """
    rows = []
    for item in dict.fromkeys(["actual", scenario_of(state).id]):
        scenario = "actual" if item == "actual" else scenario_of(state)
        found = law.decide(state.chip, state.to, state.on, scenario)
        answer = {True: "A licence is required", False: "No licence is required", None: "Cannot tell"}
        rows.append(
            {
                "scenario": item,
                "licence": answer[found.licence_required] + " under the rules modelled",
                "review_policy": found.review_policy or "",
                "explanation": found.explanation,
                "rules": list(found.rules),
            }
        )
    same = len(rows) > 1 and all(rows[0][k] == rows[1][k] for k in ("licence", "review_policy", "rules"))
    return pd.DataFrame(rows[:1] if same else rows)
