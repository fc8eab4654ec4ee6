"""The tables of peers' numbers and of what the model's past is held against: labels, blanks, sources."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chipflows import charts, tables
from chipflows.charts import model
from chipflows.charts.model.peer_ours import added_ratio
from chipflows.charts.model.peer_rows import (
    SCENARIOS,
    chip_vintages,
    epoch_quarters,
    figure_rows,
    peer_rows,
    peer_table,
)
from chipflows.charts.model.rows import box_rows, check_labels
from chipflows.flows import Simulation, simulate
from chipflows.flows.prim import Box
from chipflows.tables.assumptions import load_assumptions

TOLERANCE = 0.05
"""What counts as reproduced: the loosest of the published tolerances (a median printed as "about")."""


@pytest.fixture(scope="module")
def run() -> Simulation:
    return simulate(SCENARIOS, draws=1024, seed=1, last="2027Q4")


@pytest.fixture(scope="module")
def rows(run: Simulation) -> pd.DataFrame:
    return peer_rows(run)


def test_every_history_check_has_a_short_label_of_its_own() -> None:
    checks = tables.history_checks()
    assert checks["label"].notna().all()
    assert checks["label"].str.len().max() <= 34
    assert checks["label"].is_unique


def test_a_history_check_without_a_label_takes_its_title() -> None:
    checks = pd.DataFrame({"title": ["Chips sold, a firm", "Chips made"], "label": ["Chips sold", np.nan]})
    assert list(check_labels(checks)["label"]) == ["Chips sold", "Chips made"]


def test_no_check_whose_source_is_an_input_says_that_it_is_none() -> None:
    known = load_assumptions()
    inputs = {
        source
        for part in (known.uncertain, known.profiles)
        for one in part.values()
        for source in one.sources
    }
    for check in tables.history_checks().query("not used_as_input").to_dict("records"):
        assert not inputs & set(check["source_ids"].split(";")), check["check_id"]


def test_only_numbers_somebody_published_count_as_published() -> None:
    checks = tables.table("peer_checks")
    unpublished = checks["note"].str.contains("Not printed") | checks["peer"].eq("Our ledger")
    assert unpublished.tolist() == checks["check"].eq("ours").tolist()
    assert unpublished.sum() == 10  # nine of CNAS's pathways and indices, and our own ledger
    assert checks["expect"].isin(["model", "stated"]).tolist() == checks["check"].eq("beside").tolist()


def test_every_published_number_has_ours_beside_it(rows: pd.DataFrame) -> None:
    assert list(rows["id"]) == list(tables.table("peer_checks")["check_id"])
    assert rows["ours_mid"].notna().all()
    assert rows["note"].notna().all()


def test_a_run_without_a_scenario_leaves_its_rows_out(run: Simulation) -> None:
    found = set(peer_rows(simulate("actual", draws=64, last="2027Q4"))["id"])
    missing = set(tables.table("peer_checks")["check_id"]) - found
    assert missing == {"ifp_b30a_exported", "ifp_hopper_sold", "ifp_worst"}


def off(row: pd.Series) -> float:
    """Return the largest relative difference of what both have; 0 inside a range without a middle."""
    if pd.notna(row["theirs_mid"]):
        ends = [end for end in ("low", "mid", "high") if pd.notna(row[f"ours_{end}"])]
        pairs = [(row[f"theirs_{end}"], row[f"ours_{end}"]) for end in ends if pd.notna(row[f"theirs_{end}"])]
        return max(abs(ours / theirs - 1) for theirs, ours in pairs)
    low, high = row["theirs_low"], row["theirs_high"]
    outside = (pd.notna(low) and row["ours_mid"] < low) or (
        pd.notna(high) and row["ours_mid"] > high * 1.0001
    )
    return np.inf if outside else 0.0


def test_a_row_said_to_be_reproduced_is_and_one_said_to_differ_does(rows: pd.DataFrame) -> None:
    again = rows[rows["expect"] == "reproduced"]
    wrong = {row["id"]: off(row) for _, row in again.iterrows() if off(row) > TOLERANCE}
    assert wrong == {}
    differs = rows[rows["expect"] == "differs"]
    assert set(differs["id"]) == {"cnas_upper", "epoch_wider"}
    assert all(off(row) > TOLERANCE for _, row in differs.iterrows())


def test_b11_the_models_median_of_diverted_compute_lies_in_the_published_interval(rows: pd.DataFrame) -> None:
    # the root of 290,000 x 1.6M is 681,000
    assert np.sqrt(290e3 * 1.6e6) == pytest.approx(681e3, rel=1e-3)
    assert 290e3 < rows.set_index("id").loc["epoch_diverted", "ours_mid"] < 1.6e6


def test_b8_the_lawful_channel_is_epochs_until_its_2025(rows: pd.DataFrame) -> None:
    found = rows.set_index("id")
    for quarter in ("2022q4", "2023q4", "2024q4"):
        row = found.loc[f"epoch_legal_{quarter}"]
        assert row["ours_mid"] == pytest.approx(row["theirs_mid"], rel=0.03)


def test_b10_the_models_h20_are_lower_by_what_was_sold_elsewhere(rows: pd.DataFrame) -> None:
    row = rows.set_index("id").loc["epoch_h20_model"]
    assert row["ours_mid"] == pytest.approx(1_489_899 - 57_692, rel=0.005)


def test_b9_our_quarters_leave_epochs_only_in_2025(run: Simulation) -> None:
    found = epoch_quarters(run)
    before = found[found.index < "2025Q1"]
    assert before["p50"].tolist() == pytest.approx(before["epoch"].tolist(), rel=0.03)
    assert found.loc["2025Q3", "p50"] == 0  # the 10-Q has no H20 to China-based customers there


def test_d5_d6_and_d8_the_rule_engine_changes_its_answer_at_the_published_limits(rows: pd.DataFrame) -> None:
    found = rows.set_index("id")["ours_mid"]
    names = ["bis_uveu_outside", "bis_uveu_country", "bis_uveu_abroad"]
    assert found[names].tolist() == [0.25, 0.07, 0.50]
    assert found["bis_nveu_first"] == 633e6
    assert found["bis_nveu_last"] == 5064e6
    assert found["bis_allocation"] == 790e6
    assert found["bis_lpp_edge"] == 26.9e6


def test_e3_no_draw_uses_a_stack_that_has_not_arrived(rows: pd.DataFrame) -> None:
    assert rows.set_index("id").loc["stacks_balance", "ours_mid"] <= 1 + 1e-6


def test_f2_compute_added_is_the_us_gain_over_what_the_prc_acquires(run: Simulation) -> None:
    us, prc = run.series("actual", "stock", "us"), run.series("actual", "acquired", "total")
    start, end = run.grid.index["2025Q4"], run.grid.index["2026Q4"]
    by_hand = (us[end, 0] - us[start, 0]) / prc[start + 1 : end + 1, 0].sum()
    assert added_ratio(run, "actual", 2026)[0] == pytest.approx(by_hand, rel=1e-5)


def test_the_figure_draws_a_chosen_few_with_labels_that_fit(rows: pd.DataFrame) -> None:
    drawn = figure_rows(rows)
    assert 8 <= len(drawn) <= 14
    assert drawn["label"].str.len().max() <= 44
    assert {"reproduced", "does not reproduce", "beside the model"} == set(drawn["status"])


@pytest.mark.parametrize("size", ["slide", "column"])
def test_the_figure_of_the_shipped_rows_keeps_the_contract(rows: pd.DataFrame, size: str) -> None:
    figure = model.peers(figure_rows(rows), period="2024 to 2026")
    words = charts_text(figure, size)
    assert "at most 200k" in words  # a ceiling alone is said to be one
    assert not any("\N{HORIZONTAL ELLIPSIS}" in word for word in words)


def charts_text(figure: charts.Figure, size: str) -> list[str]:
    """Return every text of the rendered figure."""
    from matplotlib.text import Text

    return [text.get_text() for text in charts.render(figure, size).figure.findobj(Text)]


def test_tables_by_peer_hold_every_row_once_in_words(rows: pd.DataFrame) -> None:
    parts = [peer_table(rows, peer) for peer in rows["peer"].unique()]
    assert sum(map(len, parts)) == len(rows)
    cnas = parts[0]
    assert cnas.loc["Chips diverted in 2024, upper end", "status"] == "does not reproduce"
    assert cnas.loc["Probability of more than 100,000 chips in 2024", "published"] == "at least 0.5"
    assert peer_table(rows, "BIS testimony")["published"].tolist() == ["at most 200k"]


def test_c_the_h20_was_free_of_the_entry_and_needed_a_licence_from_april_2025() -> None:
    found = chip_vintages(["2023-11-17", "2025-04-20"]).loc["H20 96GB"]
    assert found["2023-11-17"] == "not 3A090: no licence"
    assert found["2025-04-20"] == "not 3A090: licence required"
    assert found["density"] == pytest.approx(2368 / 814, abs=0.005)  # below the 3.2 of 3A090.b.2


def test_a_box_of_a_named_regime_is_as_wide_as_a_regime_and_in_words() -> None:
    found = Box({"prc_regime": (-np.inf, 0.0), "to_diverted": (0.1, 0.2)}, 0.5, 0.8, 0.2, pd.DataFrame())
    regime, share = (row for _, row in box_rows(found).iterrows())
    assert (regime["high"], regime["range_low"], regime["range_high"]) == (0.5, -0.5, 2.5)
    assert (regime["limits_words"], regime["range_words"]) == ("barred", "barred, rationed, open")
    assert (share["low"], share["high"], share["limits_words"]) == (0.1, 0.2, "")
