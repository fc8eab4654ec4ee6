"""Keep of a piece of HTML only what a report needs: no script, style, form, event or address to load.

Data from outside (an entity's name, a list's address) can end up in a table; whatever it holds, a reader's
browser must not act on it. Tags and attributes are allowed by name; everything else goes.
"""

from __future__ import annotations

from typing import Any

__all__ = ["sanitise"]

_TEXT_TAGS = (
    "a abbr b blockquote br caption code col colgroup dd del details div dl dt em figcaption "
    "figure h1 h2 h3 h4 h5 h6 hr i img li ol p pre s span strong sub summary sup table tbody td "
    "tfoot th thead tr u ul "
)
_TAGS = frozenset(_TEXT_TAGS.split())
_DROPPED = frozenset(
    {"script", "style", "template", "noscript", "title", "textarea", "select", "svg", "math"}
)
_EVERYWHERE = frozenset({"id", "class", "title", "lang"})
_ATTRIBUTES = {
    "a": frozenset({"href"}),
    "img": frozenset({"src", "srcset", "alt", "width", "height"}),
    "td": frozenset({"colspan", "rowspan"}),
    "th": frozenset({"colspan", "rowspan", "scope"}),
}
_LINKS = ("https://", "http://", "#")


def sanitise(root: Any) -> None:
    """Clean the lxml element *root* in place: unknown tags unwrapped, active content removed."""
    for element in list(root.iterdescendants()):
        if not isinstance(element.tag, str) or element.tag in _DROPPED:
            _remove(element)
        elif element.tag not in _TAGS and element.getparent() is not None:
            element.drop_tag()
        else:
            _clean_attributes(element)


def _remove(element: Any) -> None:
    """Remove an element and what is in it, but not the text after it."""
    if element.getparent() is not None:
        element.drop_tree()


def _clean_attributes(element: Any) -> None:
    """Remove every attribute that is not allowed, and links that are not plain addresses."""
    allowed = _EVERYWHERE | _ATTRIBUTES.get(element.tag, frozenset())
    for name in list(element.attrib):
        if name not in allowed:
            del element.attrib[name]
    if element.tag == "a" and not str(element.get("href", "#")).strip().lower().startswith(_LINKS):
        del element.attrib["href"]
