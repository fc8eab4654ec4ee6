"""Bytes from outside, made safe to parse: bounded, unpacked within a limit, decoded strictly."""

from __future__ import annotations

import json
import re
import zlib
from typing import Any

from chipflows.errors import SourceError

__all__ = ["LIMIT", "loaded_json", "text_of", "unpacked"]

LIMIT = 256 * 2**20  # bytes, packed or unpacked; the largest real file (all of title 15) has about 60 MiB
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE[^>]*\[|ENTITY)", re.IGNORECASE)


def unpacked(body: bytes, where: str, limit: int = LIMIT) -> bytes:
    """Return *body*, gunzipped when it is gzip; raises SourceError above *limit* bytes or when cut off."""
    if len(body) > limit:
        raise SourceError(
            f"{where}: {len(body):,} bytes, above the limit of {limit:,}. Is it the right file?"
        )
    if body[:2] != b"\x1f\x8b":
        return body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(body, limit + 1)
    except zlib.error as problem:
        raise SourceError(
            f"{where}: the gzip data is damaged ({problem}). Fetch the file again."
        ) from problem
    if len(plain) > limit:
        raise SourceError(f"{where}: unpacks to more than {limit:,} bytes. It was not read.")
    if not unpacker.eof:
        raise SourceError(f"{where}: the gzip data is cut off. Fetch the file again.")
    return plain


def text_of(body: bytes, where: str) -> str:
    """Return *body* as text: UTF-8, or UTF-16 with its mark; raises SourceError with the place otherwise."""
    encoding = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as problem:
        raise SourceError(
            f"{where}: byte {problem.start:,} is not {encoding.removesuffix('-sig').upper()} text. "
            "Save the file as UTF-8 and try again."
        ) from problem
    if "\x00" in text:
        raise SourceError(f"{where}: holds zero bytes, so it is not a text file. Is it the right file?")
    return text


def loaded_json(body: bytes, where: str) -> Any:
    """Return the JSON value of *body*; raises SourceError when it is cut off, nested too deep or not JSON."""
    try:
        return json.loads(text_of(body, where))
    except RecursionError as problem:
        raise SourceError(f"{where}: nested too deep to be one of the lists' files.") from problem
    except ValueError as problem:
        raise SourceError(f"{where}: not whole JSON ({problem}). Fetch the file again.") from problem


def refuse_entities(body: bytes, where: str) -> None:
    """Raise SourceError when markup defines entities: none of the lists' files does, and they can explode."""
    if _DOCTYPE.search(body):
        raise SourceError(f"{where}: defines XML entities, which a list's file never does. It was not read.")
