"""What was computed, as kept in claims.csv, and whether a text's numbers still agree with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from chipflows.errors import InputError
from chipflows.reports.gallery import WORDS
from chipflows.reports.prose import Figure, cites, numbers_in, passages
from chipflows.yamltext import read_yaml

__all__ = [
    "CLAIMS",
    "CLAIM_COLUMNS",
    "Finding",
    "Record",
    "check_text",
    "claim_drift",
    "claims_frame",
    "record_of",
]

CLAIMS = "claims.csv"
CLAIM_COLUMNS = ["name", "sentence", "value", "unit", "p05", "p95", "scenario", "cell", "source_ids"]
_SIGNED = frozenset({"usd", "share"})  # units that prose writes as a sign
_SAME_SENTENCE = 0.8
_FEWEST_WORDS = 6
_SHORTEST_REPEAT = 20
_TOLERANCE = 1e-5
_LONGEST_READ = 5_000_000


@dataclass(frozen=True)
class Record:
    """What a run recorded: its claims (one row each, with the notebook) and the words of its figures."""

    claims: pd.DataFrame
    words: frozenset[str]


@dataclass(frozen=True)
class Finding:
    """What became of one number of a text: recorded, cited, stale or unknown, and by which claim."""

    line: int
    number: str
    status: str
    says: str
    claim: str = ""
    where: str = ""


def claims_frame(claims: Iterable[Mapping[str, Any]], notebook: str = "") -> pd.DataFrame:
    """Return claims as a table in the columns of claims.csv, the notebook first if it is named."""
    frame = pd.DataFrame(list(claims), columns=CLAIM_COLUMNS)
    if notebook:
        frame.insert(0, "notebook", notebook)
    return frame


def record_of(folder: Path, names: Iterable[str] = ()) -> Record:
    """Return what a report or the published figures in *folder* recorded: claims, figures' words, cells.

    *names*: texts that a briefing may hold as they are, such as the titles of sources. Raises InputError when
    it holds no claims.
    """
    files = sorted([*folder.glob(CLAIMS), *folder.glob(f"*/{CLAIMS}")])
    if not files:
        raise InputError(
            f"{folder} holds no {CLAIMS}. Make a report first: make report. Or name one with --against."
        )
    frames = [pd.read_csv(path, dtype={"notebook": str, "unit": str}) for path in files]
    named = [
        frame if "notebook" in frame else frame.assign(notebook=path.parent.name)
        for frame, path in zip(frames, files, strict=True)
    ]
    return Record(
        pd.concat(named, ignore_index=True), frozenset([*_figure_words(folder), *_cells(folder), *names])
    )


def _figure_words(folder: Path) -> Iterator[str]:
    """Yield what the figures of a folder say: a text may repeat it as it stands."""
    for path in sorted(folder.glob("**/figure.yaml")):
        words = read_yaml(path, str(path), InputError) or {}
        yield from (_plain(str(words[name])) for name in WORDS if words.get(name))


def _cells(folder: Path) -> Iterator[str]:
    """Yield the cells of the tables on a report's pages."""
    from lxml import html

    for path in sorted(folder.glob("*.html")):
        if path.name != "index.html":
            root: Any = html.fromstring(path.read_bytes())
            yield from (_plain(cell.text_content()) for cell in root.xpath("//td | //th[@scope='row']"))


def check_text(text: str, record: Record, is_source: Callable[[str], bool]) -> list[Finding]:
    """Return what became of each number in *text* (Markdown or plain), by line.

    A passage that says a recorded sentence with other numbers is stale; a number is recorded when it is the
    value, or an end of the interval, of a claim as far as it is written out; it is cited when its passage
    names a source. Raises InputError for a text too long to be a briefing.
    """
    if len(text) > _LONGEST_READ:
        raise InputError(f"the text has {len(text):,} characters. Check a briefing, not a book.")
    sentences = {
        sentence: _words(sentence) for sentence in dict.fromkeys(record.claims["sentence"].astype(str))
    }
    found = []
    for line, words in passages(text):
        for part, figures in _by_sentence(_without(_plain(words), record.words)):
            near = _nearest(part, sentences)
            rows = record.claims[record.claims["sentence"] == near] if near else record.claims
            found += [
                _finding(line, part, figure, rows, bool(near), cites(words, is_source)) for figure in figures
            ]
    return found


