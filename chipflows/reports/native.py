"""Charts that PowerPoint draws from an embedded workbook, in the house colours, intervals drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from lxml import etree
from pptx.chart.data import CategoryChartData, XyChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_LEGEND_POSITION, XL_MARKER_STYLE
from pptx.enum.chart import XL_TICK_LABEL_POSITION as TICKS
from pptx.enum.dml import MSO_LINE
from pptx.oxml.ns import qn
from pptx.util import Pt
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_range_abs

from chipflows.charts.colour import mix
from chipflows.charts.office import OfficeChart, OfficeSeries
from chipflows.charts.style import GRID, INK, MUTED
from chipflows.csvtext import harmless

__all__ = ["add_chart"]

_KINDS = {
    "line": XL_CHART_TYPE.LINE,
    "stacked": XL_CHART_TYPE.COLUMN_STACKED,
    "bars": XL_CHART_TYPE.BAR_CLUSTERED,
    "points": XL_CHART_TYPE.XY_SCATTER,
}
_MARKERS = (XL_MARKER_STYLE.CIRCLE, XL_MARKER_STYLE.SQUARE, XL_MARKER_STYLE.DIAMOND, XL_MARKER_STYLE.TRIANGLE)
_TEXT = Pt(12)
_EMU_A_POINT = 12700


def add_chart(slide: Any, chart: OfficeChart, box: Sequence[int], alt: str) -> Any:
    """Put *chart* on *slide* at *box* (left, top, width, height in EMU) with its alt text; return it."""
    frame = slide.shapes.add_chart(_KINDS[chart.kind], *box, _data(chart))
    names = frame._element.nvGraphicFramePr.cNvPr
    names.set("descr", alt)
    drawn = frame.chart
    drawn.font.size, drawn.font.color.rgb = _TEXT, _rgb(INK)
    drawn.has_title = bool(chart.heading)
    if chart.heading:
        drawn.chart_title.text_frame.text = chart.heading
        drawn.chart_title.text_frame.paragraphs[0].font.size = Pt(14)
    _axes(drawn, chart)
    if chart.kind == "points":
        _style_points(drawn, chart)
    elif chart.kind == "line":
        _style_lines(drawn, chart)
    else:
        _style_bars(drawn, chart)
        if chart.kind == "bars" and any(one.low for one in chart.series):
            drawn.part.chart_workbook.update_from_xlsx_blob(_sheet_with_lengths(chart))
    _legend(drawn, chart)
    return frame


def _data(chart: OfficeChart) -> Any:
    """Return the numbers as python-pptx takes them; text that a spreadsheet would run is made harmless."""
    if chart.kind == "points":
        points = XyChartData(number_format=chart.number_format)
        for one in chart.series:
            series = points.add_series(harmless(one.name))
            for x, y in zip(one.x, one.numbers, strict=True):
                series.add_data_point(x, y)
        return points
    data = CategoryChartData(number_format=chart.number_format)
    data.categories = [harmless(name) for name in chart.categories]
    for one in chart.series:
        data.add_series(harmless(one.name), one.numbers)
        if chart.kind == "line" and one.low:
            data.add_series(harmless(f"{one.name}, 5th percentile"), one.low)
            data.add_series(harmless(f"{one.name}, 95th percentile"), one.high)
    return data


def _axes(drawn: Any, chart: OfficeChart) -> None:
    """Style the axes: light gridlines, categories low, a log scale where the figure has one."""
    value, category = drawn.value_axis, drawn.category_axis
    value.major_gridlines.format.line.color.rgb = _rgb(GRID)
    value.format.line.fill.background()
    value.tick_labels.number_format = chart.number_format
    value.tick_labels.number_format_is_linked = False
    category.tick_label_position = TICKS.LOW
    category.format.line.color.rgb = _rgb(MUTED)
    category.has_major_gridlines = False
    if chart.kind == "bars":
        _name_every(category)
        category.tick_labels.font.size = _TEXT if len(chart.categories) <= 10 else Pt(10)
    if chart.kind == "bars":
        value.minimum_scale, value.maximum_scale = _span(chart)
        category.reverse_order = True
        value.tick_label_position = TICKS.HIGH
    if chart.is_log:
        _make_log(value)
    if chart.kind == "points":
        if chart.is_log:
            _make_log(category)
        for axis, name in zip((category, value), chart.axes, strict=True):
            axis.has_title = bool(name)
            axis.axis_title.text_frame.text = name
            axis.axis_title.text_frame.paragraphs[0].font.size = _TEXT


def _name_every(axis: Any) -> None:
    """Have every category named, where an office program would leave some out."""
    skip = etree.Element(qn("c:tickLblSkip"))
    skip.set("val", "1")
    before = axis._element.find(qn("c:noMultiLvlLbl"))
    if before is None:
        axis._element.append(skip)
    else:
        before.addprevious(skip)


def _span(chart: OfficeChart) -> tuple[float, float]:
    """Return round ends that hold zero, the bars and their intervals, which PowerPoint would cut off."""
    ends = [end for one in chart.series for part in (one.numbers, one.low, one.high) for end in part]
    low, high = min(0.0, *(end or 0 for end in ends)), max(0.0, *(end or 0 for end in ends))
    rough = (high - low or 1.0) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= rough)
    return math.floor(low / step) * step, math.ceil(high / step) * step


def _make_log(axis: Any) -> None:
    """Give an axis a logarithmic scale, which python-pptx has no word for."""
    scaling = axis._element.find(qn("c:scaling"))
    log = etree.SubElement(scaling, qn("c:logBase"))
    log.set("val", "10")
    scaling.insert(0, log)


def _style_lines(drawn: Any, chart: OfficeChart) -> None:
    """Draw each median solid and the ends of its interval thin and dotted, in one colour."""
    lines = iter(drawn.plots[0].series)
    for one in chart.series:
        for place in range(3 if one.low else 1):
            line = next(lines)
            line.smooth = False
            line.marker.style = XL_MARKER_STYLE.NONE
            line.format.line.color.rgb = _rgb(one.colour)
            line.format.line.width = Pt(1.0 if place else 2.5)
            if place:
                line.format.line.dash_style = MSO_LINE.ROUND_DOT
            elif one.is_second:
                line.format.line.dash_style = MSO_LINE.DASH


def _style_bars(drawn: Any, chart: OfficeChart) -> None:
    """Fill the bars and put the intervals on them."""
    plot = drawn.plots[0]
    plot.gap_width = 45
    plot.overlap = 100 if chart.kind == "stacked" else 0
    for place, (bars, one) in enumerate(zip(plot.series, chart.series, strict=True)):
        bars.invert_if_negative = False
        bars.format.fill.solid()
        bars.format.fill.fore_color.rgb = _rgb(mix(one.colour, 0.5) if one.is_second else one.colour)
        bars.format.line.color.rgb = _rgb(one.colour if one.is_second else "#ffffff")
        if one.low and chart.kind == "bars":
            _add_interval(bars, one, _length_columns(chart, place))


def _lengths(one: OfficeSeries) -> tuple[list[float], list[float]]:
    """Return how far each interval reaches above and below its median."""
    pairs = list(zip(one.numbers, one.low, one.high, strict=True))
    up = [round((high or 0) - (middle or 0), 6) for middle, _, high in pairs]
    down = [round((middle or 0) - (low or 0), 6) for middle, low, _ in pairs]
    return up, down


def _length_columns(chart: OfficeChart, place: int) -> tuple[int, int]:
    """Return the columns of the sheet (from 0) with the lengths above and below of the series at *place*."""
    first = 1 + len(chart.series) + 2 * place
    return first, first + 1


def _sheet_with_lengths(chart: OfficeChart) -> bytes:
    """Return the chart's workbook as python-pptx lays it out, with the lengths of the intervals beside it."""
    out = BytesIO()
    with Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("Sheet1")
        sheet.write_column(1, 0, [harmless(name) for name in chart.categories])
        for place, one in enumerate(chart.series):
            sheet.write_column(0, 1 + place, [harmless(one.name), *one.numbers])
            if one.low:
                up, down = _lengths(one)
                above, below = _length_columns(chart, place)
                sheet.write_column(0, above, [harmless(f"{one.name}, 95th percentile less median"), *up])
                sheet.write_column(0, below, [harmless(f"{one.name}, median less 5th percentile"), *down])
    return out.getvalue()


