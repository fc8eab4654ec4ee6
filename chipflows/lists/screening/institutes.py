"""State institutes of the PRC by number and name: CETC 32 is East China Institute of Computing Technology.

A list gives an institute's number, its name or both. Whoever is listed by one is searched by the other too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from chipflows import paths, tables
from chipflows.lists.screening.tokens import GROUPS, is_number, tokens

__all__ = ["other_names", "remark"]

_BESIDE = frozenset({"institute", "china", "group", "academy"})  # may stand beside group and number

_SAID = {"seen": "seen on a public page", "recalled": "recalled, unproven"}


class _Institute(NamedTuple):
    """An institute by its group and number."""

    group: str
    number: str

    def text(self) -> str:
        """Return its name by number, as the lists write it."""
        return f"{self.group.upper()} {self.number} Research Institute"


class _Known(NamedTuple):
    """What the table knows: institutes by the words of a name, names by institute, how each name is known."""

    by_words: dict[frozenset[str], _Institute]
    names: dict[_Institute, list[str]]
    status: dict[str, str]


def other_names(names: Iterable[str], *, seen_only: bool = False) -> list[str]:
    """Return the names, not among *names*, that the institutes which *names* stand for go by.

    *seen_only* leaves out those that are recalled and were seen on no public page.
    """
    known = _known(str(paths.tables()))
    found = {frozenset(tokens(name)) for name in names}
    institutes = {known.by_words.get(each) or _by_number(each) for each in found}
    others = [text for each in sorted(filter(None, institutes)) for text in known.names.get(each, ())]
    return [
        text
        for text in others
        if frozenset(tokens(text)) not in found and not (seen_only and known.status[text] != _SAID["seen"])
    ]


def remark(name: str) -> str:
    """Return what a reviewer should know of a name that `other_names` gave."""
    return f"the list does not give this name of the institute ({_known(str(paths.tables())).status[name]})"


def _by_number(found: frozenset[str]) -> _Institute | None:
    """Return the institute that the words name by group and number, and by nothing else."""
    groups = found & GROUPS
    numbers = sorted(filter(is_number, found), key=lambda number: (-len(number), number))
    if len(groups) != 1 or not numbers or found - groups - _BESIDE - set(numbers):
        return None
    is_one = len(numbers) == 1 or ("academy" in found and len(numbers) == 2 and len(numbers[1]) == 1)
    return _Institute(min(groups), numbers[0]) if is_one else None


@lru_cache(maxsize=1)
def _known(_folder: str) -> _Known:
    """Return the table by words and by institute; words that two institutes share name neither."""
    known = _Known({}, defaultdict(list), {})
    shared: dict[frozenset[str], set[_Institute]] = defaultdict(set)
    for row in tables.table("state_institutes").fillna("").to_dict("records"):
        institute = _Institute(row["group"], row["number"].lstrip("0"))
        said = _SAID[row["status"]]
        for text in filter(None, (row["name"], row["name_zh"], institute.text())):
            if len(tokens(text)) > 1:  # initials may be another institute's
                shared[frozenset(tokens(text))].add(institute)
            known.status[text] = _SAID["seen"] if known.status.get(text) == _SAID["seen"] else said
            if text not in known.names[institute]:
                known.names[institute].append(text)
    known.by_words.update({words: min(each) for words, each in shared.items() if len(each) == 1})
    return known
