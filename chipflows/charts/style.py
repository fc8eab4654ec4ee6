"""The house style: six colours and grey, one font, strokes and markers; applied only inside `house_style`.

A colour is never the only cue: every scenario also has its own line style and marker, every series its own
direct label. Look-ups are fixed, so a scenario keeps its colour in every figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from chipflows.charts.sizes import Size
from chipflows.errors import FigureError

__all__ = [
    "BASELINE",
    "CHANNELS",
    "FONT",
    "GRID",
    "INK",
    "MAX_COLOURS",
    "MUTED",
    "PALETTE",
    "SeriesStyle",
    "channel_colour",
    "chip_colour",
    "house_style",
    "scenario_style",
    "scenario_styles",
]

FONT = "DejaVu Sans"
INK = "#1b1f27"
MUTED = "#5a606b"
GRID = "#d9dce1"
BASELINE = "#767676"
PALETTE = {
    "blue": "#1f78c8",
    "navy": "#14213d",
    "red": "#c8402f",
    "green": "#008f5d",
    "purple": "#a05195",
    "ochre": "#a67c00",
}
MAX_COLOURS = 6

# A dash pattern is written out so that SVG, PDF and PNG agree; "solid" is None.
_DASHES: dict[str, str | tuple[int, tuple[float, ...]]] = {
    "solid": "solid",
    "dashed": (0, (4.0, 1.6)),
    "dotted": (0, (1.0, 1.2)),
    "dashdot": (0, (5.0, 1.4, 1.0, 1.4)),
    "longdash": (0, (8.0, 2.0)),
}


@dataclass(frozen=True)
class SeriesStyle:
    """How a series is drawn: colour (#rrggbb), line style (a matplotlib value) and marker."""

    colour: str
    line: str | tuple[int, tuple[float, ...]]
    marker: str


# One hue per ask; "letter" solid, "now" dashed; red lets more through than happened; grey is what happened.
_SCENARIOS: dict[str, tuple[str, str, str]] = {
    "actual": (BASELINE, "solid", "o"),
    "no-controls": (PALETTE["red"], "solid", "s"),
    "letter-h20": (PALETTE["blue"], "solid", "D"),
    "letter-h20-narrow": (PALETTE["blue"], "dotted", "d"),
    "letter-diffusion": (PALETTE["ochre"], "solid", "^"),
    "letter-kyc": (PALETTE["green"], "solid", "v"),
    "letter-cxmt": (PALETTE["purple"], "solid", "P"),
    "letter-all": (PALETTE["navy"], "solid", "X"),
    "now-h20": (PALETTE["blue"], "dashed", "D"),
    "now-h20-narrow": (PALETTE["blue"], "longdash", "d"),
    "now-diffusion": (PALETTE["ochre"], "dashed", "^"),
    "now-kyc": (PALETTE["green"], "dashed", "v"),
    "now-cxmt": (PALETTE["purple"], "dashed", "P"),
    "now-all": (PALETTE["navy"], "dashed", "X"),
    "h20-never-restricted": (PALETTE["red"], "dashed", "h"),
    "a800-h800-closed": (PALETTE["blue"], "dashdot", "8"),
    "h200-open": (PALETTE["red"], "dotted", "p"),
    "h200-closed": (PALETTE["navy"], "dotted", "H"),
    "b30a-open": (PALETTE["red"], "dashdot", "*"),
    "affiliates-rule-on": (PALETTE["green"], "dotted", "<"),
    "affiliates-rule-off": (PALETTE["ochre"], "dotted", ">"),
}

CHANNELS = {
    "legal": PALETTE["blue"],
    "diverted": PALETTE["red"],
    "domestic": PALETTE["ochre"],
    "offshore": PALETTE["purple"],
    "remote": PALETTE["green"],
    "total": PALETTE["navy"],
}

# By family, so that six colours serve every chip sold to the PRC; the label says which chip it is.
_CHIPS = (
    ("a100", PALETTE["ochre"]),
    ("a800", PALETTE["red"]),
    ("h100", PALETTE["navy"]),
    ("h800", PALETTE["purple"]),
    ("h200", PALETTE["green"]),
    ("h20", PALETTE["blue"]),
    ("mi3", PALETTE["navy"]),
)


def scenario_style(scenario: str) -> SeriesStyle:
    """Return the fixed style of *scenario*; one nobody listed gets a dash-dot style chosen by its name."""
    if scenario in _SCENARIOS:
        colour, line, marker = _SCENARIOS[scenario]
    else:
        colours = list(PALETTE.values())
        colour, line, marker = colours[crc32(scenario.encode()) % len(colours)], "dashdot", "."
    return SeriesStyle(colour, _DASHES[line], marker)


def scenario_styles(scenarios: Iterable[str]) -> dict[str, SeriesStyle]:
    """Return the style of each scenario; raises FigureError if two would look the same."""
    styles = {scenario: scenario_style(scenario) for scenario in scenarios}
    seen: dict[tuple[str, object], str] = {}
    for scenario, style in styles.items():
        twin = seen.setdefault((style.colour, style.line), scenario)
        if twin != scenario:
            raise FigureError(
                f"scenarios {twin!r} and {scenario!r} would be drawn alike. "
                "Show them in two figures, or give one a style in charts/style.py."
            )
    return styles


def channel_colour(channel: str) -> str:
    """Return the fixed colour of a channel (baseline grey for one that has none)."""
    return CHANNELS.get(channel, BASELINE)


def chip_colour(chip_id: str) -> str:
    """Return the fixed colour of a chip's family (baseline grey for a family that has none)."""
    return next((colour for stem, colour in _CHIPS if chip_id.startswith(stem)), BASELINE)


def _settings(size: Size) -> dict[str, Any]:
    """Return the rcParams of the house style at *size*."""
    return {
        "font.family": [FONT],
        "font.size": size.text,
        "text.color": INK,
        "text.hinting": "none",
        "text.parse_math": False,  # two dollar signs in a sentence are money, not mathematics
        "axes.titlesize": size.text,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": size.text,
        "axes.labelcolor": MUTED,
        "axes.edgecolor": MUTED,
        "axes.linewidth": size.stroke * 0.4,
        "axes.axisbelow": True,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.spines.left": False,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.unicode_minus": True,
        "grid.color": GRID,
        "grid.linewidth": size.stroke * 0.35,
        "xtick.labelsize": size.text,
        "ytick.labelsize": size.text,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "xtick.major.size": size.text * 0.35,
        "xtick.minor.size": 0,
        "ytick.major.size": 0,
        "ytick.minor.size": 0,
        "lines.linewidth": size.stroke,
        "lines.markersize": size.marker,
        "lines.solid_capstyle": "butt",
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "savefig.bbox": None,
        "svg.fonttype": "none",
        "svg.hashsalt": "chipflows",
        "pdf.fonttype": 42,
        "path.simplify": False,
    }


@contextmanager
def house_style(size: Size) -> Iterator[None]:
    """Apply the house style at *size* inside the block and put every setting back after it.

    The user's own matplotlibrc is set aside, so a figure looks the same on every machine.
    """
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # leaves the backend alone
        for key, value in _settings(size).items():
            matplotlib.rcParams[key] = value  # type: ignore[index]
        yield
