"""Secrets refused as parameters: a parameter is written into notebooks, records and reports."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from chipflows.errors import InputError

__all__ = ["refuse_secret_url", "refuse_secrets"]

_NAME = re.compile(
    r"(?i)(^|_)(api_?key|access_?key|secret\w*|token|passwd|password|passphrase|credentials?|private_?key)(_|$)"
)
# The beginnings that issuers give their keys, so that scanners can tell them.
_VALUE = re.compile(r"(gh[pousr]_|github_pat_|sk-|xox[abprs]-|AKIA|ASIA|eyJ[\w-]+\.eyJ|-----BEGIN )")
_SHORTEST = 8


def refuse_secrets(given: Mapping[str, str]) -> None:
    """Raise InputError for a parameter whose name or value is that of a secret; the value is not repeated."""
    held = {value for name, value in os.environ.items() if len(value) >= _SHORTEST and _is_secret_name(name)}
    for name, value in given.items():
        if _is_secret_name(name) or _VALUE.match(value) or value in held:
            raise InputError(
                f"parameter {name} looks like a secret, and parameters are written into every output. "
                "Put it into an environment variable and let the notebook read that."
            )


def refuse_secret_url(url: str) -> None:
    """Raise InputError for a URL with a user's password in it; the URL is not repeated."""
    if re.match(r"[a-z0-9+.-]+://[^/@]*:[^/@]*@", url, re.IGNORECASE):
        raise InputError(
            "--out holds a password, which would be written into logs. Give credentials in the environment, "
            "as the storage's own tools take them."
        )


def _is_secret_name(name: str) -> bool:
    """Return whether a name is one that people give to secrets."""
    return bool(_NAME.search(name)) or name.upper().endswith(("_KEY", "_PW", "_PAT"))