def _without(words: str, known: frozenset[str]) -> str:
    """Return a passage without the words of figures it repeats; "" for one that is a table's cell."""
    if words in known:
        return ""
    for one in sorted(known, key=len, reverse=True):
        words = words.replace(one, " ") if len(one) > _SHORTEST_REPEAT else words
    return words


def _by_sentence(words: str) -> Iterator[tuple[str, list[Figure]]]:
    """Yield the sentences of a passage that hold numbers, each with its own."""
    for part in re.split(r"(?<=[.!?])\s+(?=[A-Z\"(])", words):
        held = numbers_in(part)
        if held:
            yield part, held


def _nearest(part: str, sentences: Mapping[str, frozenset[str]]) -> str:
    """Return the recorded sentence that holds nearly all the words of *part*, "" if none does."""
    mine = _words(part)
    if len(mine) < _FEWEST_WORDS or not sentences:
        return ""
    best = max(sentences, key=lambda known: len(mine & sentences[known]))
    return best if len(mine & sentences[best]) >= _SAME_SENTENCE * len(mine) else ""


def _finding(
    line: int, words: str, figure: Figure, rows: pd.DataFrame, is_near: bool, is_cited: bool
) -> Finding:
    """Return what became of one number."""
    shown = words if len(words) <= 160 else words[:157] + "…"
    for row in rows.to_dict("records"):
        if _agrees(figure, row):
            place = f"{row['notebook']} {row.get('cell', '')}".strip()
            return Finding(line, figure.text, "recorded", shown, str(row["name"]), place)
    if is_cited:
        return Finding(line, figure.text, "cited", shown)
    if is_near:
        first = rows.iloc[0]
        return Finding(line, figure.text, "stale", shown, str(first["sentence"]), str(first["notebook"]))
    return Finding(line, figure.text, "unknown", shown)


def _agrees(figure: Figure, row: Mapping[Hashable, Any]) -> bool:
    """Return whether a number is one of a claim's, as far as it is written out; falls have no sign."""
    unit = str(row["unit"])
    if figure.unit != (unit if unit in _SIGNED else ""):
        return False
    ends = (row["value"], row["p05"], row["p95"])
    reach = figure.precision * (1 + 1e-9) + 1e-12
    return any(abs(abs(float(end)) - abs(figure.value)) <= reach for end in ends if end == end)


def _words(sentence: str) -> frozenset[str]:
    """Return a sentence's words without its numbers, for comparing."""
    return frozenset(re.findall(r"[a-z]+", re.sub(r"\S*\d\S*", " ", sentence.lower())))


def _plain(text: str) -> str:
    """Return *text* with white space as one blank."""
    return " ".join(text.split())


def claim_drift(published: pd.DataFrame, made: pd.DataFrame) -> list[str]:
    """Return how the *published* claims of a notebook differ from those just *made*, [] if they do not."""
    if list(published["sentence"]) != list(made["sentence"]) or list(published["name"]) != list(made["name"]):
        before, after = set(published["sentence"]), set(made["sentence"])
        gone = [f"no longer said: {sentence}" for sentence in published["sentence"] if sentence not in after]
        new = [f"not published: {sentence}" for sentence in made["sentence"] if sentence not in before]
        return list(dict.fromkeys([*gone, *new])) or ["the order of the sentences changed"]
    off = (published["value"] - made["value"]).abs() > _TOLERANCE * made["value"].abs()
    return [f"{row['name']} is not {row['value']:g} any more" for row in published[off].to_dict("records")]
