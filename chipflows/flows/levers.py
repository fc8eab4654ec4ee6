"""What a scenario can switch in the flow model, beside the law: names, bounds, defaults, meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from chipflows.errors import ScenarioError, did_you_mean

__all__ = ["ASKS", "LEVERS", "NOT_MODELLED", "Lever", "Settings", "settings_from"]

ASKS = ("diffusion", "h20", "kyc", "cxmt")
Value = float | bool | str | None


@dataclass(frozen=True)
class Lever:
    """One lever: its default, what it accepts, and one sentence a reader recognises."""

    default: Value
    meaning: str
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] = ()


LEVERS: dict[str, Lever] = {
    "remote_access": Lever(
        "published",
        "Whether the Diffusion ask limits compute rented abroad. As published the rule expressly leaves "
        "rented inference alone; only a strengthened rule would not.",
        allowed=("published", "strengthened"),
    ),
    "transit_strength": Lever(
        1.0,
        "Strength of caps and validated-end-user conditions on Tier-2 transit, relative to the assumption.",
        0.0,
        2.0,
    ),
    "kyc_coverage": Lever(1.0, "Share of sales that know-your-customer checks cover.", 0.0, 1.0),
    "kyc_strength": Lever(
        1.0, "What a check catches, relative to the assumption (location checks, more officers).", 0.0, 2.0
    ),
    "displacement": Lever(
        None, "Share of stopped attempts that try again elsewhere; blank draws it.", 0.0, 1.0
    ),
    "to_diverted": Lever(
        None, "Share of a change in unmet spend that goes to diverted chips; blank draws it.", 0.0, 1.0
    ),
    "allied_action": Lever(False, "Whether Japan and the Netherlands act beside a US listing of CXMT."),
    "cxmt_branch": Lever(
        "drawn",
        "What a US-only listing does before 2028: drawn from its weights, works, or nothing.",
        allowed=("drawn", "works", "nothing_before_2028"),
    ),
    "tools_bought_ahead": Lever(
        False, "Whether CXMT had time to stock tools before the listing (the now variants)."
    ),
    "offshore_window": Lever(
        True, "Whether purchases abroad by PRC-headquartered firms, May 2025 to May 2026, are counted."
    ),
    "prc_regime": Lever(
        "drawn", "The PRC's policy on buying US chips.", allowed=("drawn", "barred", "rationed", "open")
    ),
}

NOT_MODELLED: dict[str, str] = {
    "country_cap": "no source says how diversion answers the size of a cap; transit_strength moves the "
    "whole, and what stands against the caps is a figure of 10-diffusion-rule",
    "lpp_threshold": "no source says how many diverted chips use the low-volume exception; the range of "
    "diffusion_transit holds with it open",
    "veu_shares": "authorised users are outside the diverted channel; the rule holds their allocations",
    "location_checks": "no trial was published; set kyc_strength",
    "officers": "no source ties attempts stopped to staff; set kyc_strength. The load stands in 00-briefing",
    "fdp_reach": "no source parts tools made abroad from the rest of a listing's effect; set allied_action",
    "spares_and_service": "one range holds tools, spares and service together (listing_wafer_loss)",
    "h20_threshold": "thresholds are law, not levers: choose the reform h20_wide or h20_narrow, or write one",
}
"""What a reader may look for and the model cannot answer: why, and what comes nearest."""


@dataclass(frozen=True)
class Settings:
    """A scenario as the flow model sees it: when each ask was adopted, its lags and its levers."""

    scenario: str
    adopted: Mapping[str, date] = field(default_factory=dict)
    levers: Mapping[str, Value] = field(default_factory=dict)
    law_from: date | None = None
    law_lag: str | None = None

    def lever(self, name: str) -> Value:
        """Return the lever's value here, or its default; an unknown name is a programming error."""
        return self.levers.get(name, LEVERS[name].default)

    def number(self, name: str) -> float:
        """Return a lever that is a number."""
        value = self.lever(name)
        assert isinstance(value, int | float)
        return float(value)

    def with_levers(self, **levers: Value) -> Settings:
        """Return these settings with *levers* changed (validated as a scenario file's are)."""
        return replace(self, levers=check_levers({**self.levers, **levers}, self.scenario))


def check_levers(levers: Mapping[str, Value], where: str) -> dict[str, Value]:
    """Return *levers* when each is known and within its bounds; raises ScenarioError otherwise."""
    for name, value in levers.items():
        if name in NOT_MODELLED:
            raise ScenarioError(f"{where}: {name} is not modelled: {NOT_MODELLED[name]}.")
        if name not in LEVERS:
            raise ScenarioError(did_you_mean(name, LEVERS, "lever", where))
        _check_value(name, LEVERS[name], value, where)
    return dict(levers)


def _check_value(name: str, lever: Lever, value: Value, where: str) -> None:
    if lever.allowed:
        if value not in lever.allowed:
            raise ScenarioError(did_you_mean(value, lever.allowed, f"value of {name}", where))
    elif isinstance(lever.default, bool):
        if not isinstance(value, bool):
            raise ScenarioError(f"{where}: {name} is true or false, not {value!r}")
    elif value is not None or lever.default is not None:
        assert lever.low is not None and lever.high is not None
        if (
            not isinstance(value, int | float)
            or isinstance(value, bool)
            or not lever.low <= value <= lever.high
        ):
            raise ScenarioError(
                f"{where}: {name} is {value!r}; allowed is a number from {lever.low:g} to {lever.high:g}"
            )


def settings_from(
    scenario: str,
    adopted: Mapping[str, date],
    levers: Mapping[str, Value],
    law_from: date | None,
    law_lag: str | None,
) -> Settings:
    """Return validated settings; raises ScenarioError on an unknown ask or lever."""
    for ask in adopted:
        if ask not in ASKS:
            raise ScenarioError(did_you_mean(ask, ASKS, "ask", scenario))
    return Settings(scenario, dict(adopted), check_levers(levers, scenario), law_from, law_lag)
