"""The command line, thin over the library: each verb parses, calls, and prints a table or JSON."""

from __future__ import annotations

from chipflows.cli.app import main

__all__ = ["main"]
