"""Numbers in prose: which of them are results, which must be computed or cited, and which are only names.

A number is a *name* when it is part of one (H20, 10-Q, 3A090, HBM3E, a rule's section, a notebook, a customs
code after "HS"), a date or quarter, an ordinal, or the number of a list, step, figure or table. Any other
number in prose is a *result*: it must be one that a notebook computed, or stand in a sentence or list item
that cites where it is from: a link, a source's id in code, or a comment <!-- given: by what -->, which is for
definitions and measurements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["Figure", "cites", "numbers_in", "passages", "uncited"]

_MONTH = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.?"
)
_YEAR = r"(?:19|20)\d{2}"
_BEFORE = (  # words whose number is part of a name
    r"[Ss]ection|[Pp]art|[Ff]igure|[Tt]able|[Ss]tep|[Pp]age|[Ii]tem|[Ff]ootnotes?|[Cc]hapter|[Ii]ssue|Nos?\.|"
    r"CFR|FR|USC|ECCN|HS|H\.R\.|S\.|Tier|D:|[Gg]roup|[Vv]ersion|Python|RTX|MI|Ascend|EAR|ECRA|NDAA|RFC|WCAG|"
    r"ISO|CC BY|[Qq]uestion|chipflows|[Ee]xits?(?: status)?(?: is| with)?"
)
_NAMES = (
    r"https?://\S+",
    r"\b\w+=\S+",  # a parameter
    r"\b\d{1,2}(?: (?:and|to|or) \d{1,2})? " + _MONTH + r"(?:,? \d{4})?",
    _MONTH + r" \d{1,2}(?:, \d{4})?(?!\d)",
    _MONTH + r" (?:of )?\d{4}",
    rf"\b{_YEAR}-\d{{2}}(?:-\d{{2}})?\b",
    rf"\b(?:FY ?)?{_YEAR}(?:Q[1-4])?(?:(?:-|–| to |/)(?:\d\d|{_YEAR}))?\b(?![,.]\d)(?! ?(?:%|[mb]illion))",
    r"[a-z)] / \d\b",  # a formula
    r"\b00\d\d\b",  # a decision note
    r"\b\d+(?:st|nd|rd|th)\b",
    rf"\b(?:{_BEFORE})[ -]?\(?\d[\w.:()-]*(?:(?:,| and| or| to) \d[\w.:()-]*)*",
    r"\b\d+ (?:CFR|FR|USC|U\.S\.C\.)(?: ?§+)?(?: (?:part )?[\d.]+(?:\(\w+\))*)?",
    r"§+ ?[\d.]+(?:\(\w+\))*",
    r"\b\d{3}\.\d+(?:\([\w.]+\))*",
    r"\b90% of (?:the )?draws",  # what a range holds
    r"\b\d+%(?:(?:, | and | to )\d+%)* (?:quantiles?|intervals?|ranges?|rule)",
    r"\b\d+-[A-Za-z][\w-]*",
    r"[A-Za-z_][\w./+-]*\d[\w./+-]*",
    r"\b\d+(?!(?:tn|bn|m|k)\b)[A-Za-z]\w*",
)
_NAME = re.compile("|".join(f"(?:{name})" for name in _NAMES))
_NUMBER = re.compile(
    r"(?P<sign>[\N{MINUS SIGN}-](?=[$\d]))?(?P<usd>\$)?(?P<digits>\d+(?:,\d{3})*(?:\.\d+)?)"
    r"(?P<scale> ?(?:trillion|billion|million|thousand|tn|bn|k|m)\b)?(?P<percent> ?%| ?per ?cent\b)?"
)
_SCALES = {
    "trillion": 1e12,
    "tn": 1e12,
    "billion": 1e9,
    "bn": 1e9,
    "million": 1e6,
    "m": 1e6,
    "thousand": 1e3,
    "k": 1e3,
}
_JOINT = re.compile(r"(?: and (?:a (?:rise|fall) of )?| to |\N{EN DASH}|-)\$?")
_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->|<[^>]+>", re.DOTALL)
_GIVEN = re.compile(r"<!-- given: \S.*?-->", re.DOTALL)
_LINK = re.compile(r"!?\[([^\]]*)\]\(([^)\s]*)[^)]*\)")
_CODE = re.compile(r"`([^`]*)`")
_MARK = re.compile(r"\A\s*(?:#{1,6}\s+|[*+-]\s+|\d+[.)]\s+|>\s?)")


@dataclass(frozen=True)
class Figure:
    """A number as prose writes it: its text, value, and unit ("usd", "share" or "")."""

    text: str
    value: float
    unit: str

    @property
    def precision(self) -> float:
        """Return half of the last digit written: 340,000 stands for 335,000 to 345,000."""
        digits = self.text.strip("$%\N{MINUS SIGN}- ").split(" ")[0]
        digits = re.sub(r"[^\d.]", "", digits)
        if "." in digits:
            last = 10.0 ** -len(digits.split(".")[1])
        else:
            last = 10.0 ** (len(digits) - len(digits.rstrip("0"))) if digits.strip("0") else 1.0
        return 0.5 * last * abs(self.value) / float(digits) if float(digits) else 0.5


def passages(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, words) for each paragraph, list item, heading or table row of Markdown.

    Code blocks are left out; a comment <!-- given: ... --> stays, as {given}.
    """
    text = _FENCE.sub(lambda found: "\n" * found[0].count("\n"), text)
    text = _GIVEN.sub("{given}", text)
    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    start, lines = 0, list[str]()
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        is_new = not line.strip() or bool(_MARK.match(line)) or line.startswith(("|", "    "))
        if is_new and lines:
            yield start, " ".join(lines)
            lines = []
        if line.strip() and not line.startswith("    "):
            start = start if lines else number
            lines.append(_MARK.sub("", line, count=1).strip())