def _add_interval(bars: Any, one: OfficeSeries, columns: tuple[int, int]) -> None:
    """Add error bars from the 5th to the 95th percentile to a series, read from the sheet's *columns*."""
    errors = etree.Element(qn("c:errBars"))
    for tag, value in (("errBarType", "both"), ("errValType", "cust"), ("noEndCap", "0")):
        etree.SubElement(errors, qn(f"c:{tag}")).set("val", value)
    for tag, lengths, column in zip(("plus", "minus"), _lengths(one), columns, strict=True):
        reference = etree.SubElement(etree.SubElement(errors, qn(f"c:{tag}")), qn("c:numRef"))
        cells = xl_range_abs(1, column, len(lengths), column)
        etree.SubElement(reference, qn("c:f")).text = f"Sheet1!{cells}"
        cache = etree.SubElement(reference, qn("c:numCache"))
        etree.SubElement(cache, qn("c:formatCode")).text = "General"
        etree.SubElement(cache, qn("c:ptCount")).set("val", str(len(lengths)))
        for place, length in enumerate(lengths):
            point = etree.SubElement(cache, qn("c:pt"), idx=str(place))
            etree.SubElement(point, qn("c:v")).text = repr(length)
    line = etree.SubElement(
        etree.SubElement(errors, qn("c:spPr")), qn("a:ln"), w=str(int(1.5 * _EMU_A_POINT))
    )
    colour = etree.SubElement(etree.SubElement(line, qn("a:solidFill")), qn("a:srgbClr"))
    colour.set("val", INK.lstrip("#"))
    bars._element.find(qn("c:cat")).addprevious(errors)


