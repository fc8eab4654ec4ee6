"""Numbers in words, the house way: two significant figures, the unit's sign, "about", "between … and …"."""

from __future__ import annotations

import math
from collections.abc import Callable

from chipflows.errors import InputError

__all__ = ["STYLES"]

_SCALES = ((1e12, " trillion"), (1e9, " billion"), (1e6, " million"))
_WHOLE = frozenset(
    {"chips", "h100e", "h100e_bandwidth", "dies", "stacks", "count", "usd", "wafers", "packages"}
)
_MINUS = "\N{MINUS SIGN}"


def rounded(value: float, figures: int = 2) -> float:
    """Return *value* to *figures* significant figures: 342,118 -> 340,000."""
    if value == 0:
        return 0.0
    return round(value, figures - 1 - math.floor(math.log10(abs(value))))


def _digits(value: float) -> str:
    """Return a number with separators and no needless decimals."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.10f}".rstrip("0").rstrip(".")


def _scale(value: float) -> tuple[float, str]:
    """Return the divisor and the word for numbers from a million up."""
    return next(((size, word) for size, word in _SCALES if abs(value) >= size), (1.0, ""))


def _bare(value: float, unit: str, figures: int, scale: tuple[float, str], word: bool = True) -> str:
    """Return a rounded number with its sign, currency or percent sign, and scale word."""
    shown = rounded(100 * value if unit == "share" else value / scale[0], figures)
    if unit in _WHOLE and scale[0] == 1.0:
        shown = float(round(shown))
    sign = _MINUS if shown < 0 else ""
    text = sign + ("$" if unit == "usd" else "") + _digits(abs(shown))
    return text + ("%" if unit == "share" else "") + (scale[1] if word else "")


def value(middle: float, _low: float | None, _high: float | None, unit: str, figures: int = 2) -> str:
    """Return the number alone: "340,000", "$4.2 billion", "31%", "7.3"; just under 1 is "over 99%"."""
    if unit == "share" and 0.995 <= middle < 1 and figures == 2:
        return "over 99%"
    if unit == "share":
        return _bare(middle, unit, figures, (1.0, ""))
    shown = rounded(middle, figures)
    return _bare(shown, unit, figures, _scale(shown))


def about(middle: float, low: float | None, high: float | None, unit: str) -> str:
    """Return "about 340,000", or "close to zero" for what rounds to nothing in a unit that is counted."""
    if _is_nothing(middle, unit):
        return "close to zero"
    return "about " + value(middle, low, high, unit)


def interval(middle: float, low: float | None, high: float | None, unit: str, joint: str = " to ") -> str:
    """Return "310,000 to 370,000", with more figures where two would make the ends the same."""
    ends = _ends(low, high)
    for figures in (2, 3, 4):
        first, second = (value(end, None, None, unit, figures) for end in ends)
        if first != second:
            return _joined(first, second, joint)
    return "very close to " + value(middle, None, None, unit, 3)


def between(middle: float, low: float | None, high: float | None, unit: str) -> str:
    """Return "between 310,000 and 370,000": the p05 and p95 of the draws."""
    text = interval(middle, low, high, unit, " and ")
    return text if text.startswith("very close") else "between " + text


def full(middle: float, low: float | None, high: float | None, unit: str) -> str:
    """Return "about 340,000 (between 310,000 and 370,000)", no brackets where there is no interval."""
    text = about(middle, low, high, unit)
    return text if low is None else f"{text} ({between(middle, low, high, unit)})"


def exact(middle: float, _low: float | None, _high: float | None, unit: str) -> str:
    """Return every digit, for what is counted or published: "57,692", "$4,170,000,000", "21.7%"."""
    shown = 100 * middle if unit == "share" else middle
    sign = _MINUS if shown < 0 else ""
    digits = _digits(abs(round(shown, 6)))
    return sign + ("$" if unit == "usd" else "") + digits + ("%" if unit == "share" else "")


def size(middle: float, low: float | None, high: float | None, unit: str) -> str:
    """Return `about` without the sign, for sentences whose verb says the direction ("lowers by")."""
    return about(abs(middle), low, high, unit)


def size_range(middle: float, low: float | None, high: float | None, unit: str) -> str:
    """Return `between` without the sign; raises InputError when the interval spans zero."""
    low, high = _ends(low, high)
    if low < 0 < high:
        raise InputError(
            f"the interval {low:g} to {high:g} spans zero: say it with change_range, not size_range."
        )
    smaller, larger = sorted((abs(low), abs(high)))
    return between(abs(middle), smaller, larger, unit)


def change(middle: float, low: float | None, high: float | None, unit: str) -> str:
    """Return "a fall of about 340,000", "a rise of about 12%", or "no change to speak of"."""
    if middle == 0 or _is_nothing(middle, unit):
        return "no change to speak of"
    return _direction(middle) + " of " + about(abs(middle), low, high, unit)


def fall(middle: float, low: float | None, high: float | None, unit: str) -> str:
    """Return "fall by about 340,000", "rise by about 12%" or "do not change to speak of", for many."""
    if _is_nothing(middle, unit) or middle == 0:
        return "do not change to speak of"
    return ("fall" if middle < 0 else "rise") + " by " + about(abs(middle), low, high, unit)


def falls(middle: float, low: float | None, high: float | None, unit: str) -> str:
    """Return "falls by about 340,000", "rises by about 12%" or "does not change to speak of", for one."""
    text = fall(middle, low, high, unit)
    return text.replace("do not", "does not") if text.startswith("do ") else text.replace(" by", "s by", 1)


def change_range(middle: float, low: float | None, high: float | None, unit: str) -> str:
    """Return the interval of a change said before: "310,000 to 370,000".

    The direction is said again where it is not that of *middle*: "a fall of 30,000 to a rise of 2,000", and
    "a fall of 0 to 140,000" after no change.
    """
    low, high = _ends(low, high)
    if low == high == 0 or (_is_nothing(low, unit) and _is_nothing(high, unit)):
        return "no change either way"
    if low < 0 < high:
        return f"a fall of {value(-low, None, None, unit)} to a rise of {value(high, None, None, unit)}"
    smaller, larger = sorted((abs(low), abs(high)))
    sizes = interval(abs(middle), smaller, larger, unit)
    is_said = not _is_nothing(middle, unit) and middle * (low + high) > 0
    return sizes if is_said else _direction(low + high) + " of " + sizes


def _direction(amount: float) -> str:
    """Return "a fall" or "a rise"."""
    return "a fall" if amount < 0 else "a rise"


def _is_nothing(middle: float, unit: str) -> bool:
    """Return whether a counted amount is less than half of one."""
    return unit in _WHOLE and abs(middle) < 0.5


def _ends(low: float | None, high: float | None) -> tuple[float, float]:
    """Return the interval's ends; raises InputError when the number has none."""
    if low is None or high is None:
        raise InputError("this number has no interval. Give it p05 and p95, or draws, or say it with about.")
    return low, high


def _joined(first: str, second: str, joint: str) -> str:
    """Return two ends, the scale word said once where both have it: "$3.9 and $4.5 billion"."""
    for _, word in _SCALES:
        if first.endswith(word) and second.endswith(word):
            return first.removesuffix(word) + joint + second
    return first + joint + second


Style = Callable[[float, float | None, float | None, str], str]

STYLES: dict[str, Style] = {
    "about": about,
    "range": between,
    "interval": interval,
    "full": full,
    "value": value,
    "exact": exact,
    "size": size,
    "size_range": size_range,
    "change": change,
    "fall": fall,
    "falls": falls,
    "change_range": change_range,
}
