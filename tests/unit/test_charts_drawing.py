"""What is refused once a figure is drawn, and how it is written: measured on the renderer."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflows import charts
from chipflows.charts import Figure
from chipflows.charts.labels import Box, place, spread
from chipflows.charts.roles import mark
from chipflows.charts.style import FONT, PALETTE, house_style
from chipflows.errors import FigureError

CARDS = {"filing": {"producer": "NVIDIA", "title": "Form 10-Q", "published_on": "2025-08-27"}}
Draw = Callable[[Any], None]


def bars(stage: Any) -> None:
    """Draw two honest bars."""
    axes = stage.panel()
    for bar in axes.bar([0, 1], [1.0, 2.0], color=PALETTE["blue"]):
        mark(bar, "data")


def figure(draw: Draw = bars, **other: Any) -> Figure:
    """Return a figure that keeps the contract, drawn by *draw*."""
    words: dict[str, Any] = {
        "id": "a_figure",
        "title": "Flows to the PRC fall after each letter, by $1bn to $2bn",
        "subtitle": "Chips reaching the PRC, thousand units per quarter, 2024Q1 to 2025Q4",
        "unit": "thousand units",
        "note": "Bars: medians.",
        "sources": ("filing",),
        "alt": "Two bars, the second twice as tall as the first.",
        "period": "2024Q1 to 2025Q4",
        "made_by": "tests",
        "data": pd.DataFrame({"quarter": ["2024Q1", "2024Q2"], "p50": [1.0, 2.0]}),
    }
    return Figure(**(words | {"draw": draw} | other))


def with_axes(extra: Callable[[Any, Any], None]) -> Draw:
    """Return a draw function: the honest bars, then *extra*(stage, axes)."""

    def draw(stage: Any) -> None:
        bars(stage)
        extra(stage, stage.page.axes[0])

    return draw


def render(draw: Draw, size: str = "column") -> Any:
    """Render a figure drawn by *draw*."""
    return charts.render(figure(draw), size, cards=CARDS)


def two_texts(stage: Any, axes: Any) -> None:
    """Write two texts over each other."""
    axes.text(0.2, 2.05, "First words")
    axes.text(0.22, 2.05, "Second words")


def seven_colours(stage: Any) -> None:
    """Draw seven bars, each of its own colour."""
    axes = stage.panel()
    for x, colour in enumerate([*PALETTE.values(), "#767676"]):
        mark(axes.bar([x], [1.0], color=colour)[0], "data")


def blank_line(stage: Any, axes: Any) -> None:
    """Draw a series of blanks."""
    mark(axes.plot([0, 1], [np.nan, np.nan], label="ghost")[0], "data")


def covered_line(stage: Any, axes: Any) -> None:
    """Draw a line with a text on it."""
    mark(axes.plot([0, 1], [2.5, 2.5])[0], "data")
    axes.text(0.4, 2.5, "On the line", va="center")


def half_clipped(stage: Any, axes: Any) -> None:
    """Write a text half above the panel that clips it."""
    axes.set_ylim(0, 2.5)
    axes.text(0.3, 2.5, "Clipped here", va="center", clip_on=True)


def legend_on_bars(stage: Any, axes: Any) -> None:
    """Put a legend on the bars."""
    axes.legend(axes.patches[:1], ["Bars and more"], loc="lower right")


def empty_panel(stage: Any) -> None:
    """Draw in one of two panels."""
    first, _ = stage.panels(1, 2)
    mark(first.bar([0], [1.0])[0], "data")


REFUSED: list[tuple[str, Draw, str]] = [
    ("overlap", with_axes(two_texts), "texts overlap: 'First words' and 'Second words'"),
    (
        "off the page",
        with_axes(lambda s, a: s.page.text(0.95, 0.5, "Runs off to the right")),
        "runs off the page: 'Runs off",
    ),
    ("clipped", with_axes(half_clipped), "cut by its panel: 'Clipped here'"),
    (
        "turned",
        with_axes(lambda s, a: a.text(0.4, 2.05, "Turned", rotation=90, va="top")),
        "turned by 90 degrees",
    ),
    ("small", with_axes(lambda s, a: a.text(0.4, 2.0, "Tiny", fontsize=3)), "text is 3.0 pt"),
    ("faint", with_axes(lambda s, a: a.text(0.4, 2.0, "Faint", color="#bbbbbb")), "contrast"),
    ("on a line", with_axes(covered_line), "text lies on data: 'On the line'"),
    (
        "on a bar",
        with_axes(lambda s, a: a.text(0.3, 1.5, "Half on a bar and off it")),
        "text lies on data: 'Half on",
    ),
    ("legend", with_axes(legend_on_bars), "a legend lies on data"),
    ("colours", seven_colours, "7 colours, at most 6"),
    ("blanks", with_axes(blank_line), "series 'ghost' holds no number"),
    ("empty panel", empty_panel, "panel 2 '' is empty"),
    ("no panel", lambda stage: None, "the figure has no panel"),
    (
        "second scale",
        with_axes(lambda s, a: mark(a.twinx().plot([0, 1], [3, 4])[0], "data")),
        "two axes on one panel",
    ),
    ("glyph", with_axes(lambda s, a: a.text(0.3, 2.0, "\N{CJK UNIFIED IDEOGRAPH-82AF}")), "no glyph for"),
]


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize(("draw", "says"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_broken_picture_is_refused_and_the_culprit_named(draw: Draw, says: str) -> None:
    with pytest.raises(FigureError) as caught:
        render(draw)
    assert says in str(caught.value)


def test_a_sound_picture_passes_at_every_size_with_and_without_words() -> None:
    for size in charts.SIZES:
        page = charts.render(figure(), size, cards=CARDS)
        assert any("Source: NVIDIA" in text.get_text() for text in page.texts)
        assert charts.render(figure(), size, cards=CARDS, bare=True).texts == []


def test_two_dollar_signs_in_a_title_stay_money() -> None:
    words = " ".join(text.get_text() for text in render(bars).texts)
    assert "$1bn to $2bn" in words


def test_an_unknown_size_and_a_missing_card_are_refused() -> None:
    with pytest.raises(FigureError, match="Did you mean slide"):
        charts.render(figure(), "slides", cards=CARDS)
    with pytest.raises(FigureError, match="unknown source card 'filing'"):
        charts.render(figure(), cards={})


def test_words_that_leave_no_room_for_the_picture_are_refused() -> None:
    with pytest.raises(FigureError, match="Shorten the note"):
        charts.render(figure(note="many words " * 200), "column", cards=CARDS)


def test_the_style_is_applied_inside_the_block_and_leaves_nothing_behind() -> None:
    import matplotlib

    matplotlib.rcParams["font.size"] = 17.0
    with house_style(charts.SIZES["slide"]):
        assert matplotlib.rcParams["font.family"] == [FONT] and matplotlib.rcParams["font.size"] != 17.0
    assert matplotlib.rcParams["font.size"] == 17.0
    matplotlib.rcdefaults()


def test_the_font_is_the_one_matplotlib_ships() -> None:
    import matplotlib
    from matplotlib.font_manager import FontProperties, findfont

    for weight in ("normal", "bold"):
        found = Path(findfont(FontProperties(family=[FONT], weight=weight), fallback_to_default=False))
        assert found.resolve().is_relative_to(Path(matplotlib.get_data_path()).resolve())


def test_a_refused_figure_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    target = charts.export(figure(), tmp_path / "a_figure", ["column"], cards=CARDS)
    before = {item.name: item.read_bytes() for item in target.iterdir()}
    with pytest.raises(FigureError):
        charts.export(figure(with_axes(two_texts)), target, ["column"], cards=CARDS)
    assert {item.name: item.read_bytes() for item in target.iterdir()} == before
    with pytest.raises(FigureError):
        charts.export(figure(with_axes(two_texts)), tmp_path / "new" / "fig", ["column"], cards=CARDS)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a_figure"]


def test_an_interrupted_write_leaves_the_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chipflows.charts import folder

    target = tmp_path / "fig"
    folder._replace_folder(target, {"data.csv": b"old"})

    def interrupted(self: Path, content: bytes) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_bytes", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folder._replace_folder(target, {"data.csv": b"new"})
    assert (target / "data.csv").read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_a_folder_with_other_peoples_files_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(FigureError, match=r"thesis\.docx"):
        charts.export(figure(), tmp_path, ["column"], cards=CARDS)
    (tmp_path / "file").write_text("")
    with pytest.raises(FigureError, match="is a file"):
        charts.export(figure(), tmp_path / "file", ["column"], cards=CARDS)


def test_no_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FigureError, match="no size"):
        charts.export(figure(), tmp_path / "x", [], cards=CARDS)


def test_an_exported_folder_holds_words_data_and_pictures(tmp_path: Path) -> None:
    target = charts.export(figure(), tmp_path / "a_figure", ["column", "square"], cards=CARDS)
    kinds = [f"figure{size}.{kind}" for size in ("", "-square") for kind in ("png", "svg", "pdf")]
    assert sorted(item.name for item in target.iterdir()) == sorted(["data.csv", "figure.yaml", *kinds])
    spec = yaml.safe_load((target / "figure.yaml").read_text())
    assert spec["source"] == "Source: NVIDIA, Form 10-Q (27 August 2025)" and spec["alt"] == figure().alt
    assert (target / "data.csv").read_text() == "quarter,p50\n2024Q1,1\n2024Q2,2\n"
    svg = (target / "figure.svg").read_text()
    assert ">Note: Bars: medians.</text>" in svg and "Two bars, the second" in svg
    png = (target / "figure.png").read_bytes()
    assert int.from_bytes(png[16:20]) == 1950  # 6.5 inches at 300 dots an inch


def test_a_cell_that_a_spreadsheet_would_run_is_defused() -> None:
    from chipflows.csvtext import csv_text

    frame = pd.DataFrame(
        {"=name": ["=1+1", "@cmd", "-5", "+1,000%", "plain"], "value": [-1.5, 0.1 + 0.2, 1e12, 2.0, 3.0]}
    )
    rows = csv_text(frame).splitlines()
    assert rows[0] == "'=name,value" and rows[1] == "'=1+1,-1.5" and rows[2] == "'@cmd,0.3"
    assert rows[3] == "-5,1e+12" and rows[4] == '"+1,000%",2' and rows[5] == "plain,3"


EXPORT = """
import sys; sys.path.insert(0, sys.argv[2])
from test_charts_drawing import CARDS, figure
from chipflows import charts
charts.export(figure(), sys.argv[1], ["column"], cards=CARDS)
"""


def test_the_bytes_are_the_same_in_every_process_and_hash_seed(tmp_path: Path) -> None:
    digests = []
    for seed in ("1", "4242"):
        where = tmp_path / seed / "fig"
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": f"UTC{seed[0]}"}
        command = [sys.executable, "-c", EXPORT, str(where), str(Path(__file__).parent)]
        subprocess.run(command, check=True, env=environment)
        digests.append({item.name: hashlib.sha256(item.read_bytes()).hexdigest() for item in where.iterdir()})
    assert digests[0] == digests[1] and len(digests[0]) == 5


def test_a_notebook_gets_the_picture_with_its_alt_text() -> None:
    shown = charts.show(figure(), cards=CARDS)
    data, metadata = shown._repr_mimebundle_()
    assert data["text/plain"] == figure().alt and metadata["image/png"]["alt"] == figure().alt
    quoted = charts.html(figure(alt='Two "bars" & a <script> in the alt text.'), cards=CARDS)
    assert "<script>" not in quoted and "&lt;script&gt;" in quoted


points = st.tuples(st.floats(60, 540), st.floats(60, 340))


@settings(max_examples=40, deadline=None)
@given(st.lists(points, min_size=1, max_size=14, unique=True), st.integers(20, 90))
def test_placed_labels_never_touch_one_another_nor_an_obstacle_nor_leave_the_frame(
    anchors: list[tuple[float, float]], width: int
) -> None:
    frame = Box(0, 0, 600, 400)
    marks = [Box(x - 4, y - 4, x + 4, y + 4) for x, y in anchors]
    boxes = place(anchors, [(width, 12)] * len(anchors), frame, marks)
    assert boxes == place(anchors, [(width, 12)] * len(anchors), frame, marks)
    for number, box in enumerate(boxes):
        assert frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
        assert not any(box.overlaps(other) for other in [*boxes[:number], *marks])


def test_labels_without_room_are_named() -> None:
    with pytest.raises(FigureError, match="no room for the labels Wide one"):
        place([(50, 50)], [(200, 12)], Box(0, 0, 100, 100), names=["Wide one"])


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(5, 20)), min_size=1, max_size=12))
def test_spread_labels_keep_their_order_and_do_not_overlap(labels: list[tuple[float, float]]) -> None:
    centres, heights = [c for c, _ in labels], [h for _, h in labels]
    moved = spread(centres, heights, 0, 300)
    order = sorted(range(len(labels)), key=lambda i: (centres[i], i))
    edges = [(moved[i] - heights[i] / 2, moved[i] + heights[i] / 2) for i in order]
    assert edges[0][0] >= -1e-6 and edges[-1][1] <= 300 + 1e-6
    assert all(low[1] <= high[0] + 1e-6 for low, high in pairwise(edges))


def test_spread_leaves_labels_that_fit_and_refuses_too_many() -> None:
    # Two labels of height 10 wished at 50 and 52 touch, so they share the middle 51: centres 46 and 56.
    assert spread([50, 52, 90], [10, 10, 10], 0, 100) == pytest.approx([46, 56, 90])
    with pytest.raises(FigureError, match="fewer series"):
        spread([1, 2], [60, 60], 0, 100)


def test_the_other_primitives_draw_and_pass_the_checks() -> None:
    from chipflows.charts.matrix import draw_matrix
    from chipflows.charts.ranges import draw_quantile_dots
    from chipflows.charts.tornado import draw_tornado

    inputs = pd.DataFrame(
        {
            "label": ["Diverted, level", "Licence approval"],
            "at_low": [2.0e6, 3.4e6],
            "at_high": [5.1e6, 3.9e6],
            "low_words": ["100k", "10%"],
            "high_words": ["900k", "80%"],
        }
    )
    table = pd.DataFrame({"DRAM node": ["yes", "no"], "1260H list": ["no", None]}, index=["Tools", "Spares"])

    def dots(stage: Any) -> None:
        axes = stage.panel()
        draw_quantile_dots(stage, axes, np.linspace(1, 3, 400).tolist(), 0, PALETTE["blue"])
        axes.set_ylim(-1, 0.5)

    for size in charts.SIZES:
        charts.render(figure(lambda s: draw_tornado(s, s.panel(), inputs, 3.6e6)), size, cards=CARDS)
        charts.render(
            figure(lambda s: draw_matrix(s.panel(), table, {"yes": PALETTE["red"]})), size, cards=CARDS
        )
        charts.render(figure(dots), size, cards=CARDS)


def test_a_frame_without_its_column_is_refused() -> None:
    from chipflows.charts.tornado import draw_tornado

    with pytest.raises(FigureError, match="rows for a tornado: no column at_low"):
        charts.render(
            figure(lambda s: draw_tornado(s, s.panel(), pd.DataFrame({"label": ["x"]}), 0.0)), cards=CARDS
        )


def test_stacked_columns_add_medians_and_whiskers_show_each_part() -> None:
    from chipflows.charts.stacks import draw_stacks

    rows = pd.DataFrame(
        {
            "channel": ["legal", "diverted"] * 2,
            "quarter": ["2024Q1", "2024Q1", "2024Q2", "2024Q2"],
            "p05": [1.0, 2.0, 0.0, 2.0],
            "p50": [2.0, 3.0, 0.0, 4.0],
            "p95": [3.0, 5.0, 0.0, 6.0],
        }
    )

    def draw(stage: Any) -> None:
        colours = {"legal": PALETTE["blue"], "diverted": PALETTE["red"]}
        draw_stacks(stage, stage.panel(), rows, "channel", ["legal", "diverted"], colours, {})

    axes = render(draw).axes[0]
    # The diverted part of 2024Q1 stands on the legal median 2, its whisker runs from 2 + 2 to 2 + 5.
    assert [(bar.get_y(), bar.get_height()) for bar in axes.patches] == [(0, 2), (2, 3), (0, 4)]
    tops = [segment[:, 1].tolist() for lines in axes.collections for segment in lines.get_segments()]
    assert [4.0, 7.0] in tops and [1.0, 3.0] in tops
    assert {"legal", "diverted"} <= {text.get_text() for text in axes.texts}
