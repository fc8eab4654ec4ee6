"""The grammar of an Entity cell: a name, "a.k.a., the following two aliases: —A; and —B." and addresses.

A comma belongs to a name only before a legal form or a further part of an institution; an alias ends at the
full stop that an address follows. What does not fit is kept as it stands rather than lost.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = [
    "Cell", "clean", "exported_cell", "name_and_aliases", "read_cell", "split_addresses", "split_aliases",
]  # fmt: skip

_LONGEST = 100_000  # characters of a cell that are read; the longest real one has about 6,000


class Cell(NamedTuple):
    """The parts of a cell: one name, its aliases, its addresses."""

    name: str
    aliases: tuple[str, ...]
    addresses: tuple[str, ...]


_ALSO = (
    r"(?:\(\s*)?\b(?:[adfn]\.\s?[kb]\.\s?a\b\.?|aka\b|also known as|formerly known as|doing business as|"
    r"operating as)"
    r"[,:;]?\s*"
)
_COUNT = r"(?:the\s+following\s+)?(?:[a-z0-9-]+\s+(?:\(\d+\)\s+)?)?(?:alias(?:es)?|names?)?\s*:?\s*"
_BARE = (
    r"(?:and\s+)?the\s+following\s+[a-z0-9-]+\s+(?:alias(?:es)?|subordinate institutions?)\s*:?\s*(?=[—–-])"
)
_ALIASES = re.compile(rf"[,;]?\s*(?:{_ALSO}(?:{_COUNT}(?=[—–-]))?|{_BARE})", re.IGNORECASE)
_DASH = re.compile(r"(?:(?<=[;:.\s])|^)\s*[—–-]\s*(?=\S)")
_LEGAL = re.compile(
    r"(?:co|corp|inc|ltd|llc|l\.l\.c|limited|incorporated|corporation|company|gmbh|s\.?a|s\.?r\.?l|pte|pvt|pty|"
    r"plc|llp|jsc|ojsc|cjsc|pjsc|oao|ooo|zao|ao|pao|fze|fzc|fzco|sdn|bhd|sti|as|a\.s|b\.?v|n\.?v|oy|k\.?g|tov|"
    r"sarl|lda|ag|eood|ood|d\.?o\.?o)\b",
    re.IGNORECASE,
)
_PART_OF_BODY = re.compile(
    r"\b(?:institut\w*|academy|university|college|department|laborator\w*|centre|center|bureau|branch|office|"
    r"division|group|corporation|ministry|school|faculty|factory|plant|station|hospital|sciences|army|force|"
    r"design|company|enterprise|committee|association|technolog\w+)\b",
    re.IGNORECASE,
)
_STREET = re.compile(
    r"^\W*(?:\d|no\.?\s?\d|#|room|rm\b|unit|flat|suite|floor|bldg|building|block|lot\b|p\.?\s?o\.?\s?box|house|apt|"
    r"address|shop|office\s+(?:no|\d)|[a-z]?\d+[/-]|level|plot|street|ul\.|d\.\s?\d|km\b|villa|warehouse|east\b|"
    r"west\b|north\b|south\b|southeast\b)",
    re.IGNORECASE,
)
_STREET_WORD = re.compile(
    r"\b(?:road|rd|street|st|avenue|ave|district|dist|province|city|town|village|lane|blvd|boulevard|highway|zone|"
    r"park|floor|building|p\.?o\.? box|county|prospekt|ulitsa|ul|sok|cad|mah|region|oblast|china|russia|iran|"
    r"hong kong|taiwan|pakistan|u\.a\.e|turkey|india|malaysia|singapore)\b",
    re.IGNORECASE,
)
_NOT_AN_END = re.compile(
    r"(?:^|[\s(.])(?:[A-Za-z]|st|no|sci|tech|inst|univ|co|corp|inc|ltd|mfg|dr|im|intl?|elec|ind|dev|eng|res|"
    r"nat|mt|ul|bros|exp|imp|mach|equip|prod|rm)\Z",
    re.IGNORECASE,
)
# An alias that runs into its address without a full stop: "12th Institute 51 Yong Ding Road".
_UNMARKED_END = re.compile(
    r"(?<=[A-Za-z.)]\s)(?:No\. ?|#)?\d+[A-Z]?,? (?=[A-Z][a-z]+).*\b(?:Road|Street|Avenue|Rd|St|Ave)\b"
)
_LEFT_OVER = re.compile(
    r"\W*(?:[adf]\.\s?k\.\s?a\.?,?\s*)?(?:and )?"
    r"(?:the following \w+ alias(?:es)?[:,]?\s*|[adf]\.k\.a\.?,\s*)",
    re.IGNORECASE,
)
_SEE_ALSO = re.compile(r"\(?\s*[Ss]ee (?:also|alternate)[^)]*\)?\.?")
# What introduces the addresses of an entry with units: "The following addresses apply to ...: ".
_APPLIES = re.compile(r"\b(?:The following address(?:es)? appl\w+ to|Address(?:es)? for)\b[^:]{0,120}:\s*")
# A full stop after a country, before another unit's name: "..., Hong Kong. Hangzhou Example Co., No. 1".
_NEXT_UNIT = re.compile(r"(?<=China|.Kong|ussia)\.\s+(?=[A-Z])")
_ENDS_AS_FIRM = re.compile(r"\b(?:Ltd|Inc|Corp|Corporation|Limited|LLC|\d+ Institute)\.?\Z")


def clean(text: str) -> str:
    """Return *text* with white space joined and stray punctuation at its ends removed."""
    text = re.sub(r"\s+", " ", text).strip(" \t,;:—–").removeprefix("and ").strip()
    if text.count("(") < text.count(")"):
        text = text.rstrip(")") if text.endswith(")") else text
    if text.count("(") > text.count(")"):
        text = text[1:] if text.startswith("(") else text + ")" if "(" in text[-40:] else text
    return text.strip(" ,;")


def read_cell(text: str) -> Cell:
    """Return the parts of an Entity cell."""
    flat = re.sub(r"\s+", " ", _SEE_ALSO.sub(" ", text[:_LONGEST])).strip()
    found = _ALIASES.search(flat)
    if found is None or found.start() == 0:
        return _without_aliases(flat)
    head, rest = flat[: found.start()], flat[found.end() :]
    first_dash = _DASH.match(rest) if rest[:1] in "—–-" else None
    if first_dash:
        return _listed_aliases(head, rest)
    return _inline_alias(head, rest)


def exported_cell(name: str, aliases: list[str], address: str) -> Cell:
    """Return the parts of a cell that someone else split, with what they left in the wrong part put right.

    An alias left in the name or carrying an address along ("Zaliv LLC. 4 Tankistov Street, Kerch"), and the
    entry's own name repeated at the end of an address.
    """
    name = _SEE_ALSO.sub(" ", name)
    if name.count("(") > name.count(")"):  # "Aletra (a.k.a." and "Erman Co.), Sabkha Street" belong together
        name = f"{name}) {address}" if address.startswith("Address") else f"{name} {address}"
        address = ""
    if re.match(r"\W*[adf]\.\s?k\.\s?a\b.*\w{3}", address[:60]) and "aliases" not in address[:40]:
        name, address = f"{name}, {address}", ""
    first = read_cell(name) if _ALIASES.search(name) else Cell(clean(name), (), ())
    names, places = [*first.aliases], [*first.addresses]
    for alias in (item for item in aliases if not _LEFT_OVER.match(item)):
        cut, after = _cut_exported_alias(alias)
        names.extend(split_aliases(_ALIASES.sub("; ", cut)))
        places.extend(split_addresses(after))
    own = [first.name, *names]
    address = _LEFT_OVER.sub("", address)
    units, listed = _units_apart(split_addresses(address))
    names.extend(units)
    places.extend(_without_own_name(place, own) for place in listed)
    names = [item for item in names if not _LEFT_OVER.fullmatch(item) and item[0] != "(" and item != own[0]]
    kept = (place for place in places if place and place not in own and place.rstrip(")") not in own)
    return Cell(first.name, tuple(dict.fromkeys(names)), tuple(dict.fromkeys(kept)))


def _cut_exported_alias(alias: str) -> tuple[str, str]:
    """Return (alias, addresses) for an alias that carries an address along, (alias, "") for any other."""
    name, after = _cut_last_alias(alias)
    if not after and re.search(r",\s.*\d", alias):
        name, after = _cut_name(alias)
    is_place = bool(_STREET_WORD.search(after)) and ("," in after or bool(re.search(r"\d", after)))
    return (name, after) if is_place else (alias, "")


def _units_apart(places: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return (units, addresses) of an entry whose units stand among its addresses, each with its own."""
    units: list[str] = []
    kept: list[str] = []
    for place in places:
        before, after = _around(place)
        units.extend(part for part in map(clean, re.split(r"\.\s+", before)) if len(part) > 3)
        pieces = _NEXT_UNIT.split(after)
        for piece in pieces:
            unit, rest = _cut_name(piece) if len(pieces) > 1 else ("", piece)
            if _ENDS_AS_FIRM.search(piece) and "," not in piece.removesuffix(", Ltd").removesuffix(", Ltd."):
                unit, rest = piece, ""
            is_unit = bool(unit) and (bool(_LEGAL.search(unit)) or bool(_PART_OF_BODY.search(unit)))
            units.extend([clean(unit)] if is_unit else [])
            kept.append(clean(rest if is_unit else piece).rstrip("."))
    return list(dict.fromkeys(units)), [place for place in dict.fromkeys(kept) if place]