def _style_points(drawn: Any, chart: OfficeChart) -> None:
    """Draw markers without lines, each with its name."""
    for place, (points, one) in enumerate(zip(drawn.plots[0].series, chart.series, strict=True)):
        points.format.line.fill.background()
        points.marker.style, points.marker.size = _MARKERS[place % len(_MARKERS)], 9
        points.marker.format.fill.solid()
        points.marker.format.fill.fore_color.rgb = _rgb(one.colour)
        for number, label in enumerate(one.labels):
            if not label:
                continue
            name = points.points[number].data_label
            name.text_frame.text = label
            name.text_frame.paragraphs[0].font.size = Pt(10)
            name.position = XL_LABEL_POSITION.RIGHT


def _legend(drawn: Any, chart: OfficeChart) -> None:
    """Show a legend where there is more than one series, without the ends of intervals."""
    drawn.has_legend = len(chart.series) > 1
    if not drawn.has_legend:
        return
    drawn.legend.position, drawn.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
    drawn.legend.font.size = _TEXT
    place, at = 0, drawn.legend._element.find(qn("c:legendPos"))
    for one in chart.series:
        for end in range(3 if chart.kind == "line" and one.low else 1):
            if end:
                entry = etree.Element(qn("c:legendEntry"))
                etree.SubElement(entry, qn("c:idx")).set("val", str(place))
                etree.SubElement(entry, qn("c:delete")).set("val", "1")
                at.addnext(entry)
                at = entry
            place += 1


def _rgb(colour: str) -> RGBColor:
    """Return "#rrggbb" as python-pptx takes it."""
    return RGBColor(*bytes.fromhex(colour.lstrip("#")))
