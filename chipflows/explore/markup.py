"""What the panel shows as HTML; everything that is not ours is escaped here and nowhere else."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape

import pandas as pd

from chipflows import charts
from chipflows.charts.numbers import about, compact, percent
from chipflows.charts.words import scenario_name
from chipflows.explore.answer import Answer
from chipflows.explore.scenario import UNSAVED, Change, lever_sources, value_words
from chipflows.flows.levers import LEVERS
from chipflows.law.places import place_name
from chipflows.reports import Number

__all__ = [
    "changes_table",
    "download",
    "error_box",
    "figure_html",
    "headline_table",
    "law_html",
    "lever_note",
    "place_words",
    "sentence_html",
]


def _short(name: str) -> str:
    return "Your scenario" if name == UNSAVED else scenario_name(name)


def place_words(code: str) -> str:
    """Return a country as a list shows it: "Malaysia", without the article, or its code."""
    words = place_name(code).removeprefix("the ")
    return words[:1].upper() + words[1:]


def lever_note(name: str) -> str:
    """Return what a lever means, what it accepts, its default and where its range comes from."""
    lever = LEVERS[name]
    parts = [escape(lever.meaning)]
    if lever.low is not None and lever.high is not None:
        parts.append(f"From {lever.low:g} to {lever.high:g}.")
    parts.append(f"Default: {escape(value_words(lever.default))}.")
    parts.append("Sources: " + escape(", ".join(lever_sources(name))) + ".")
    return f"<p>{' '.join(parts)}</p>"


def error_box(text: str) -> str:
    """Return an error in words, which a screen reader announces."""
    if not text:
        return ""
    return f'<div class="cf-error" role="alert"><strong>Not done.</strong> {escape(text)}</div>'


def sentence_html(answer: Answer) -> str:
    """Return the claim, and a button that copies it with how it was made."""
    claim = f"{answer.sentence.text} ({answer.how_sure})"
    copy = "navigator.clipboard.writeText(this.dataset.text).then(()=>{this.textContent='Copied'})"
    return (
        f'<p class="cf-sentence">{escape(answer.sentence.text)}</p>'
        f'<p class="cf-sure">{escape(answer.how_sure)} '
        f'<button type="button" class="cf-copy" data-text="{escape(claim, quote=True)}" onclick="{copy}">'
        "Copy sentence</button></p>"
    )


def figure_html(figure: charts.Figure) -> str:
    """Return a house figure: its words as text, its picture drawn without them, alt text kept."""
    drawn = charts.picture(figure, bare=True)
    encoded = base64.b64encode(drawn.png).decode()
    return (
        f'<figure class="cf-figure"><figcaption><strong>{escape(figure.title)}</strong>'
        f"<br>{escape(figure.subtitle)}</figcaption>"
        f'<img alt="{escape(figure.alt, quote=True)}" src="data:image/png;base64,{encoded}">'
        f'<p class="cf-note">{escape(figure.note)} '
        f"{escape(charts.source_line(figure.sources, _cards()))}</p></figure>"
    )


def _cards() -> dict[str, object]:
    from chipflows import tables

    return dict(tables.cards())


def _cell(row: pd.Series, prefix: str, unit: str, *, signed: bool = False) -> str:
    kind = "usd" if unit == "usd" else ""
    low, middle, high = (float(row[f"{prefix}{name}"]) for name in ("p05", "p50", "p95"))
    sign = "+" if signed and middle > 0 else ""
    exact = f'data-p05="{low!r}" data-p50="{middle!r}" data-p95="{high!r}"'
    return (
        f'<span class="cf-value" {exact}>{sign}{compact(middle, kind)}<br>'
        f"<small>{compact(low, kind)} to {compact(high, kind)}</small></span>"
    )


def headline_table(answer: Answer) -> str:
    """Return the headline table: each channel under both scenarios and the change, then by PRC policy."""
    unit = answer.state.metric
    heads = ["", _short(answer.ours)]
    if answer.is_compared:
        heads += [_short(answer.state.against), "Change"]
    rows = []
    for _, row in answer.headline.iterrows():
        cells = [_cell(row, "", unit)]
        if answer.is_compared:
            cells += [_cell(row, "against_", unit), _cell(row, "difference_", unit, signed=True)]
        rows.append((str(row["name"]), cells))
    rows += _beside_rows(answer)
    regimes = [
        (str(row["name"]), [_cell(row, "", unit, signed=answer.is_compared)])
        for _, row in answer.by_regime.iterrows()
    ]
    what = "Change" if answer.is_compared else "Level"
    return _table("Median; below it, where 90% of draws lie", heads, rows) + _table(
        f"{what} of the total, by the PRC's own policy from late 2026", ["", what], regimes
    )


def _beside_rows(answer: Answer) -> list[tuple[str, list[str]]]:
    if answer.state.metric == "usd":
        return []
    told = {"us_prc_ratio": "US stock over the PRC's", "us_designed_share": "US-designed share of it"}
    names = [answer.ours, *([answer.state.against] if answer.is_compared else [])]
    rows = []
    for variable, words in told.items():
        cells = [_ratio(answer.beside[name][variable]) for name in names]
        rows.append((words, cells + ([""] if answer.is_compared else [])))
    return rows


def _ratio(value: Number) -> str:
    write = percent if value.unit == "share" else about
    assert value.p05 is not None and value.p95 is not None
    return f"{write(value.value)}<br><small>{write(value.p05)} to {write(value.p95)}</small>"


def _table(caption: str, heads: Iterable[str], rows: Iterable[tuple[str, list[str]]]) -> str:
    """Return a table whose row names are plain text and whose cells are our own markup."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' if name else "<td></td>" for name in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        for name, cells in rows
    )
    return (
        f'<table class="cf-table"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def law_html(told: pd.DataFrame) -> str:
    """Return the decisions of `law_in_force`, each with its explanation and its citations."""
    parts = []
    for row in told.to_dict("records"):
        under = "" if len(told) == 1 else f"{escape(_short(str(row['scenario'])))}: "
        policy = f"; review: {escape(str(row['review_policy']))}" if row["review_policy"] else ""
        rules = "".join(_rule(rule) for rule in row["rules"])
        parts.append(
            f"<p><strong>{under}{escape(str(row['licence']))}</strong>{policy}.</p>"
            f"<details><summary>Why, and by which rules ({len(row['rules'])})</summary>"
            f"<p>{escape(str(row['explanation']))}</p><ul>{rules}</ul></details>"
        )
    return "".join(parts)


def _rule(rule: dict[str, str | None]) -> str:
    cited, url = escape(str(rule["citation"])), str(rule["url"] or "")
    if not url.startswith(("https://", "http://")):
        return f"<li>{cited}</li>"
    return f'<li><a href="{escape(url, quote=True)}" rel="noreferrer" target="_blank">{cited}</a></li>'


def changes_table(changes: Iterable[Change]) -> str:
    """Return the list of what was changed, against what, with its meaning and sources."""
    rows = [
        (
            change.what,
            [
                escape(change.value),
                escape(change.default),
                f"{escape(change.meaning)}<br><small>{escape(', '.join(change.sources))}</small>",
            ],
        )
        for change in changes
    ]
    if not rows:
        return "<p>Nothing: this is the law as it happened, with every lever at its default.</p>"
    return _table(
        "What differs from the law as it happened", ["", "Here", "Default", "Meaning, sources"], rows
    )


def download(name: str, content: bytes, kind: str, words: str) -> str:
    """Return a link that downloads *content* as the file *name*."""
    encoded = base64.b64encode(content).decode()
    return (
        f'<a class="cf-download" download="{escape(name, quote=True)}" '
        f'href="data:{escape(kind, quote=True)};base64,{encoded}">{escape(words)}</a>'
    )
