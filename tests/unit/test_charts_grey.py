"""Printed in grey, scenarios are still told apart and words still read."""

from itertools import combinations

import pytest

from chipflows.charts.colour import contrast
from chipflows.charts.style import _SCENARIOS, INK, MUTED, PALETTE, scenario_style


def grey(colour: str) -> str:
    """Return a colour as a printer without colour sets it, by its luminance."""
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    level = round(0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2])
    return f"#{level:02x}{level:02x}{level:02x}"


@pytest.mark.parametrize(("first", "second"), list(combinations(_SCENARIOS, 2)))
def test_two_scenarios_differ_in_line_or_marker_not_in_colour_alone(first: str, second: str) -> None:
    one, other = scenario_style(first), scenario_style(second)

    assert (one.line, one.marker) != (other.line, other.marker)


@pytest.mark.parametrize("colour", list(PALETTE.values()))
def test_marks_stand_out_from_paper_in_grey(colour: str) -> None:
    assert contrast(grey(colour)) >= 3


@pytest.mark.parametrize("colour", [INK, MUTED])
def test_words_read_in_grey(colour: str) -> None:
    assert contrast(grey(colour)) >= 4.5
