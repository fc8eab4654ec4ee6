"""Keys of the APIs that ask for one: read from the environment when sent, and kept out of everything else."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, quote_plus

from chipflows.errors import InputError

__all__ = ["Key", "user_agent", "without_keys"]

CONTACT = "CHIPFLOWS_CONTACT"
_HIDDEN = "(key)"
# Values sent so far; a log record that holds one is rewritten before any handler sees it.
_SENT: set[str] = set()


@dataclass(frozen=True)
class Key:
    """Where a source's key comes from (an environment variable) and where its API wants it."""

    variable: str
    place: Literal["header", "query"]
    name: str

    def value(self) -> str | None:
        """Return the key, None when the variable is unset; raises InputError for unprintable text."""
        return _from_environment(self.variable)


def user_agent() -> str:
    """Return what we call ourselves to servers, with the contact in CHIPFLOWS_CONTACT when there is one."""
    from chipflows import __version__

    contact = _from_environment(CONTACT)
    return f"chipflows/{__version__}" + (f" ({contact})" if contact else "")


def has_contact() -> bool:
    """Return whether CHIPFLOWS_CONTACT is set."""
    return _from_environment(CONTACT) is not None


def without_keys(text: str) -> str:
    """Return *text* with every key that was sent so far replaced."""
    for value in _SENT:
        for form in (value, quote(value, safe=""), quote_plus(value)):
            text = text.replace(form, _HIDDEN)
    return text


def remember(value: str) -> None:
    """From now on keep *value* out of errors and of the HTTP library's log."""
    _SENT.add(value)
    logger = logging.getLogger("urllib3.connectionpool")
    if not any(isinstance(item, _Redact) for item in logger.filters):
        logger.addFilter(_Redact())


class _Redact(logging.Filter):
    """Rewrites a log record that holds a key."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let the record pass, without keys."""
        text = record.getMessage()
        clean = without_keys(text)
        if clean != text:
            record.msg, record.args = clean, ()
        return True


def _from_environment(variable: str) -> str | None:
    """Return a variable's text, stripped; raises InputError when a header could not carry it."""
    text = os.environ.get(variable, "").strip()
    if not text.isascii() or not text.isprintable():
        raise InputError(f"{variable} holds letters that a request cannot carry. Set it to plain ASCII text.")
    return text or None
