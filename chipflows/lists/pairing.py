"""Which entry of a newer snapshot is which of an older one, though both cut and spell names differently."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd
from rapidfuzz import fuzz, process

from chipflows.lists.words import LEGAL_FORMS, name_key, words

__all__ = ["paired", "parent_and_unit", "respelt", "unit_key"]

Key = tuple[str, str, str]
Pairs = list[tuple[Any, Any]]
_CLOSE = 92  # similarity, of 100, of two names under one country that differ by a letter or two
_TELLING = 9  # letters two names must share to be one respelt
_NEARLY = 95  # similarity, of 100, of a long name within another
_DIGITS = re.compile(r"\d+")  # the 54th institute is not the 55th
_UNIT = re.compile(
    r"(?:(?:affiliated entity|subordinate institution|\bentity|facilities)\s*[:-]|subordinate entity\b)\s*",
    re.IGNORECASE,
)
_FORMS = LEGAL_FORMS | {"headquarters", "and", "of"}


def paired(old: pd.DataFrame, new: pd.DataFrame) -> tuple[Pairs, list[Any], list[Any]]:
    """Return (pairs, added, removed) as index labels of *new* and *old*.

    First by list, country and name, then by a shared alias, then by names that differ only in a letter or in
    words that stand in the entry's own address ("..., Chengdu, Sichuan"). Hong Kong counts as CN.
    """
    pairs: Pairs = []
    left, right = list(old.index), list(new.index)
    passes: tuple[Callable[[Any], Iterator[Key]], ...] = (_name_keys, _all_keys)
    rows_old, rows_new = (dict(zip(x.index, x.to_dict("records"), strict=True)) for x in (old, new))
    for keys in passes:
        found = _by_key(left, right, rows_old, rows_new, keys)
        pairs += found
        left, right = _unpaired(found, left, right)
    found = _by_likeness(left, right, rows_old, rows_new)
    left, right = _unpaired(found, left, right)
    return pairs + found, right, left


def parent_and_unit(name: str) -> tuple[str, str]:
    """Return (parent, unit) of "Group (G). Affiliated Entity: X" and the like, ("", name) of other names."""
    parts = _UNIT.split(name)
    parent = re.sub(r",? and\Z", "", parts[0].strip(" .,"))
    return (parent, parts[-1].strip()) if len(parts) > 1 and len(parent) > 3 else ("", name)


def respelt(frame: pd.DataFrame) -> Callable[[str], str]:
    """Return a function from a name to the firm of *frame* whose name may be that name respelt, "" for none.

    One begins as the other does ("32 Group China", "32Group") or holds it, give or take a letter in twenty.
    """
    compact: dict[str, str] = {}
    for row in frame[~frame["is_person"]].to_dict("records"):
        for name in (row["name"], *row["aliases"]):
            compact.setdefault(_compact(name), row["name"])
    compact.pop("", None)  # a name of legal forms alone

    def standing(name: str) -> str:
        asked = _compact(parent_and_unit(name)[1])
        if len(asked) < _TELLING:
            return ""
        begins = (
            key
            for key in compact
            if key.startswith(asked) or (len(key) >= _TELLING and asked.startswith(key))
        )
        return compact.get(next(begins, "") or _nearly(asked, keys), "")

    keys = [key for key in compact if len(key) >= 2 * _TELLING]
    return standing


def _compact(name: str) -> str:
    """Return the letters of *name* without legal forms and spaces."""
    return "".join(word for word in words(name) if word not in LEGAL_FORMS)


def _nearly(asked: str, keys: Sequence[str]) -> str:
    """Return the one of *keys* that holds *asked* or stands in it, but for a letter in twenty; "" for none.

    Both must have the same numbers.
    """
    if len(asked) < 2 * _TELLING:
        return ""
    found = process.extract(asked, keys, scorer=fuzz.partial_ratio, score_cutoff=_NEARLY, limit=20)
    digits = _DIGITS.findall(asked)
    return next((key for key, _, _ in found if _DIGITS.findall(key) == digits), "")


@lru_cache(maxsize=20_000)
def unit_key(name: str) -> str:
    """Return the key of the unit a name ends in: of X in "Group (G). Affiliated Entity: X"."""
    return name_key(_UNIT.split(name)[-1])


def _unpaired(found: Pairs, left: list[Any], right: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return what is left of both sides."""
    olds, news = {pair[0] for pair in found}, {pair[1] for pair in found}
    return [at for at in left if at not in olds], [at for at in right if at not in news]


def _by_key(
    left: list[Any], right: list[Any], old: dict[Any, Any], new: dict[Any, Any],
    keys: Callable[[Any], Iterator[Key]],
) -> Pairs:  # fmt: skip
    """Return the pairs that share a key, each entry once."""
    waiting: dict[Key, list[Any]] = defaultdict(list)
    for at in right:
        for key in keys(new[at]):
            waiting[key].append(at)
    taken: set[Any] = set()
    pairs = []
    for at in left:
        match = next((other for key in keys(old[at]) for other in waiting[key] if other not in taken), None)
        if match is not None:
            taken.add(match)
            pairs.append((at, match))
    return pairs


def _by_likeness(left: list[Any], right: list[Any], old: dict[Any, Any], new: dict[Any, Any]) -> Pairs:
    """Return the pairs that are alike within a list and country, the most alike first."""
    shelves: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for at in right:
        for country in _countries(new[at]):
            shelves[new[at]["list"], country].append(at)
    alike = []
    for at in left:
        for country in _countries(old[at]):
            for other in shelves[old[at]["list"], country]:
                score = _likeness(old[at], new[other])
                if score >= _CLOSE:
                    alike.append((-score, str(at), str(other), at, other))
    olds: set[Any] = set()
    news: set[Any] = set()
    pairs = []
    for *_, at, other in sorted(alike, key=lambda item: item[:3]):
        if at not in olds and other not in news:
            olds.add(at)
            news.add(other)
            pairs.append((at, other))
    return pairs


def _likeness(old: dict[Any, Any], new: dict[Any, Any]) -> float:
    """Return 0 to 100: how alike two entries' names are."""
    one, other = unit_key(old["name"]), unit_key(new["name"])
    score = float(fuzz.ratio(one, other, score_cutoff=_CLOSE))
    if score:
        digits = [sorted(word for word in text.split() if word[0].isdigit()) for text in (one, other)]
        return score if digits[0] == digits[1] else 0.0
    here, there = set(one.split()), set(other.split())
    own = {word for row in (old, new) for place in row["addresses"] for word in words(place)} | _FORMS
    return float(_CLOSE) if len(here & there) >= 3 and (here ^ there) <= own else 0.0


def _countries(row: dict[Any, Any]) -> Iterator[str]:
    """Yield the entry's countries, Hong Kong as CN."""
    for country in str(row["country"]).split(";"):
        yield "CN" if country == "HK" else country


def _name_keys(row: dict[Any, Any]) -> Iterator[Key]:
    """Yield the key of the entry's name, and of the unit it names, under each of its countries."""
    for country in _countries(row):
        for key in dict.fromkeys((name_key(row["name"]), unit_key(row["name"]))):
            yield row["list"], country, key


def _all_keys(row: dict[Any, Any]) -> Iterator[Key]:
    """Yield the keys of the name and of every alias of two words or more, under each country."""
    for text in (row["name"], *row["aliases"]):
        key = name_key(text)
        if " " in key:
            for country in _countries(row):
                yield row["list"], country, key
