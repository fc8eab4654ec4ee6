"""The tables of peers' numbers and of what the model's past is held against: labels, blanks, sources."""

from __future__ import annotations

import numpy as np
import pandas as pd

from chipflows import tables
from chipflows.charts.model.rows import check_labels


def test_every_history_check_has_a_short_label_of_its_own() -> None:
    checks = tables.history_checks()
    assert checks["label"].notna().all()
    assert checks["label"].str.len().max() <= 34
    assert checks["label"].is_unique


def test_a_history_check_without_a_label_takes_its_title() -> None:
    checks = pd.DataFrame({"title": ["Chips sold, a firm", "Chips made"], "label": ["Chips sold", np.nan]})
    assert list(check_labels(checks)["label"]) == ["Chips sold", "Chips made"]