def numbers_in(words: str) -> list[Figure]:
    """Return the numbers in a passage that are results, not parts of names or dates."""
    plain = _LINK.sub(r"\1", _CODE.sub(" ", words))
    plain = _NAME.sub(lambda found: " " * len(found[0]), plain)
    found = list(_NUMBER.finditer(plain))
    after = [*found[1:], None]
    return [_figure(one, _shared(one, other, plain)) for one, other in zip(found, after, strict=False)]


def _shared(one: re.Match[str], other: re.Match[str] | None, words: str) -> re.Match[str]:
    """Return the number that has the scale and percent sign of *one*: in "2.2 and 8 million", the second."""
    is_bare = not one["scale"] and not one["percent"] and "," not in one["digits"]
    if other is None or not is_bare or not _JOINT.fullmatch(words[one.end() : other.start()]):
        return one
    return other


def _figure(found: re.Match[str], shared: re.Match[str]) -> Figure:
    """Return a number's value and unit."""
    value = float(found["digits"].replace(",", ""))
    value *= _SCALES.get((shared["scale"] or "").strip(), 1.0)
    unit = "usd" if found["usd"] else "share" if shared["percent"] else ""
    value = value / 100 if unit == "share" else value
    return Figure(found[0].strip(), -value if found["sign"] else value, unit)


def uncited(text: str, is_source: Callable[[str], bool]) -> Iterator[tuple[int, str, Figure]]:
    """Yield (line, passage, number) for each result in Markdown *text* that cites nothing.

    is_source: whether a word in code is the id of a source.
    """
    for line, words in passages(text):
        if not cites(words, is_source):
            yield from ((line, words, figure) for figure in numbers_in(words))


def cites(words: str, is_source: Callable[[str], bool]) -> bool:
    """Return whether a passage says where its numbers are from; is_source: as for `uncited`."""
    links = [target for _, target in _LINK.findall(words)]
    if "{given}" in words or any(target.startswith("https://") for target in links):
        return True
    return any(is_source(word) for code in _CODE.findall(words) for word in re.findall(r"[\w.-]+", code))
