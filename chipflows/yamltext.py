"""YAML that cannot harm its reader: bounded in size, depth and copies; no key twice; plain values only.

A leaf. Any file of ours may come from elsewhere (a scenario that someone sent), and the parser alone would
crash on a deep one, fill the memory through aliases, and take the last of two keys without a word.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import yaml

from chipflows.errors import ChipflowsError

__all__ = ["read_yaml", "yaml_of"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BYTES = 4 * 2**20  # the largest file of ours has 70 kB
_DEPTH = 60  # of lists and mappings in each other; ours has 12
_TURNS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # marks that make text read as it is not
_NODES = 200_000  # with every alias written out; ours has 5,000


class _UnsafeError(Exception):
    """What is wrong with a text that would otherwise be YAML."""


class _Loader(_LOADER):  # type: ignore[misc,valid-type]  # one of two classes, by what the machine has
    """The safe loader that refuses a mapping with a key twice, and a number that is none."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping; raises _UnsafeError for a repeated key."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value != "<<":
                if key.value in seen:
                    line = key.start_mark.line + 1
                    raise _UnsafeError(f"the key {key.value[:60]!r} is there twice, again in line {line}")
                seen.add(key.value)
        return super().construct_mapping(node, deep)  # type: ignore[no-any-return]

    def construct_yaml_float(self, node: Any) -> float:
        """Return a number; raises _UnsafeError for infinity and what is not a number."""
        value = super().construct_yaml_float(node)
        if not math.isfinite(value):
            line = node.start_mark.line + 1
            raise _UnsafeError(f"{node.value[:40]!r} in line {line} is no finite number")
        return value  # type: ignore[no-any-return]


_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_yaml_float)


def read_yaml(path: Path, where: str, error: type[ChipflowsError]) -> Any:
    """Return what the YAML file *path* holds; raises *error*, which calls it *where*, when it is not safe.

    A file that is not there is a FileNotFoundError.
    """
    if path.exists() and not path.is_file():  # a pipe or a device may never end
        raise error(f"{where} is not a plain file.")
    with path.open("rb") as file:
        body = file.read(_BYTES + 1)
    return yaml_of(body, where, error)


def yaml_of(body: bytes, where: str, error: type[ChipflowsError]) -> Any:
    """Return what the YAML in *body* (UTF-8) holds; raises *error*, naming *where*, as `read_yaml`."""
    try:
        if len(body) > _BYTES:
            raise _UnsafeError(f"it has more than {_BYTES:,} bytes")
        text = body.decode("utf-8-sig")
        if found := _TURNS.search(text):
            line = text.count("\n", 0, found.start()) + 1
            raise _UnsafeError(f"line {line} holds U+{ord(found[0]):04X}, which turns the text around it")
        _check_size(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - built on the safe loader
    except yaml.YAMLError as problem:
        raise error(f"{where} is not readable YAML: {_in_words(problem)}") from problem
    except UnicodeDecodeError as problem:
        raise error(f"{where} is not UTF-8 text (byte {problem.start:,}). Save it as UTF-8.") from problem
    except _UnsafeError as problem:
        raise error(f"{where} is not taken as YAML: {problem}.") from problem
    # A value that its own tag or form contradicts (9999-99-99, !!int x) trips the library in its own ways.
    except (AttributeError, LookupError, TypeError, ValueError) as problem:
        raise error(f"{where} holds a value that is none of its kind: {str(problem)[:80]}.") from problem


def _check_size(text: str) -> None:
    """Raise _UnsafeError when *text* is nested too deep, or its aliases written out are too many nodes."""
    sizes: dict[str, int] = {}
    open_: list[tuple[str | None, int]] = []
    total = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.AliasEvent):
            total += sizes.get(str(event.anchor), _NODES)  # one that points to what it stands in has no size
        elif isinstance(event, yaml.NodeEvent):
            total += 1
        if isinstance(event, yaml.CollectionStartEvent):
            open_.append((event.anchor, total))
            if len(open_) > _DEPTH:
                raise _UnsafeError(f"it is nested more than {_DEPTH} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_.pop()
            if anchor:
                sizes[anchor] = total - before + 1
        elif isinstance(event, yaml.ScalarEvent) and event.anchor:
            sizes[event.anchor] = 1
        if total > _NODES:
            raise _UnsafeError(f"its aliases stand for more than {_NODES:,} values, or for themselves")


def _in_words(problem: yaml.YAMLError) -> str:
    """Return a parser's complaint on one line, without the text it quotes."""
    return " ".join(str(problem).split())[:300]
