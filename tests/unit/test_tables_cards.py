"""What source cards and corrections must hold, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from chipflows.errors import TableError
from chipflows.tables import card, cards, corrections

CARD = """\
id: nvidia_filing
producer: "NVIDIA"
title: "Form 10-Q"
citation: "NVIDIA, Form 10-Q"
url: "https://www.sec.gov/x"
as_of: 2025-08-27
licence: "facts only"
kind: filing
read: full
"""


def refusal(folder: Path, text: str, name: str = "nvidia_filing.yaml") -> str:
    (folder / name).write_text(text, encoding="utf-8")
    with pytest.raises(TableError) as caught:
        cards(folder)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("url:", "uri:"), "unknown key 'uri' in source card nvidia_filing.yaml. Did you mean url?"),
        (("kind: filing", "kind: rumour"), "source card nvidia_filing.yaml: kind"),
        (("https://", "http://"), "a card's url is a public https address"),
        (("id: nvidia_filing", "id: other"), "says its id is 'other'"),
        (('url: "https://www.sec.gov/x"\n', ""), "has no url; only a judgement may lack one"),
        (("as_of: 2025-08-27\n", ""), "as_of: Field required"),
        (("read: full", "read: full\nstale_after_days: 0"), "stale_after_days"),
        (("id: nvidia_filing", "id: [nvidia_filing"), "not readable YAML"),
    ],
)
def test_a_bad_card_is_refused_by_name_and_key(tmp_path: Path, change: tuple[str, str], problem: str) -> None:
    assert problem in refusal(tmp_path, CARD.replace(*change))


def test_an_empty_card_is_refused(tmp_path: Path) -> None:
    assert "source card nvidia_filing.yaml" in refusal(tmp_path, "")


def test_an_unknown_card_names_the_nearest() -> None:
    with pytest.raises(TableError, match=r"unknown source card 'epoch_hww'\. Did you mean .*epoch_hw"):
        card("epoch_hww")


def test_a_good_card_is_read(tmp_path: Path) -> None:
    (tmp_path / "nvidia_filing.yaml").write_text(CARD, encoding="utf-8")
    assert cards(tmp_path)["nvidia_filing"].producer == "NVIDIA"


CORRECTION = """\
producer: Epoch AI
title: A value that is off
reason: Because
found_on: 2026-11-24
told: null
sources: [epoch_hw]
changes:
  - {table: chips, row: {chip_id: h20_96}, field: tpp, printed: 1, ours: 2368}
guard: {kind: table_value, table: chips, row: {chip_id: h20_96}, field: tpp, value: 2368}
"""


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("reason: Because\n", ""), "reason: Field required"),
        (("printed: 1", "printd: 1"), "Did you mean printed"),
        (("[epoch_hw]", "[epoch_hv]"), "unknown source card 'epoch_hv'"),
        (("[epoch_hw]", "[]"), "sources"),
        (("kind: table_value, table: chips,", "kind: table_value,"), "needs table, row, field"),
        (("kind: table_value", "kind: none"), "a guard of kind none needs why"),
        (("kind: table_value", "kind: hope"), "guard.kind"),
        (("changes:", "changes: ["), "not readable YAML"),
    ],
)
def test_a_bad_correction_is_refused(tmp_path: Path, change: tuple[str, str], problem: str) -> None:
    (tmp_path / "off.yaml").write_text(CORRECTION.replace(*change), encoding="utf-8")
    with pytest.raises(TableError, match=problem.replace("(", r"\(")):
        corrections(tmp_path)


def test_a_correction_that_is_not_a_mapping_is_refused(tmp_path: Path) -> None:
    (tmp_path / "off.yaml").write_text("- one\n", encoding="utf-8")
    with pytest.raises(TableError, match="must hold keys such as producer"):
        corrections(tmp_path)


def test_a_good_correction_takes_its_id_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "off.yaml").write_text(CORRECTION, encoding="utf-8")
    assert corrections(tmp_path)["off"].changes[0].ours == 2368