def _around(place: str) -> tuple[str, str]:
    """Return what stands before and after "The following addresses apply to ...:"."""
    found = _APPLIES.search(place)
    return (place[: found.start()], place[found.end() :]) if found else ("", place)


def _without_own_name(place: str, names: list[str]) -> str:
    """Return an address without the entry's own name at its end."""
    for name in names:
        if len(name) > 3 and place.endswith(name) and place != name:
            return clean(place.removesuffix(name)).rstrip(". ")
    return place


def split_addresses(text: str) -> tuple[str, ...]:
    """Return the addresses joined by "; and" or ";", "See alternate address" notes removed."""
    text = re.sub(r"\b(?:Alt(?:ernate)? )?Address(?:es)?\s*:\s*", "; ", _SEE_ALSO.sub(" ", text))
    parts = [clean(part).rstrip(".") for part in re.split(r";\s*(?:and\b\s*)?", text)]
    return tuple(dict.fromkeys(part for part in parts if len(part) > 1))


def name_and_aliases(text: str) -> tuple[str, tuple[str, ...]]:
    """Return (name, aliases) of a name that carries an alias along: "A Co., a.k.a. B", "A Co. (f.k.a. B)"."""
    found = _ALIASES.search(text)
    if found is None or found.start() == 0:
        return clean(text), ()
    head, rest = text[: found.start()].rstrip(" ("), _ALIASES.sub("; ", text[found.end() :])
    return clean(head), split_aliases(rest.removesuffix(")") if rest.count(")") > rest.count("(") else rest)


