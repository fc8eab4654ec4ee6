"""Spellings that stand for a word: letters that look alike, doubled, swapped, misread or left out."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

__all__ = ["Spellings", "plain_letters", "sound"]

# Letters of other alphabets that look like Latin ones; read so only in words that mix alphabets.
_LOOKALIKES = str.maketrans(
    "аАвВеЕкКмМнНоОрРсСтТуУхХіІјЈѕЅԁһԛԝαΑβΒεΕηΗιΙκΚμΜνΝοΟρΡτΤυΥχΧ",
    "aAbBeEkKmMhHoOpPcCtTyYxXiIjJsSdhqwaAbBeEnHiIkKuMvNoOpPtTuYxX",
)
_LATIN = re.compile(r"[A-Za-z]{2}")
# A word of nothing but look-alikes, read so among Latin words.
_ALL_ALIKE = re.compile(rf"(?<!\w)[{''.join(map(chr, _LOOKALIKES))}]{{2,}}(?!\w)")
_MIXED = re.compile(r"(?=\S*[A-Za-z])(?=\S*[\u0370-\u052f])\S+")
_MISREAD = str.maketrans("015860", "olsbgo")
_SCANNED = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("m", "rn"), ("d", "cl"), ("l", "i"))  # a scan's mistakes
_SOUNDS = (("ph", "f"), ("kh", "h"), ("ch", "k"), ("ck", "k"), ("x", "ks"))
_ONE_SOUND = str.maketrans("zcqyjv", "skkiiw")
_SHORTEST = 5  # letters; shorter words are taken as they are
_FROM = 0.79  # likeness from which a spelling stands for a word
_FROM_SHORT = 0.75  # the same for four letters: one is wrong
_DOUBLED = 0.97
_NO_VOWELS = 0.95
_SKELETON_SHORTEST = 4  # letters without vowels
_VOWELS = re.compile(r"(?<=.)[aeiouy]")


def plain_letters(text: str) -> str:
    """Return *text* without invisible characters, look-alike letters of other alphabets as Latin ones."""
    seen = "".join(
        letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf"
    )
    if _LATIN.search(seen):
        seen = _ALL_ALIKE.sub(lambda word: word[0].translate(_LOOKALIKES), seen)
    return _MIXED.sub(lambda word: word[0].translate(_LOOKALIKES), seen)


class Spellings:
    """The words of an index by how they may be misspelt."""

    def __init__(self, words: Iterable[str]) -> None:
        letters = [word for word in words if not word.isdigit()]
        self._of_length: dict[int, list[str]] = defaultdict(list)
        self._known = set(letters)
        self._sounds: dict[str, list[str]] = defaultdict(list)
        self._skeletons: dict[str, list[str]] = defaultdict(list)
        for word in letters:
            self._of_length[len(word)].append(word)
            if len(word) >= _SHORTEST - 1:
                self._sounds[sound(word)].append(word)
            if len(_skeleton(word)) < len(word) >= _SHORTEST - 1:
                self._skeletons[_skeleton(word)].append(word)

    def of(self, token: str) -> tuple[tuple[str, float], ...]:
        """Return at most three (word, likeness from 0 to 1) that *token*, in no index, may stand for."""
        if token.isdigit():
            return ()
        for read in _readings(token):
            if read in self._known:
                return ((read, _DOUBLED),)
        if len(token) >= _SHORTEST - 1 and (same := self._sounds.get(sound(token))):
            return tuple((word, _DOUBLED) for word in same[:3])
        if same := self._without_vowels(token):
            return tuple((word, _NO_VOWELS) for word in same)
        return self.near(token)

    def near(self, token: str) -> tuple[tuple[str, float], ...]:
        """Return at most three other (word, likeness) that differ from *token* by a few letters."""
        if len(token) < _SHORTEST - 1:
            return ()
        least = _FROM if len(token) >= _SHORTEST else _FROM_SHORT
        near = process.extract(
            token, self._as_long(token), scorer=OSA.normalized_similarity, score_cutoff=least, limit=4
        )
        return tuple((word, likeness) for word, likeness, _ in near if word != token)[:3]

    def _as_long(self, token: str) -> list[str]:
        """Return the words whose length allows that they are spellings of *token*."""
        shortest = min(_SHORTEST - 1, len(token))
        lengths = range(max(shortest, math.ceil(_FROM * len(token))), int(len(token) / _FROM) + 1)
        return [word for length in lengths for word in self._of_length.get(length, ())]

    def alike(self, word: str) -> tuple[tuple[str, float], ...]:
        """Return at most two other words that sound as *word* does, with their likeness."""
        if len(word) < _SHORTEST:
            return ()
        return tuple((same, _DOUBLED) for same in self._sounds.get(sound(word), ())[:3] if same != word)[:2]

    def _without_vowels(self, token: str) -> list[str]:
        """Return the words that *token* is with its inner vowels left out, [] for many."""
        if len(token) < _SKELETON_SHORTEST or any(letter in "aeiou" for letter in token[1:-1]):
            return []
        found = self._skeletons.get(_skeleton(token), [])
        same_end = [word for word in found if word[-1] == token[-1]]
        return next((words for words in (found, same_end) if 0 < len(words) <= 3), [])


def _readings(token: str) -> list[str]:
    """Return what *token* may have been before a scan: digits for letters, two letters for one."""
    plain = token.translate(_MISREAD)
    read = [plain] if plain != token else []
    return read + [plain.replace(seen, meant, 1) for seen, meant in _SCANNED if seen in plain]


def sound(word: str) -> str:
    """Return *word* with letters that sound alike as one, and doubled ones single."""
    for written, spoken in _SOUNDS:
        word = word.replace(written, spoken)
    return re.sub(r"(.)\1+", r"\1", word.translate(_ONE_SOUND))


def _skeleton(word: str) -> str:
    """Return *word* without vowels after its first letter."""
    return _VOWELS.sub("", word)
