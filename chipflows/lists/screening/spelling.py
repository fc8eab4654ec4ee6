"""Spellings that stand for a word: letters that look alike, doubled, swapped, misread or left out."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

__all__ = ["Spellings", "plain_letters"]

# Letters of other alphabets that look like Latin ones; read so only in words that mix alphabets.
_LOOKALIKES = str.maketrans(
    "аАвВеЕкКмМнНоОрРсСтТуУхХіІјЈѕЅԁһԛԝαΑβΒεΕηΗιΙκΚμΜνΝοΟρΡτΤυΥχΧ",
    "aAbBeEkKmMhHoOpPcCtTyYxXiIjJsSdhqwaAbBeEnHiIkKuMvNoOpPtTuYxX",
)
_MIXED = re.compile(r"(?=\S*[A-Za-z])(?=\S*[\u0370-\u052f])\S+")
_MISREAD = str.maketrans("015860", "olsbgo")
_SHORTEST = 5  # letters; shorter words are taken as they are
_FROM = 0.79  # likeness from which a spelling stands for a word
_DOUBLED = 0.97
_NO_VOWELS = 0.85
_VOWELS = re.compile(r"(?<=.)[aeiouy]")


def plain_letters(text: str) -> str:
    """Return *text* without invisible characters, look-alike letters of other alphabets as Latin ones."""
    seen = "".join(
        letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf"
    )
    return _MIXED.sub(lambda word: word[0].translate(_LOOKALIKES), seen)


class Spellings:
    """The words of an index by how they may be misspelt."""

    def __init__(self, words: Iterable[str]) -> None:
        letters = [word for word in words if not word.isdigit()]
        self._words = [word for word in letters if len(word) >= _SHORTEST]
        self._known = set(self._words)
        self._single: dict[str, list[str]] = defaultdict(list)
        self._skeletons: dict[str, list[str]] = defaultdict(list)
        for word in self._words:
            self._single[_collapsed(word)].append(word)
        for word in letters:
            if len(word) >= _SHORTEST - 1 and len(_skeleton(word)) < len(word):
                self._skeletons[_skeleton(word)].append(word)

    def of(self, token: str) -> tuple[tuple[str, float], ...]:
        """Return at most three (word, likeness from 0 to 1) that *token*, in no index, may stand for."""
        if token.isdigit():
            return ()
        if any(letter.isdigit() for letter in token):
            token = token.translate(_MISREAD)
            if token in self._known:
                return ((token, _DOUBLED),)
        if len(token) >= _SHORTEST and (same := self._single.get(_collapsed(token))):
            return tuple((word, _DOUBLED) for word in same[:3])
        if len(token) > 2 and token == _skeleton(token) and (same := self._skeletons.get(token)):
            return tuple((word, _NO_VOWELS) for word in same[:3]) if len(same) <= 3 else ()
        if len(token) < _SHORTEST:
            return ()
        near = process.extract(
            token, self._words, scorer=OSA.normalized_similarity, score_cutoff=_FROM, limit=3
        )
        return tuple((word, likeness) for word, likeness, _ in near)


def _collapsed(word: str) -> str:
    """Return *word* with doubled letters single."""
    return re.sub(r"(.)\1+", r"\1", word)


def _skeleton(word: str) -> str:
    """Return *word* without vowels after its first letter."""
    return _VOWELS.sub("", word)
