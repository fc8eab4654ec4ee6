"""A number in a text is recorded, cited, or named as stale or unknown; names and dates are no results."""

from pathlib import Path

import pandas as pd
import pytest

from chipflows.errors import InputError
from chipflows.reports.claims import check_text, claim_drift, claims_frame, record_of
from chipflows.reports.prose import numbers_in, passages, uncited
from chipflows.reports.texts import text_of

SENTENCE = (
    "The PRC holds about 3.7 million (between 2.2 and 8 million) H100e at the end of 2028Q4; "
    "US vendors forgo about $4.9 billion, in 93% of draws."
)


def claim(name: str, value: float, unit: str, p05: float | None = None, p95: float | None = None) -> dict:
    return {"name": name, "sentence": SENTENCE, "value": value, "unit": unit, "p05": p05, "p95": p95,
            "scenario": "actual", "cell": "c07", "source_ids": "epoch_repo_apr"}  # fmt: skip


CLAIMS = [
    claim("stock", 3_733_796.0, "h100e", 2_231_910.0, 7_969_779.0),
    claim("cost", 4.87e9, "usd"),
    claim("sure", 0.9313, "share"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "report" / "00-briefing"
    (place / "figures" / "costs").mkdir(parents=True)
    claims_frame(CLAIMS).to_csv(place / "claims.csv", index=False)
    (place / "figures" / "costs" / "figure.yaml").write_text("title: The ask costs $9.9bn over 8 years\n")
    return tmp_path / "report"


def statuses(text: str, folder: Path) -> list[tuple[str, str]]:
    found = check_text(text, record_of(folder), {"cnas_full"}.__contains__)
    return [(item.number, item.status) for item in found]


@pytest.mark.parametrize(
    "text",
    [
        "On 3 February 2025 (2025-02-03, April 2022, 2025Q2, FY2026Q1, 2022-23) they wrote.",
        "The H20, A800, RTX 4090D, HBM3E, 3A090.a and a 10-Q; the 1260H list and the 5th to 95th percentile.",
        "Under 744.23(a)(3), section 1758, 15 CFR part 744, 91 FR 1684 and ECRA 4815(c).",
        "1. A list\n2. of things",
        "HS 8471 and 8473 hold more. See 50-combinations and Figure 2. Exits 0 when done.",
        "In brackets what holds 90% of draws, and the 50% rule.",
        "```\n342 chips\n```\n\n    999 indented\n\n`chipflows figures --draws 4096`",
    ],
)
def test_names_dates_and_code_are_no_results(text: str) -> None:
    assert list(uncited(text, lambda _: False)) == []


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("about 340,000 chips", 340_000, ""),
        ("$4.2 billion", 4.2e9, "usd"),
        ("$4.9bn", 4.9e9, "usd"),
        ("a share of 31%", 0.31, "share"),
        ("710k of them", 710_000, ""),
        ("in 2,025 cases", 2025, ""),
        ("moved by \N{MINUS SIGN}350k", -350_000, ""),
    ],
)
def test_results_are_read_with_their_scale_and_unit(text: str, value: float, unit: str) -> None:
    (number,) = numbers_in(text)

    assert (number.value, number.unit) == (pytest.approx(value), unit)


@pytest.mark.parametrize(
    "text",
    [
        "About 340,000 [NVIDIA says](https://example.org).",
        "About 340,000 (`cnas_full`).",
        "About 340,000 <!-- given: measured on two cores -->.",
    ],
)
def test_a_number_whose_passage_names_a_source_is_cited(text: str) -> None:
    assert list(uncited(text, {"cnas_full"}.__contains__)) == []


@pytest.mark.parametrize("text", ["About 340,000 (see `elsewhere`).", "About 340,000 [below](#there)."])
def test_code_that_is_no_source_and_links_within_cite_nothing(text: str) -> None:
    assert [figure.text for _, _, figure in uncited(text, {"cnas_full"}.__contains__)] == ["340,000"]


def test_passages_keep_their_line_and_list_items_stand_alone() -> None:
    text = "# Title\n\nOne\ntwo.\n\n* three\n* four\n"

    assert list(passages(text)) == [(1, "Title"), (3, "One two."), (6, "three"), (7, "four")]


def test_what_was_recorded_is_found_as_far_as_it_is_written_out(folder: Path) -> None:
    text = "Some 3.7 million H100e, or 3.73 million, or 2 million at least, cost $4.9 billion; 93% sure."

    assert statuses(text, folder) == [
        ("3.7 million", "recorded"),
        ("3.73 million", "recorded"),
        ("2 million", "recorded"),
        ("$4.9 billion", "recorded"),
        ("93%", "recorded"),
    ]


def test_a_scale_is_shared_by_both_ends_of_a_range_but_not_by_a_number_written_out() -> None:
    values = [number.value for number in numbers_in("between 2.2 and 8 million; 310,000 and 1.3 million")]

    assert values == pytest.approx([2.2e6, 8e6, 310_000, 1.3e6])


def test_a_recorded_sentence_with_another_number_is_stale(folder: Path) -> None:
    text = SENTENCE.replace("3.7 million", "4.1 million").replace("$4.9", "$5.3")
    found = check_text(text, record_of(folder), lambda _: False)

    assert [(item.number, item.status) for item in found if item.status != "recorded"] == [
        ("4.1 million", "stale"),
        ("$5.3 billion", "stale"),
    ]
    assert found[0].claim == SENTENCE


def test_a_number_from_nowhere_is_unknown_and_one_of_another_unit_too(folder: Path) -> None:
    assert statuses("It is 12,345 chips. It is 97 chips. It is $3.7 million.", folder) == [
        ("12,345", "unknown"),
        ("97", "unknown"),
        ("$3.7 million", "unknown"),
    ]


def test_the_title_of_a_figure_may_be_repeated(folder: Path) -> None:
    assert statuses("Figure 1. The ask costs $9.9bn over 8 years. US, dollars.", folder) == []


def test_a_folder_without_claims_says_how_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="make report"):
        record_of(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [("x.pdf", b"", "can be checked"), ("none.md", None, "no such file"), ("x.docx", b"x", "cannot be read")],
)
def test_a_file_that_cannot_be_checked_is_named(
    tmp_path: Path, name: str, content: bytes | None, what: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=what):
        text_of(tmp_path / name)


def test_pages_documents_and_decks_are_read(tmp_path: Path) -> None:
    from docx import Document
    from pptx import Presentation

    (tmp_path / "x.html").write_text("<h1>One</h1><p>two <b>3,333</b></p><table><tr><td>4</td></tr></table>")
    memo = Document()
    memo.add_paragraph("five 6,666")
    memo.save(tmp_path / "x.docx")
    deck = Presentation()
    deck.slides.add_slide(deck.slide_layouts[0]).shapes.title.text = "seven 8,888"
    deck.save(tmp_path / "x.pptx")

    assert text_of(tmp_path / "x.html") == "One\n\ntwo 3,333\n\n4\n"
    assert text_of(tmp_path / "x.docx") == "five 6,666\n"
    assert text_of(tmp_path / "x.pptx") == "seven 8,888\n"


def test_claims_that_changed_since_they_were_published_are_named() -> None:
    before = claims_frame(CLAIMS)
    moved = before.assign(value=[3_900_000.0, 4.87e9, 0.9313])

    assert claim_drift(before, before) == []
    assert claim_drift(before, moved) == ["stock is not 3.7338e+06 any more"]
    said = claim_drift(before, pd.concat([before.assign(sentence="New words."), before.iloc[:0]]))
    assert said == [f"no longer said: {SENTENCE}", "not published: New words."]
