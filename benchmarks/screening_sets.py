"""What the matchers are asked: names held out, sisters, customers on no list, Chinese names, variations."""

from __future__ import annotations

import hashlib
import random
import re
from collections import defaultdict
from pathlib import Path

import pandas as pd
from screening_engines import names_of

from chipflows import lists
from chipflows.lists.screening.tokens import tokens
from chipflows.lists.words import name_key

VARIED = 400  # names that are varied
OTHER_LISTS = ("csl/csl_2026-07-31_compact.json.gz", "lists/cn_mofcom_lists_2026-07-19.json.gz")
_SERIES = re.compile(r"\b(?:[IVX]+|[A-Z]*\d+)\b")


def half_of(name: str) -> str:
    """Return which half an entity falls in."""
    return "train" if int(hashlib.sha256(name_key(name).encode()).hexdigest(), 16) % 2 == 0 else "test"


def in_half(firms: pd.DataFrame, half: str) -> pd.Series:
    """Return which PRC firms of the Entity List fall in *half*."""
    return (
        (firms["list"] == "Entity List")
        & firms["country"].str.contains("CN")
        & firms["name"].map(half_of).eq(half)
    )


def unlisted(folder: Path, firms: pd.DataFrame) -> list[str]:
    """Return firms of other lists whose names stand on none of those searched."""
    known = {name_key(text) for text, _ in names_of(firms)}
    alike = {frozenset(tokens(text)) for text, _ in names_of(firms)}
    found: dict[str, None] = {}
    for place in OTHER_LISTS:
        frame = lists.firms(lists.parse((folder / "entity" / place).read_bytes(), place))
        others = frame[~frame["list"].isin(firms["list"].unique())]
        for name, aliases in zip(others["name"], others["aliases"], strict=True):
            is_known = any(name_key(each) in known for each in (name, *aliases))
            if not is_known and frozenset(tokens(name)) not in alike:
                found[name] = None
    return list(found)


def held_out(
    firms: pd.DataFrame, half: str, *, primary_only: bool
) -> tuple[pd.DataFrame, list[tuple[int, str]]]:
    """Return the lists without one alias (or any) of each PRC entity of *half*, and the aliases left out."""
    draw = random.Random(1)  # noqa: S311 - a sample, not a secret
    asked, aliases = [], list(firms["aliases"])
    for at in firms.index[in_half(firms, half)]:
        if aliases[at]:
            left = draw.choice(aliases[at])
            asked.append((at, left))
            aliases[at] = () if primary_only else tuple(alias for alias in aliases[at] if alias != left)
    return firms.assign(aliases=aliases), asked


def sisters(firms: pd.DataFrame, half: str) -> list[tuple[str, list[str]]]:
    """Return PRC firms of *half* with the others of their first word; firms listed twice are left out."""
    groups: dict[str, list[int]] = defaultdict(list)
    for at in firms.index[firms["country"].str.contains("CN") & (firms["list"] == "Entity List")]:
        found = tokens(firms["name"][at])
        if len(found) > 1:
            groups[found[0]].append(at)
    own = {at: _spelt(firms, at) for group in groups.values() for at in group}
    asked = set(firms.index[in_half(firms, half)])
    pairs = [
        (at, [other for other in group if other != at and not own[at] & own[other]])
        for group in groups.values() for at in group if at in asked
    ]  # fmt: skip
    named = firms["name"]
    return [(named[at], [named[other] for other in others]) for at, others in pairs if others]


def _spelt(firms: pd.DataFrame, at: int) -> set[frozenset[str]]:
    """Return the words of every name of a firm."""
    return {frozenset(tokens(each)) for each in (firms["name"][at], *firms["aliases"][at])}


def variations(firms: pd.DataFrame, half: str) -> list[tuple[int, str, str]]:
    """Return (place, kind, text) of the names varied by sanctions-screening-benchmark, [] without it."""
    try:
        from ssb.perturb import apply_all
    except ImportError:
        return []
    names = [(at, name) for at, name in enumerate(firms["name"]) if half_of(name) == half]
    sample = random.Random(2).sample(names, min(VARIED, len(names)))  # noqa: S311 - a sample, not a secret
    return [(at, found.perturbation, found.text) for at, name in sample for found in apply_all(name, str(at))]


def chinese_names() -> pd.DataFrame:
    """Return Chinese names of listed firms: set, kind, name, entity; our own translations."""
    return pd.read_csv(Path(__file__).with_name("screening_chinese.csv"))


def labelled_pairs(file: Path) -> pd.DataFrame:
    """Return the organisation pairs of OpenSanctions' own bench, read where it lies: one, other, same."""
    rows = pd.read_csv(file, dtype=str, keep_default_na=False)
    firms = rows[rows["schema"].isin(["Company", "Organization", "LegalEntity"])]
    same = firms["is_match"].str.lower().eq("true")
    return pd.DataFrame({"one": firms["name1"], "other": firms["name2"], "same": same,
                         "category": firms["category"]})  # fmt: skip


def is_series_swap(pairs: pd.DataFrame) -> pd.Series:
    """Return which pairs labelled alike differ in a number: a 54th institute is not a 55th."""
    one, other = (pairs[side].map(lambda name: set(_SERIES.findall(name))) for side in ("one", "other"))
    differ = [bool(left and right and left != right) for left, right in zip(one, other, strict=True)]
    return pairs["same"] & pd.Series(differ, index=pairs.index)
