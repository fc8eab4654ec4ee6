"""A name as its words, the same for every spelling that differs only in case, accents or punctuation."""

from __future__ import annotations

import re
from functools import lru_cache

from anyascii import anyascii

__all__ = ["LEGAL_FORMS", "name_key", "words"]

LEGAL_FORMS = frozenset(
    ["co", "company", "corp", "corporation", "inc", "incorporated", "limited", "llc", "ltd", "the"]
)

_WORD = re.compile(r"[a-z0-9]+")
_APOSTROPHE = re.compile(r"(?<=\w)['’`?](?=\w)")  # "?" stands for a lost apostrophe in old files
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}[a-z]?\b\.?")
_FORMS = {"limited": "ltd", "company": "co", "corporation": "corp", "incorporated": "inc"}
# A capital inside a Latin word starts a new one only in running text; list names write SenseTime both ways.


@lru_cache(maxsize=200_000)
def words(text: str) -> tuple[str, ...]:
    """Return the words of *text* in lower-case Latin letters: "Xi'an Co., L.L.C." gives xian, co, llc.

    Chinese writing becomes pinyin, one word a syllable, as anyascii writes it.
    """
    flat = anyascii(_APOSTROPHE.sub("", text)).lower().replace("&", " and ")
    flat = _DOTTED.sub(lambda match: match[0].replace(".", ""), flat)
    return tuple(_WORD.findall(flat))


@lru_cache(maxsize=200_000)
def name_key(text: str) -> str:
    """Return one text per name, legal forms shortened: "Arrow Co. Limited" gives "arrow co ltd"."""
    return " ".join(_FORMS.get(word, word) for word in words(text))
