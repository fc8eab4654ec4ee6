"""Forms of lists that few sources use, and answers that few names get: each small enough to read."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pandas as pd
import pytest

from chipflows import lists
from chipflows.errors import SourceError
from chipflows.lists import answers
from chipflows.lists.citations import citations
from chipflows.lists.pairing import paired


def parsed(content: Any) -> pd.DataFrame:
    return lists.parse(json.dumps(content).encode(), "a.json")


# ---- the PRC's own lists


def test_a_firm_on_the_prcs_list_is_read_with_its_names_and_is_not_of_the_prc() -> None:
    firm = {
        "entity_name": " Blue Kiln 公司 ", "aliases": [" BK "], "country": "us", "addresses": ["1 Road"],
        "date_added": "2025-04-04", "entity_type": "company",
    }  # fmt: skip
    row = parsed([firm, {**firm, "entity_name": "Red Kiln", "country": "cn", "aliases": None}])
    first, second = row.iloc[0], row.iloc[1]
    assert (first["name"], first["aliases"], first["country"]) == ("Blue Kiln 公司", ("BK",), "US")
    assert (first["addresses"], first["list"]) == (("1 Road",), "MOFCOM")
    assert pd.Timestamp(first["first_cited_on"]).date() == date(2025, 4, 4)
    assert not first["is_person"]
    assert (second["country"], second["aliases"]) == ("", ())  # listed by the PRC, not of it


def test_a_person_on_the_prcs_list_is_one_whatever_the_name() -> None:
    assert parsed([{"entity_name": "Blue Kiln Ltd", "entity_type": "person"}])["is_person"].tolist() == [True]


@pytest.mark.parametrize("row", [None, "x", {}, {"entity_name": 5}, {"name": "x"}])
def test_an_entry_without_a_name_is_a_damaged_file(row: Any) -> None:
    with pytest.raises(SourceError, match="entry 2 has no entity_name"):
        parsed([{"entity_name": "Blue Kiln"}, row])


# ---- the compact export


def compact(**changes: Any) -> dict[str, Any]:
    names = ["Entity List (EL) - Bureau of Industry and Security"]
    tables = {
        "sources": names,
        "licenceRequirements": ["All items"],
        "licencePolicies": ["Presumption of denial"],
    }
    return {
        "tables": tables,
        "entries": [{"n": "Blue Kiln", "s": 0, "lr": 0, "lp": 0, "c": ["CN"], **changes}],
    }


def test_the_compact_export_looks_its_words_up() -> None:
    row = parsed(compact(a=["BK"], fr="88 FR 13670")).iloc[0]
    assert (row["name"], row["aliases"], row["country"]) == ("Blue Kiln", ("BK",), "CN")
    assert row["review_policy"] and row["licence_requirement"]


@pytest.mark.parametrize("changes", [{"lr": 1}, {"lr": -1}, {"s": -1}, {"lp": 9}, {"s": "x"}, {"a": 5}])
def test_an_index_outside_its_table_is_refused_and_none_counts_from_the_end(changes: dict[str, Any]) -> None:
    with pytest.raises(SourceError, match="entry 1 does not fit the compact form"):
        parsed(compact(**changes))


# ---- citations, pairs


def test_a_page_cited_twice_takes_the_day_that_one_of_them_gives() -> None:
    (one,) = citations("88 FR 13670; 88 FR 13,670, 3/6/23; 88 FR 13670")
    assert (one.ref, one.on) == ("88 FR 13670", date(2023, 3, 6))
    (kept,) = citations("88 FR 13670, 3/6/23; 88 FR 13670, 4/7/24")
    assert kept.on == date(2023, 3, 6)  # the first day that is given stands


def test_an_entry_pairs_with_one_other_at_most_the_likest_first() -> None:
    def frame(*names: str) -> pd.DataFrame:
        return parsed([{"entity_name": name, "country": "us"} for name in names])

    old = frame("Blue Kiln Technology Holdings")
    new = frame("Blue Kiln Technologies Holdings", "Blue Kiln Technology Holding")
    pairs = paired(old, new)[0]
    assert len(pairs) == 1


# ---- answers


def firms(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    """A frame of statuses: name, status, since, note."""
    frame = pd.DataFrame(rows, columns=["name", "status", "since", "note"])
    return frame.assign(
        since=pd.to_datetime(frame["since"]),
        country="CN",
        citations=[("88 FR 13670 (2023-03-06)",)] * len(rows),
    )


TEXTS = pd.DataFrame({"list": ["Entity List"], "as_of": pd.to_datetime(["2026-07-09"])})


@pytest.mark.parametrize(
    ("rows", "on_list", "said"),
    [
        (
            [("Blue Kiln", "listed", "2023-03-06", "")],
            True,
            "on the Entity List. Blue Kiln (CN): listed since 2023-03-06 (88 FR 13670)",
        ),
        (
            [("Blue Kiln", "cannot tell", "2023-03-06", "gone by the next text")],
            None,
            "cannot tell whether on the Entity List. Blue Kiln (CN): gone by the next text",
        ),
        (
            [("Blue Kiln", "removed", "2023-03-06", "gone")],
            False,
            "not on the Entity List. Blue Kiln (CN): listed from 2023-03-06 (88 FR 13670), gone",
        ),
        (
            [("Blue Kiln", "not yet listed", "2023-03-06", "")],
            False,
            "not on the Entity List on that day. Blue Kiln (CN): listed later, from 2023-03-06 (88 FR 13670)",
        ),
        (
            [("Old Kiln", "removed", "2020-01-01", "x"), ("Blue Kiln", "listed", "2023-03-06", "")],
            True,
            "on the Entity List. Blue Kiln (CN): listed since 2023-03-06 (88 FR 13670)",
        ),
        (
            [("Blue Kiln", "listed", "2023-03-06", ""), ("Blue Kiln Two", "listed", "2024-03-06", "")],
            True,
            (
                "on the Entity List. Blue Kiln (CN) and 1 more of that name: listed since "
                "2023-03-06 (88 FR 13670)"
            ),
        ),
        ([], False, "not on the Entity List: no firm of that name in the texts held (2026-07-09)"),
    ],
)
def test_a_status_is_said_in_one_sentence(
    rows: list[tuple[str, str, str, str]], on_list: bool | None, said: str
) -> None:
    own = firms(*rows)
    assert answers._three_valued(own) is on_list
    assert answers._own_list(own, on_list, TEXTS) == said


def test_an_answer_is_plain_values_too_and_a_firm_owned_by_others_says_by_whom() -> None:
    answer = answers.status_answer("Aivres", date(2025, 10, 15))
    plain = answer.as_dict()
    assert plain["on"] == date(2025, 10, 15) and plain["entries"] == answer.entries.to_dict("records")
    assert plain["headline"].startswith("Aivres, 2025-10-15: not on the Entity List")
    assert any(note.startswith("Ownership of Aivres") for note in plain["notes"])
