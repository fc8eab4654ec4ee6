"""What changed, what stood when, which rule added it: on lists of our own and on the tables shipped."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflows import lists, paths, tables
from chipflows.lists.answers import status_answer
from chipflows.lists.build import Text, build
from chipflows.lists.frame import WITHHELD, Entry, to_frame
from chipflows.lists.history import standing
from chipflows.lists.persons import is_firm_name

KILN = Entry(
    "Blue Kiln Technology Co., Ltd.",
    ("BKT",),
    "CN",
    ("No. 7, Kiln Road",),
    "All items",
    "",
    "88 FR 10, 3/6/23",
)
VALVE = Entry("Kerman Valve Company", (), "IR", ("P.O. Box 44",), "All items", "", "80 FR 20, 5/1/15")
PERSON = Entry("Pat Testname", (), "CN", ("1 Quiet Road",), "All items", "", "80 FR 20, 5/1/15")


def firm(**fields: object) -> Entry:
    return Entry(**{**KILN.__dict__, **fields})  # type: ignore[arg-type]


def changes(old: list[Entry], new: list[Entry]) -> list[tuple[str, str, str]]:
    frame = lists.diff(to_frame(old), to_frame(new))
    return [*frame[["change", "name", "what"]].itertuples(index=False, name=None)]


@settings(deadline=None)  # the machine may be busy
@given(st.permutations([KILN, VALVE, PERSON]))
def test_a_list_in_another_order_has_not_changed(entries: list[Entry]) -> None:
    assert changes([KILN, VALVE, PERSON], entries) == []


def test_an_entry_more_is_added_one_fewer_removed() -> None:
    assert changes([VALVE], [VALVE, KILN]) == [("added", KILN.name, "")]
    assert changes([VALVE, KILN], [VALVE]) == [("removed", KILN.name, "")]


@pytest.mark.parametrize(
    ("new", "what"),
    [
        (firm(aliases=("BKT", "Kiln Blue Group")), "aliases +1 -0"),
        (firm(addresses=("88 Other Street, Wuhan",)), "addresses +1 -1"),
        (firm(requirement="All items (744.11 of the EAR) 4"), "footnotes none -> 4"),
        (firm(requirement="For all items on the CCL"), "licence_requirement other -> ccl_items"),
        (firm(name="Red Kiln Ltd.", aliases=("BKT", KILN.name)), f"name was {KILN.name}; aliases +1 -0"),
    ],
)  # fmt: skip
def test_an_amendment_says_which_field_and_by_how_much(new: Entry, what: str) -> None:
    other = Entry(
        "Tarn JSC", ("T",), "RU", ("Moscow",), "All items (744.11 of the EAR) 3", "", "87 FR 1, 1/3/22"
    )
    assert changes([KILN, other], [new, other]) == [("amended", new.name, what)]


@pytest.mark.parametrize(
    "spelt",
    ["BLUE KILN TECHNOLOGY CO LTD", "Blue Kiln Technology Company Limited", "Blue Kiln Technologý Co.,Ltd"],
)
def test_a_name_spelt_otherwise_is_the_same_entry(spelt: str) -> None:
    assert changes([KILN], [firm(name=spelt)]) == []


def test_hong_kong_counts_as_china_when_entries_are_paired() -> None:
    assert changes([firm(country="HK")], [KILN]) == []


def test_the_54th_institute_is_not_the_55th() -> None:
    old, new = firm(name="54th Alloy Institute", aliases=()), firm(name="55th Alloy Institute", aliases=())
    assert [change for change, _, _ in changes([old], [new])] == ["added", "removed"]


def test_a_unit_that_now_stands_within_another_entry_is_no_removal_and_a_new_spelling_is_said() -> None:
    unit = firm(name="Kiln Group. Affiliated Entity: Wuhan Kiln Terminal Ltd.", aliases=())
    group = firm(name="Kiln Group", aliases=("Wuhan Kiln Terminal Ltd.",))
    assert ("amended", unit.name, "now within Kiln Group") in changes([unit, VALVE], [group, VALVE])
    old, new = firm(name="32 Lathe Works", aliases=()), firm(name="32Lathe Works of Wuhan", aliases=())
    assert ("removed", old.name, "may stand as 32Lathe Works of Wuhan") in changes([old], [new])


def test_a_field_that_one_snapshot_lacks_altogether_is_not_compared() -> None:
    assert changes([KILN], [firm(addresses=())]) == []


def test_persons_are_counted_in_a_diff_and_never_named() -> None:
    assert changes([], [PERSON]) == [("added", WITHHELD, "")]
    assert "Testname" not in lists.diff(to_frame([PERSON]), to_frame([])).to_csv()


REMOVED = {"listed_from": "2023-03-01", "last_seen_on": "2024-01-01", "gone_by": "2024-01-02"}


def frame_with(**dates: object) -> pd.DataFrame:
    days = dict.fromkeys(("listed_from", "last_seen_on", "gone_by"), pd.NaT) | {
        "as_of": pd.Timestamp(2026, 7, 9)
    }
    return to_frame([KILN]).assign(note="", **{**days, **{k: pd.Timestamp(str(v)) for k, v in dates.items()}})


@pytest.mark.parametrize(
    ("dates", "on", "state", "said"),
    [
        ({"listed_from": "2023-03-01"}, "2023-02-28", "not yet listed", "2023-03-01"),
        ({"listed_from": "2023-03-01"}, "2023-03-01", "listed", ""),
        ({"listed_from": "2023-03-01"}, "2026-10-01", "listed", "later changes are not known"),
        (REMOVED, "2024-01-01", "listed", ""),
        (REMOVED, "2024-01-02", "removed", "removed on 2024-01-02"),
        (REMOVED | {"gone_by": "2026-07-09"}, "2025-01-01", "cannot tell", "removed, renamed or merged"),
        ({}, "2022-01-01", "cannot tell", "earlier lists are not held"),
        ({}, "2024-01-01", "listed", ""),
    ],
)  # fmt: skip
def test_the_state_on_a_day_follows_the_dates_and_says_what_is_not_known(
    dates: dict[str, str], on: str, state: str, said: str
) -> None:
    found = lists.status(frame_with(**dates), "Blue Kiln", date.fromisoformat(on))
    assert found["status"].tolist() == [state]
    assert said in found.loc[0, "note"]
    kept = standing(frame_with(**dates), date.fromisoformat(on))
    assert len(kept) == (state in ("listed", "cannot tell"))


@pytest.mark.parametrize(
    ("asked", "matched"),
    [("Blue Kiln Technology", "name"), ("blue kiln technology co", "name"), ("bkt", "alias"),
     ("Kiln", "part of name"), ("Kilns", ""), ("Blue Lathe", ""), ("Co., Ltd.", "")],
)  # fmt: skip
def test_a_name_is_meant_when_its_words_stand_there_legal_forms_aside(asked: str, matched: str) -> None:
    found = lists.status(frame_with(), asked, date(2024, 1, 1))
    assert found["matched_on"].tolist() == ([matched] if matched else [])


def test_additions_are_counted_by_rule_with_persons_counted_and_not_called_firms() -> None:
    frame = to_frame(
        [KILN, VALVE, PERSON, firm(name="Kiln Two Ltd.", country="HK", cited="88 FR 12, 3/6/23")]
    )
    found = lists.additions(frame, {"88 FR 12": "88 FR 9", "88 FR 10": "88 FR 9"})
    assert found["rule_citation"].tolist() == ["80 FR 20", "88 FR 9"]
    assert found[["entries", "cn_entries", "hk_entries", "firms"]].to_numpy().tolist() == [
        [2, 1, 0, 1],
        [2, 1, 1, 2],
    ]


def test_a_page_belongs_to_the_rule_that_most_of_its_entries_cite_in_the_other_text() -> None:
    own = [firm(name=f"Kiln {n} Ltd.", cited="88 FR 12, 3/6/23") for n in "ABC"]
    screening = [
        firm(name=f"Kiln {n} Ltd.", cited=c)
        for n, c in zip("ABC", ["88 FR 9", "88 FR 9", "88 FR 11"], strict=True)
    ]
    found = lists.citation_pages(to_frame(screening), to_frame(own))
    assert found[["entry_citation", "rule_citation"]].to_numpy().tolist() == [["88 FR 12", "88 FR 9"]]
    far = [firm(name="Kiln A Ltd.", cited="88 FR 900")]
    assert lists.citation_pages(to_frame(far), to_frame(own)).empty


@pytest.fixture
def built() -> dict[str, pd.DataFrame]:
    regulations = Text(to_frame([KILN, PERSON]), date(2026, 7, 9), "new")
    unit = firm(name=f"{KILN.name} Affiliated Entity: Kiln Terminal Ltd.", aliases=(), cited="88 FR 10")
    screening = Text(
        to_frame([firm(cited="88 FR 10", policy="Presumption of denial"), PERSON, unit]),
        date(2026, 7, 31),
        "csl",
    )
    older = [firm(cited="86 FR 5", listed_on=date(2021, 2, 1)), VALVE, PERSON]
    earlier = Text(to_frame(older), date(2022, 5, 16), "old")
    dates = pd.DataFrame([{
        "list": "Entity List", "name": "Harbour Lathe Ltd.", "country": "CN", "citations": "90 FR 7, 10/9/25",
        "listed_from": pd.Timestamp(2025, 10, 9), "gone_by": pd.Timestamp(2025, 11, 12), "source_ids": "rule",
        "note": "Removed",
    }])  # fmt: skip
    return build(regulations, screening, earlier, [], dates, {})


def test_building_keeps_firms_only_and_marks_units_and_what_is_gone(built: dict[str, pd.DataFrame]) -> None:
    found = built["listed_firms"].set_index("name")
    assert found["record"].to_dict() == {
        KILN.name: "entry", "Kiln Terminal Ltd.": "unit", VALVE.name: "gone", "Harbour Lathe Ltd.": "gone",
    }  # fmt: skip
    assert "Testname" not in built["listed_firms"].to_csv()
    assert found.loc[KILN.name, "review_policy"] == "presumption_of_denial"
    assert found.loc[KILN.name, "listed_from"] == date(2021, 2, 1)
    assert found.loc["Kiln Terminal Ltd.", "part_of"] == found.loc[KILN.name, "entity_id"]
    assert found.loc[VALVE.name, ["last_seen_on", "gone_by"]].tolist() == [
        date(2022, 5, 16),
        date(2026, 7, 9),
    ]
    assert found.loc["Harbour Lathe Ltd.", "last_seen_on"] == date(2025, 11, 11)


def test_building_counts_persons_in_the_texts(built: dict[str, pd.DataFrame]) -> None:
    counts = built["list_texts"].set_index(["as_of", "list"])
    assert counts.loc[(date(2026, 7, 9), "Entity List"), ["entries", "firms"]].tolist() == [2, 1]


def test_the_shipped_firms_are_what_the_texts_held() -> None:
    firms, texts = lists.listed_firms(), lists.list_texts()
    newest = texts[texts["text"] != "screening list"].set_index("list")
    entries = firms[firms["record"] == "entry"]["list"].value_counts()
    assert {name: int(newest.loc[name, "firms"]) for name in entries.index} == entries.to_dict()
    assert newest.loc["Entity List", "entries"] == 3409
    assert newest.loc["Entity List", "cn_entries"] == 1106


def test_no_shipped_row_names_a_person_or_leaves_an_alias_where_it_does_not_belong() -> None:
    firms = lists.listed_firms()
    text = pd.concat([firms["name"], firms["aliases"].explode(), firms["addresses"].explode()]).dropna()
    assert not text[text.str.contains(r"\b[adfn]\.\s?k\.\s?a\b", case=False)].tolist()
    assert not text[text.str.contains(r"\bc/o\b|\battn\b", case=False)].tolist()
    own = [{name, *aliases} & set(places) for name, aliases, places in
           zip(firms["name"], firms["aliases"], firms["addresses"], strict=True)]  # fmt: skip
    assert not any(own)
    marked = [any(map(is_firm_name, (name, *aliases))) or " " not in name for name, aliases in
              zip(firms["name"], firms["aliases"], strict=True)]  # fmt: skip
    assert sum(marked) > 0.99 * len(firms)


def test_a_shipped_unit_names_an_entry_and_dates_are_in_order() -> None:
    firms = lists.listed_firms()
    assert set(firms["part_of"]) - {""} <= set(firms["entity_id"])
    gone = firms.dropna(subset="gone_by")
    assert (gone["last_seen_on"] < gone["gone_by"]).all() and (gone["record"] == "gone").all()
    both = firms.dropna(subset=["listed_from", "first_cited_on"])
    assert (both["listed_from"] <= both["first_cited_on"]).mean() > 0.99


def test_the_shipped_tables_are_modest_and_load_quickly() -> None:
    assert (paths.tables() / "listed_firms.csv").stat().st_size < 3_000_000


@pytest.mark.parametrize(
    ("name", "on", "is_listed", "others", "said"),
    [
        ("Changxin Memory", "2026-07-31", False, ("1260H",), "1260H since 2025-01-07"),
        ("CXMT", "2024-12-31", False, (), "not on the Entity List"),
        ("CXMT", "2026-07-31", False, ("1260H",), "not on the Entity List"),
        ("Inspur", "2023-03-05", False, ("NS-CMIC",), "listed later, from 2023-03-06 (88 FR 13675)"),
        ("Inspur", "2026-07-31", True, ("1260H", "NS-CMIC"), "listed since 2023-03-06 (88 FR 13675)"),
        ("Inspur Electronic Information Industry", "2025-03-24", False, (), "from 2025-03-25 (90 FR 14048)"),
        ("Inspur Electronic Information Industry", "2025-03-25", True, (), "since 2025-03-25 (90 FR 14048)"),
        ("Huawei", "2019-05-01", False, (), "listed later, from 2019-05-16 (84 FR 22963)"),
        ("Huawei Technologies", "2019-05-16", True, (), "since 2019-05-16 (84 FR 22963)"),
        ("Arrow (China) Electronics Trading", "2025-10-08", False, (), "from 2025-10-09 (90 FR 48193)"),
        ("Arrow (China) Electronics Trading", "2025-11-11", True, (), "since 2025-10-09 (90 FR 48193)"),
        ("Arrow (China) Electronics Trading", "2025-11-12", False, (), "removed on 2025-11-12"),
        ("Arrow Electronics (Hong Kong)", "2026-07-31", True, (), "since 2025-10-09"),
        ("Nonesuch Widgets", "2026-07-31", False, (), "no firm of that name"),
    ],
)  # fmt: skip
def test_what_people_ask_is_answered_right_with_the_citation(
    name: str, on: str, is_listed: bool, others: tuple[str, ...], said: str
) -> None:
    answer = status_answer(name, date.fromisoformat(on))
    assert answer.on_entity_list is is_listed
    assert answer.other_lists == others
    assert said in answer.headline


def test_an_answer_without_a_day_is_that_of_the_newest_text_and_says_what_is_unknown() -> None:
    assert status_answer("Huawei").on == lists.list_texts()["as_of"].max().date()
    assert any("newest texts held" in note for note in status_answer("Huawei", date(2027, 1, 1)).notes)
    assert any("is not in it" in note for note in status_answer("Huawei", date(2018, 1, 1)).notes)
    assert any("no export licence" in note for note in status_answer("CXMT").notes)


def test_the_list_grows_from_day_to_day_as_far_as_the_record_goes() -> None:
    firms = lists.listed_firms().query("list == 'Entity List'")
    days = [date(year, 1, 1) for year in range(2000, 2027, 3)]
    assert all(one <= other for one, other in pairwise(len(standing(firms, day)) for day in days))


def test_the_shipped_counts_of_additions_add_up_to_the_texts() -> None:
    found = tables.table("entity_list_additions")
    newest = found[found["as_of"] == found["as_of"].max()]
    assert newest["entries"].sum() == 3409
    assert newest["cn_entries"].sum() == 1106
    assert newest["first_cited_on"].max() == pd.Timestamp("2025-10-09")
