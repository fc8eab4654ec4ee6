"""What an entry requires and how an application is judged, as short codes instead of the list's sentences."""

from __future__ import annotations

import re

__all__ = ["footnotes", "requirement_code", "review_code"]

_SECTION = re.compile(r"\b7[0-9]{2}\.[0-9]+(?:\([a-z0-9]{1,3}\))*")
# A footnote is a lone digit after a closing bracket or the word EAR: "734.9(g),3 746.8", "of the EAR) 4".
_FOOTNOTE = re.compile(r"(?:\)|\bEAR),?\s?([1-9])(?![\d(/])(?=[\s.,;)]|$)")

_REQUIREMENTS = (
    (r"when used in projects", "items_for_listed_projects"),
    (r"supplement no\. 2 to part 744", "items_of_supplement_2_to_744"),
    (r"(on the )?CCL and (EAR ?99 items )?listed in supplement no\. 7", "ccl_items_and_listed_ear99"),
    (r"items? subject to the EAR.*(except|apart from|other than)", "all_items_with_exceptions"),
    (r"items? subject to the EAR", "all_items"),
    (r"\bCCL\b|Commerce Control List", "ccl_items"),
)

_REVIEWS = (
    (r"presumption (of|for) denial", "presumption_of_denial"),
    (r"policy of denial", "policy_of_denial"),
    (r"cas[ea].by.case", "case_by_case"),
    (r"presumption of approval", "presumption_of_approval_for_some"),
)


def requirement_code(text: str) -> str:
    """Return for example "all_items [744.11]": the scope as a code and the sections cited; "" for no text."""
    scope = _first(text, _REQUIREMENTS, "other")
    if not text.strip():
        return ""
    sections = sections_cited(text)
    return f"{scope} [{', '.join(sections)}]" if sections else scope


def review_code(text: str) -> str:
    """Return for example "policy_of_denial + case_by_case [746.8(b)]"; "" for no text.

    Several codes mean that parts of the requirement are judged differently; the order is ours.
    """
    if not text.strip():
        return ""
    found = [code for pattern, code in _REVIEWS if re.search(pattern, text, re.IGNORECASE)]
    scope = " + ".join(found) or "as_section_says"
    sections = sections_cited(text)
    return f"{scope} [{', '.join(sections)}]" if sections else scope


def sections_cited(text: str) -> list[str]:
    """Return the sections of the regulations that *text* cites, each once, in order."""
    return list(dict.fromkeys(_SECTION.findall(text.replace("744.2l", "744.21"))))


def footnotes(text: str) -> tuple[str, ...]:
    """Return the footnote digits of a licence requirement, sorted: ("1", "2"), ("3",), ("4",) or ("5",)."""
    return tuple(sorted(set(_FOOTNOTE.findall(text))))


def _first(text: str, table: tuple[tuple[str, str], ...], default: str) -> str:
    """Return the code of the first pattern found in *text*."""
    return next((code for pattern, code in table if re.search(pattern, text, re.IGNORECASE)), default)
