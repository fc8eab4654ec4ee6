"""Write docs/law-coverage.md anew from data/rules (a test says when it is out of date).

.venv/bin/python tools/law_coverage.py 2026-11-24
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from chipflows.law.coverage import coverage_table
from chipflows.tables.rules import load_rules

PAGE = Path(__file__).resolve().parents[1] / "docs" / "law-coverage.md"

if __name__ == "__main__":
    PAGE.write_text(coverage_table(load_rules().values(), date.fromisoformat(sys.argv[1])), encoding="utf-8")