def split_aliases(text: str) -> tuple[str, ...]:
    """Return the aliases of a screening list's alt_names: "A; B; and C."."""
    parts = [clean(part) for part in re.split(r";\s*(?:and\b\s*)?", text)]
    return tuple(dict.fromkeys(part for part in parts if part))


def _without_aliases(flat: str) -> Cell:
    """Return name and addresses of a cell without an alias marker."""
    name, rest = _cut_name(flat)
    return Cell(clean(name), (), split_addresses(rest))


def _listed_aliases(head: str, rest: str) -> Cell:
    """Return the parts when aliases stand in a list, each after a dash."""
    pieces = [piece for piece in _DASH.split(_ALIASES.sub("; ", rest)) if piece.strip(" ;,")]
    aliases = pieces[:-1]
    last, addresses = _cut_last_alias(pieces[-1]) if pieces else ("", "")
    names = split_aliases("; ".join([*aliases, last]))
    name, before = _cut_name(head)
    return Cell(clean(name), names, split_addresses(f"{before}; {addresses}" if before else addresses))


def _inline_alias(head: str, rest: str) -> Cell:
    """Return the parts of "Name (a.k.a. Other), address" and of "Name, a.k.a. Other, address"."""
    inside, bracket, after = rest.partition(")")
    if bracket and "(" not in inside:
        name, before = _cut_name(head.rstrip(" ("))
        nested = tuple(part for part in split_aliases(_ALIASES.sub("; ", inside)) if part)
        return Cell(clean(name), nested, split_addresses(f"{before}; {after.strip(' ,.;')}"))
    alias, address = _cut_name(_ALIASES.sub("; ", rest))
    name, before = _cut_name(head)
    return Cell(clean(name), split_aliases(alias), split_addresses(f"{before}; {address}"))


def _cut_name(text: str) -> tuple[str, str]:
    """Return (name, addresses) cut at the first comma that an address follows."""
    parts = re.split(r",\s+|,(?=\S)", text)
    kept = [parts[0]]
    for at, part in enumerate(parts[1:], start=1):
        if not _is_name_part(part, parts[at + 1 : at + 2]):
            return ", ".join(kept), ", ".join(parts[at:])
        form, stop, rest = part.partition(". ")
        if stop and _LEGAL.fullmatch(form.split()[-1]) and not _LEGAL.match(rest) and rest[:1] != "(":
            return ", ".join([*kept, form + "."]), ", ".join([rest, *parts[at + 1 :]])
        kept.append(part)
    return ", ".join(kept), ""


def _is_name_part(part: str, following: list[str]) -> bool:
    """Return whether what stands after a comma still belongs to the name."""
    if _LEGAL.match(part) or re.match(r"\([^)]*\)(\s|$)", part):
        return True
    is_numbered_body = re.match(
        r"\d+(?:st|nd|rd|th)?\s+(?:Research\s+)?(?:Institute|Factory|Academy)\b", part
    )
    is_street = _STREET.match(part) and not is_numbered_body
    if is_street or _STREET_WORD.search(part):
        return False
    in_a_row = part.startswith("and ") or any(word.startswith("and ") for word in following)
    return bool(_PART_OF_BODY.search(part)) or (in_a_row and not re.search(r"\d", part))


def _cut_last_alias(text: str) -> tuple[str, str]:
    """Return (alias, addresses) cut at the full stop that ends the last alias."""
    for stop in re.finditer(r"[.)]?\.\s+(?=\S)", text):
        before, after = text[: stop.start()], text[stop.end() :]
        is_legal_end = bool(re.search(r"\b(?:ltd|inc|corp|co|llc|limited|s\.a|jsc)\Z", before, re.IGNORECASE))
        if is_legal_end and not _LEGAL.match(after):
            return before if before.lower().endswith("limited") else before + ".", after
        begins_street = _STREET.match(after) and not re.search(r"\bno\Z", before, re.IGNORECASE)
        if begins_street or not _NOT_AN_END.search(before):
            return before, after
    unmarked = _UNMARKED_END.search(text)
    if unmarked:
        return text[: unmarked.start()], text[unmarked.start() :]
    return text.strip(" ."), ""
