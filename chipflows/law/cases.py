"""Cases as columns: what is exported, where to, when, to whom. Defaults are applied here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from chipflows import tables
from chipflows.errors import InputError, did_you_mean, first_rows
from chipflows.law.items import numbers, performance_density, refuse_sparse, total_processing_performance
from chipflows.law.kleene import FALSE, TRUE, UNKNOWN, Logic
from chipflows.law.places import Groups
from chipflows.tables.fields import FIELDS

__all__ = ["FIRST_DAY", "ORIGINS", "Cases", "check_names", "read_day", "read_days", "with_chip_facts"]

FIRST_DAY = date(2018, 1, 1)
ORIGINS = ("US", "abroad", "in-country")
_FLAGS = {"true": TRUE, "yes": TRUE, "false": FALSE, "no": FALSE, "": UNKNOWN}


class Cases:
    """Columns of facts over n cases: numbers (missing = unknown), flags as logic, words ("" = unknown)."""

    def __init__(self, frame: pd.DataFrame, groups: Groups) -> None:
        refuse_sparse(frame)
        self.frame = frame.reset_index(drop=True)
        self.groups = groups
        self.rows = len(frame)
        self.days: NDArray[np.int64] = read_days(self.frame["on"])
        self.numbers: dict[str, NDArray[np.float64]] = {}
        self.flags: dict[str, Logic] = {}
        self.words: dict[str, NDArray[np.object_]] = {}
        self.given = {name for name in FIELDS if name in self.frame}
        self._fill()
        self._figures()
        self._parties()

    def _fill(self) -> None:
        for name, field in FIELDS.items():
            if field.kind == "number":
                values = numbers(self.frame, name)
                if isinstance(field.default, float):
                    values = values.fillna(field.default)
                self.numbers[name] = values.to_numpy(dtype=float)
            elif field.kind == "flag":
                self.flags[name] = self._flag(name, field.default)
            elif field.kind == "country":
                self.words[name] = self._country(name)
            else:
                self.words[name] = self._word(name, field.default)

    def _flag(self, name: str, default: object) -> Logic:
        """An absent column takes the documented default; a blank cell of a column that stands is unknown."""
        if name not in self.frame:
            value = UNKNOWN if default is None else (TRUE if default else FALSE)
            return np.full(self.rows, value, dtype=np.int8)
        text = self.frame[name].map(
            lambda cell: "" if cell is None or cell is pd.NA else str(cell).strip().lower()
        )
        text = text.mask(text == "nan", "")
        unknown = ~text.isin(_FLAGS)
        if unknown.any():
            rows = first_rows(self.frame[unknown.to_numpy()])
            raise InputError(f"{name} is not true, false or blank:\n{rows}")
        blank = {"": FALSE} if default is False else {}
        return text.map(_FLAGS | blank).to_numpy(dtype=np.int8)

    def _word(self, name: str, default: object) -> NDArray[np.object_]:
        if name not in self.frame:
            return np.full(self.rows, default or "", dtype=object)
        column = self.frame[name]
        return column.where(column.notna(), default or "").astype(str).str.strip().to_numpy(dtype=object)

    def _country(self, name: str) -> NDArray[np.object_]:
        cells = self.frame[name] if name in self.frame else pd.Series([""] * self.rows)
        if name == "designer_hq":  # a fact of our own table, where older rows write the name out
            cells = cells.mask(cells == "China", "CN")
        return self.groups.canonical(cells, self.days, f"country ({name})")

    def _figures(self) -> None:
        """Work out TPP, density, the sum of bandwidths, and whether the item is a processor or memory."""
        tpp = total_processing_performance(self.frame)
        nonplanar = pd.Series(self.flags["is_nonplanar"]).map({2: True, 0: False, 1: pd.NA}).astype("boolean")
        area = pd.Series(self.numbers["die_area_mm2"])
        shown, tested = performance_density(tpp, area, nonplanar)
        self.density_shown = shown.to_numpy(dtype=float)
        self.numbers["tpp"] = tpp.to_numpy(dtype=float)
        self.numbers["performance_density"] = tested.to_numpy(dtype=float)
        self.numbers["total_bw_gbps"] = self.numbers["mem_bw_gbps"] + self.numbers["io_bw_gbps"]
        if "is_processor" not in self.given:
            memory = ~np.isnan(self.numbers["mem_bw_density_gbps_mm2"]) | self._named_hbm()
            stated = ~np.isnan(self.numbers["tpp"])
            self.flags["is_processor"] = np.where(stated | ~memory, TRUE, FALSE).astype(np.int8)

    def _named_hbm(self) -> NDArray[np.bool_]:
        return pd.Series(self.words["product"]).str.lower().str.startswith("hbm").to_numpy(dtype=bool)

    def _parties(self) -> None:
        origin = pd.Series(self.words["origin"])
        for value in origin.unique():
            if value and value not in ORIGINS:
                raise InputError(did_you_mean(value, ORIGINS, "origin"))
        to, hq = self.words["to"], self.words["party_hq"]
        if (to == "").any():
            raise InputError("a case has no destination. Write an ISO code such as CN in column to.")
        self.words["party_hq"] = np.where(hq == "", to, hq).astype(object)
        exporter = self.words["exporter"]
        self.words["exporter"] = np.where(exporter == "", self.words["vendor"], exporter).astype(object)
        unnamed = self.words["end_user"] == ""
        owned = self.numbers["listed_owner_pct"]
        self.numbers["listed_owner_pct"] = np.where(np.isnan(owned) & unnamed, 0.0, owned)


def read_day(value: Any) -> date:
    """Return a date from a date or ISO text; raises InputError for another form or a day before 2018."""
    return date.fromordinal(int(read_days(pd.Series([value]))[0]))


def read_days(column: pd.Series) -> NDArray[np.int64]:
    """Return day numbers (proleptic ordinals) of a column of dates or ISO texts.

    Raises InputError on a blank, another form, or a day before 2018, where the rules modelled begin.
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        parsed = column
    else:
        text = column.astype(str)
        parsed = pd.to_datetime(text.str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
        parsed = parsed.where(text.str.slice(10, 11).isin(["", "T", " "]))  # a time of day may follow
    if parsed.isna().any():
        wrong = column[parsed.isna().to_numpy()].iloc[0]
        raise InputError(f"{wrong!r} is not a date. Write it as 2025-05-01.")
    early = (parsed < pd.Timestamp(FIRST_DAY)).to_numpy()
    if early.any():
        raise InputError(
            f"{parsed[early].iloc[0]:%Y-%m-%d} is before {FIRST_DAY}, where the rules modelled begin. "
            "Choose a later date."
        )
    days = parsed.to_numpy().astype("datetime64[D]").astype(np.int64)
    return np.asarray(days + date(1970, 1, 1).toordinal(), dtype=np.int64)


def with_chip_facts(frame: pd.DataFrame) -> pd.DataFrame:
    """Return *frame* with the facts of each row's chip from the chip table; a fact given in the row stays.

    Column ``chip`` holds ids or names people type; an unknown one is an InputError with the nearest. A blank
    chip (a tool, an item described by its own columns) gets none, but the defaults of a table without chips.
    """
    if "chip" not in frame:
        return frame
    names = frame["chip"].where(frame["chip"].notna(), "").astype(str)
    ids = names.map({name: tables.chip_id(name) if name else "" for name in names.unique()})
    facts, is_chip = _chip_facts().reindex(ids).reset_index(drop=True), (ids != "").to_numpy()
    out = frame.reset_index(drop=True).assign(chip=ids.to_numpy())
    for name in facts.columns:
        if name in out:
            out[name] = out[name].where(out[name].notna(), facts[name])
        else:
            out[name] = _or_default(name, facts[name], is_chip)
    return out


def _or_default(name: str, facts: pd.Series, is_chip: NDArray[np.bool_]) -> pd.Series:
    """Return a column nobody gave: a chip's blank stays unknown, no chip takes the field's default."""
    default = FIELDS[name].default if name in FIELDS else None
    return facts if default is None else facts.where(is_chip, default)


def _chip_facts() -> pd.DataFrame:
    chips = tables.chips().set_index("chip_id")
    kept = [name for name in chips.columns if name in FIELDS or name.endswith("_dense")]
    return chips[kept].assign(product=chips["name"])


def check_names(facts: Mapping[str, Any]) -> None:
    """Raise InputError with the nearest name when a fact is not one that rules may ask about."""
    for name in facts:
        if name not in FIELDS:
            raise InputError(did_you_mean(name, FIELDS, "fact"))
