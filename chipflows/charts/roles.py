"""What each drawn thing is, so that the checks know data from furniture.

An artist is "data" (must not be empty or covered), "label" (a direct label), "inside" (text meant to stand
on a bar) or nothing. Kept beside matplotlib's objects, not in their gid, which would repeat ids in the SVG.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from matplotlib.artist import Artist

__all__ = ["mark", "role"]

A = TypeVar("A", bound="Artist")
_ROLES: WeakKeyDictionary[Artist, str] = WeakKeyDictionary()


def mark(artist: A, what: str) -> A:
    """Record that *artist* is *what* ("data", "label" or "inside") and return it."""
    _ROLES[artist] = what
    return artist


def role(artist: Artist) -> str:
    """Return what *artist* was marked as, "" if nothing."""
    return _ROLES.get(artist, "")
