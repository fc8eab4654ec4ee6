"""The law as dated data: ``data/rules/<id>.yaml``, one rule a file, a citation on every dated value.

A rule has a kind. ``classification`` gives an item an ECCN; ``requirement`` demands a licence; ``policy``
changes how applications under other rules are reviewed; ``exception`` offers a way without a licence; ``fact``
never decides (PRC measures, bills, guidance, firm actions) but stands on timelines.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from chipflows import paths
from chipflows.errors import RuleError, did_you_mean
from chipflows.tables.cards import require_cards
from chipflows.tables.codebook import SAFE_LOADER

__all__ = ["FIELDS", "OPERATORS", "Citation", "Entry", "Places", "Rule", "load_rules", "validate_test"]

Kind = Literal["classification", "requirement", "policy", "exception", "fact"]
Status = Literal["in_force", "proposed", "not_enforced", "suspended", "reported", "withdrawn", "lifted"]
Effect = Literal["decides", "uncertain", "none"]
_EFFECTS: dict[str, Effect] = {"in_force": "decides", "reported": "uncertain"}
OPERATORS = ("min", "above", "max", "below", "is", "in", "not_in")
_NUMBERS = """tpp performance_density mem_bw_gbps io_bw_gbps mem_io_sum_gbps mem_bw_density fab_logic_nm
fab_nand_layers fab_dram_half_pitch_nm fab_dram_cell_um2 fab_dram_density_gb_mm2 us_content_pct
owned_by_listed_pct node_nm transistors_bn consignee_year_tpp country_cumulative_tpp
nveu_installed_tpp end_user_footnote""".split()
_PLACES = ["dest", "party_hq", "exporter_hq", "exporting_country", "production_site", "designer_hq"]
_WORDS = """chip eccn exporter exporter_role end_user end_use origin fab designer_status
end_user_status""".split()
_BOOLS = """is_datacenter is_nonplanar is_copackaged us_available_2026_01_15 fab_is_nonplanar
fab_dram_meets_tsv_limb fab_node_is_known fab_is_advanced_node item_is_category_3_bcde item_is_ecad_tcad
item_is_sme_set item_is_fn5_tool is_us_technology_product has_us_technology_chip is_designed_by_end_user
us_person_support is_presumption_overcome is_advanced_logic has_hbm ships_to_packaging_site is_validated_end_user
is_in_country_transfer is_iaas_training""".split()
FIELDS: dict[str, str] = {
    **dict.fromkeys(_NUMBERS, "number"),
    **dict.fromkeys(_PLACES, "place"),
    **dict.fromkeys(_WORDS, "word"),
    **dict.fromkeys(_BOOLS, "bool"),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Citation(_Strict):
    """Where the dated value stands: a reference a lawyer can look up, and the card of what we read."""

    ref: str = Field(min_length=3)
    source: str
    url: str | None = None


class Places(_Strict):
    """Destinations: ISO codes, country groups such as D:5, ``tier:1``, or ``worldwide``; minus exceptions."""

    in_: Annotated[list[str], Field(alias="in", min_length=1)]
    except_: Annotated[list[str], Field(alias="except", default_factory=list)]


class Entry(_Strict):
    """One dated value of a rule; ``until`` is the first day it no longer holds."""

    from_: Annotated[date | None, Field(alias="from")] = None
    until: date | None = None
    status: Status
    effect: Effect | None = None
    destinations: Places | None = None
    test: dict[str, Any] | None = None
    eccn: str | None = None
    policy: str | None = None
    applies_to: list[str] = Field(default_factory=list)
    conditions: list[str] = Field(default_factory=list)
    exceptions: list[str] = Field(default_factory=list)
    citation: Citation
    note: str = ""

    @model_validator(mode="after")
    def _ordered(self) -> Entry:
        if self.from_ and self.until and self.until <= self.from_:
            raise ValueError(f"until {self.until} is not after from {self.from_}")
        if self.test is not None:
            validate_test(self.test)
        return self

    @property
    def bite(self) -> Effect:
        """Return what the entry does to a decision: its ``effect``, or what its status implies."""
        return self.effect or _EFFECTS.get(self.status, "none")


class Rule(_Strict):
    """One rule and its timeline, in date order without overlap."""

    id: str
    title: str
    kind: Kind
    issuer: str
    summary: str
    group: str | None = None
    timeline: list[Entry] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Rule:
        dated = [entry for entry in self.timeline if entry.from_]
        if self.kind != "fact" and len(dated) != len(self.timeline):
            raise ValueError("every entry of a rule that decides needs a from date")
        if self.kind != "fact":
            _refuse_overlaps(dated)
        return self


def _refuse_overlaps(entries: list[Entry]) -> None:
    """Refuse two entries that hold at once for the same places and test; others may run side by side."""
    for position, first in enumerate(entries):
        for second in entries[position + 1 :]:
            same = (first.destinations, first.test, first.eccn) == (
                second.destinations,
                second.test,
                second.eccn,
            )
            if same and _overlap(first, second):
                raise ValueError(f"two entries with the same test overlap from {second.from_}")


def _overlap(first: Entry, second: Entry) -> bool:
    assert first.from_ and second.from_
    early = second.until is None or first.from_ < second.until
    return early and (first.until is None or second.from_ < first.until)


def validate_test(test: object, place: str = "test") -> None:
    """Raise ValueError unless *test* is all/any/not over leaves {field: {operator: value}} of known names."""
    if not isinstance(test, dict) or not test:
        raise ValueError(f"{place} is not a mapping such as {{tpp: {{min: 4800}}}}")
    for key, value in test.items():
        if key in ("all", "any"):
            if not isinstance(value, list) or not value:
                raise ValueError(f"{place}.{key} is not a list of tests")
            for number, item in enumerate(value):
                validate_test(item, f"{place}.{key}[{number}]")
        elif key == "not":
            validate_test(value, f"{place}.not")
        elif key not in FIELDS:
            raise ValueError(did_you_mean(key, [*FIELDS, "all", "any", "not"], "field", place))
        else:
            _validate_leaf(key, value, f"{place}.{key}")


def _validate_leaf(field: str, leaf: object, place: str) -> None:
    if not isinstance(leaf, dict) or not leaf:
        raise ValueError(f"{place} is not a mapping of an operator to a value")
    for operator, value in leaf.items():
        if operator not in OPERATORS:
            raise ValueError(did_you_mean(operator, OPERATORS, "operator", place))
        kind = FIELDS[field]
        if operator in ("min", "above", "max", "below"):
            if kind != "number" or isinstance(value, bool | str) or not isinstance(value, int | float):
                raise ValueError(f"{place}: {operator} compares a number with a number")
        elif operator == "is":
            if kind == "bool" and not isinstance(value, bool):
                raise ValueError(f"{place}: is takes true or false here")
        elif not isinstance(value, list) or not value:
            raise ValueError(f"{place}: {operator} takes a list")


def load_rules(folder: Path | None = None) -> dict[str, Rule]:
    """Return every rule by id; raises RuleError naming the file, the field and the nearest allowed name."""
    return dict(_load(folder or paths.rules()))


@lru_cache(maxsize=4)
def _load(folder: Path) -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for path in sorted(folder.glob("*.yaml")):
        found[path.stem] = _read(path)
    for rule in found.values():
        for entry in rule.timeline:
            for name in entry.applies_to:
                if name not in found:
                    raise RuleError(did_you_mean(name, found, "rule", f"{rule.id}.yaml, applies_to"))
    return found


def _read(path: Path) -> Rule:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=SAFE_LOADER)  # noqa: S506 - safe
        rule = Rule.model_validate(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RuleError(f"rule {path.name} is not readable YAML: {error}") from error
    except ValidationError as error:
        raise RuleError(explain_validation(error, f"rule {path.name}")) from error
    if rule.id != path.stem:
        raise RuleError(f"rule {path.name} says its id is {rule.id!r}; make the two the same")
    require_cards([entry.citation.source for entry in rule.timeline], f"rule {path.name}")
    return rule


def explain_validation(error: ValidationError, place: str) -> str:
    """Return one line for the first problem pydantic found in a rule, reform or scenario."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = {*Rule.model_fields, *Entry.model_fields, *Citation.model_fields} - {"from_"} | {"from"}
        return did_you_mean(str(first["loc"][-1]), known, "key", f"{place}, {field}")
    return f"{place}: {field or 'entry'}: {first['msg'].removeprefix('Value error, ')}"
