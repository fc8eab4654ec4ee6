"""Is this end user the one a rule names? Yes, no, or "a name like it stands there: look closer".

This is the small matcher that a licence decision needs; finding people and firms in whole lists is
``chipflows.lists``' work.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from chipflows.law.kleene import FALSE, TRUE, UNKNOWN

__all__ = ["match", "normalise"]

_LEGAL_FORMS = frozenset(
    [
        "ag", "bv", "co", "company", "corp", "corporation", "gmbh", "inc", "incorporated", "limited",
        "llc", "ltd", "nv", "plc", "pte", "sa", "sdn", "bhd", "srl", "the",
    ]
)  # fmt: skip
_GENERIC = frozenset(
    [
        "advanced", "aerospace", "and", "automation", "beijing", "business", "center", "centre",
        "chengdu", "china", "chinese", "chip", "circuit", "circuits", "city", "cloud", "computer",
        "computing", "data", "design", "development", "device", "devices", "digital", "electronic",
        "electronics", "engineering", "enterprise", "equipment", "global", "group", "guangdong",
        "guangzhou", "hangzhou", "hefei", "high", "holding", "holdings", "hong", "hongkong",
        "industrial", "industries", "industry", "information", "innovation", "institute", "integrated",
        "intelligence", "intelligent", "international", "investment", "jiangsu", "kong", "laboratory",
        "management", "manufacturing", "memory", "micro", "microelectronics", "nanjing", "national",
        "network", "networks", "of", "optoelectronics", "products", "research", "science", "sciences",
        "semiconductor", "semiconductors", "service", "services", "shanghai", "shenzhen", "singapore",
        "smart", "software", "solutions", "suzhou", "system", "systems", "taiwan", "tech", "technical",
        "technologies", "technology", "tianjin", "trade", "trading", "university", "wuhan", "xian",
        "zhejiang",
    ]
)  # fmt: skip
_SHORT = 4  # an alias this short ("BEST", "IGL") counts only when it is the whole name


@lru_cache(maxsize=65536)
def normalise(name: str) -> tuple[str, ...]:
    """Return the words of *name* without case, accents, punctuation and legal form ("Co., Ltd.").

    "Inspur Group Co., Ltd." and "INSPUR GROUP" both give ("inspur", "group").
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or name
    words = re.findall(r"\w+", plain.casefold().replace("'", "").replace("&", " and "))
    kept = tuple(word for word in words if word not in _LEGAL_FORMS)
    return kept or tuple(words)


def match(name: str, listed: Sequence[str]) -> np.int8:
    """Return true when *name* is one of *listed*, unknown when it resembles one, else false.

    It resembles one when all words of the shorter name stand in the longer and one of them is distinctive.
    """
    asked = normalise(name)
    if not asked:
        return FALSE
    names = _index(tuple(listed))
    if asked in names:
        return TRUE
    return UNKNOWN if any(_resembles(asked, other) for other in names) else FALSE


@lru_cache(maxsize=512)
def _index(listed: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset(normalise(name) for name in listed)


def _resembles(one: tuple[str, ...], two: tuple[str, ...]) -> bool:
    short, long = sorted((set(one), set(two)), key=len)
    distinctive = short - _GENERIC
    telling = [
        word for word in distinctive if len(word) > _SHORT or (len(distinctive) > 1 and not word.isdigit())
    ]
    return bool(telling) and short <= long
