"""Screening: what agrees, what is kept apart, what is explained; on made-up names and the shipped lists."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflows import tables
from chipflows.cli.parts import one_at_a_time
from chipflows.errors import InputError
from chipflows.lists.frame import Entry, to_frame
from chipflows.lists.screening import COLUMNS, THRESHOLD, Screener, case_audit, institutes, policy, screen
from chipflows.lists.screening.chinese import brands_in_pinyin, latin_words
from chipflows.lists.screening.index import NameIndex, same_firms
from chipflows.lists.screening.spelling import plain_letters
from chipflows.lists.screening.tokens import is_form, tokens
from chipflows.lists.screening.vowels import consonants
from chipflows.lists.words import LEGAL_FORMS

NO_EDGES = pd.DataFrame(columns=["owner", "owned", "owned_pct", "as_of", "basis", "source_ids", "note"])
WORDS = ("Tarnfield", "Ostrava", "Velmira", "Quorvik", "Brindle", "Sorwen", "Lathem", "Ganrow", "Pelmont")
LISTED = [
    Entry("Meridian Kiln Optics Co., Ltd.", ("MKO", "Wuhan Kiln Optical"), "CN",
          ("No. 7, Kiln Road, Wuhan 430000",)),
    Entry("54th Alloy Research Institute", (), "CN", ("Room 12, Pier Street",)),
    Entry("Harbour Institute of Technology", (), "CN"),
    Entry("Harbour Engineering University", (), "CN"),
    *(Entry(f"{word} Electronics Technology Co., Ltd.", (), "CN") for word in WORDS),
]  # fmt: skip


@pytest.fixture(scope="module")
def screener() -> Screener:
    return Screener(to_frame(LISTED).assign(record="entry"), NO_EDGES)


def hits(screener: Screener, name: str, **fields: str) -> list[str]:
    found = screener.screen(pd.DataFrame([{"name": name, **fields}]))
    return [entity for entity in found["entity"] if entity]


@pytest.mark.parametrize(
    "name",
    ["", " ", "Co., Ltd.", "Electronics Technology Co., Ltd.", "Blue Widget Bakery", "54",
     "55th Alloy Research Institute", "Alloy Research Institute of Otherplace",
     "Meridian", "Wuhan", "有限公司", "🙂", "=cmd()"],
)  # fmt: skip
def test_a_name_that_shares_nothing_telling_has_no_hit_and_says_so(screener: Screener, name: str) -> None:
    found = screener.screen(pd.DataFrame({"name": [name]}))
    assert found["entity"].tolist() == [""]
    assert found.loc[0, "query"] == name and found.loc[0, "reason"].startswith("no ")


@pytest.mark.parametrize(
    "name",
    ["MERIDIAN KILN OPTICS", "Kiln Optics Meridian Company Limited", "Meridian Kiln Optic Co Ltd",
     "Meridiann Kiln Optics", "Meridian Kiln Optics (Wuhan) Ltd.", "MeridianKiln Optics"],
)  # fmt: skip
def test_order_legal_form_place_spelling_and_joined_words_are_forgiven(screener: Screener, name: str) -> None:
    assert hits(screener, name)[:1] == ["Meridian Kiln Optics Co., Ltd."]


def test_sister_firms_are_kept_apart(screener: Screener) -> None:
    assert hits(screener, "Tarnfield Electronics Technology") == [
        "Tarnfield Electronics Technology Co., Ltd."
    ]
    assert hits(screener, "Harbour Institute of Technology") == ["Harbour Institute of Technology"]
    assert hits(screener, "Harbour Engineering University") == ["Harbour Engineering University"]
    assert hits(screener, "Zorbex Electronics Technology Co., Ltd.") == []


def test_a_hit_says_what_matched_what_was_forgiven_and_where_the_place_differs(screener: Screener) -> None:
    found = screener.screen(pd.DataFrame([{"name": "Meridiann Kiln Optics", "country": "MY"}])).iloc[0]
    assert found["matched_on"] == "name"
    assert found["reason"].startswith("possible match, review: shares kiln")
    assert "spelt meridiann for meridian" in found["reason"]
    assert "the place differs (MY)" in found["reason"]
    assert screener.screen(pd.DataFrame({"name": ["MKO"]})).loc[0, "matched_on"] == "alias"


def test_an_address_and_an_owner_are_relations_not_matches(screener: Screener) -> None:
    found = screener.screen(
        pd.DataFrame([{"name": "Fresh Shell", "address": "No 7 Kiln Road, Wuhan, 430000"}])
    )
    assert found["matched_on"].tolist() == ["address"]
    assert found.loc[0, "reason"].startswith("related, review")
    owned = screener.screen(
        pd.DataFrame([{"name": "Fresh Shell Ltd.", "owner": "Meridian Kiln Optics"}])
    ).iloc[0]
    assert owned["matched_on"] == "owner" and "its owner" in owned["reason"]
    assert hits(screener, "Fresh Shell Ltd.", address="No. 99 Kiln Road, Wuhan") == []


def test_a_known_owner_is_told_with_its_share_or_that_it_is_unknown() -> None:
    edge = {
        "owner": "Meridian Kiln Optics Co., Ltd.", "owned": "Fresh Shell Ltd.", "basis": "report",
        "as_of": pd.Timestamp(2025, 1, 1), "source_ids": "x", "note": "",
    }  # fmt: skip
    for share, said in ((None, "share unknown"), (60.0, "60%")):
        with_edge = Screener(
            to_frame(LISTED).assign(record="entry"), pd.DataFrame([{**edge, "owned_pct": share}])
        )
        found = with_edge.screen(pd.DataFrame({"name": ["Fresh Shell"]})).iloc[0]
        assert found["matched_on"] == "owner" and said in found["reason"]


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.text(max_size=30), max_size=8))
def test_every_customer_comes_back_in_order_with_a_row_at_least(names: list[str]) -> None:
    found = _SHARED.screen(pd.DataFrame({"name": names}, dtype=object))
    assert list(found.columns) == list(COLUMNS)
    assert found.loc[found["rank"] == 1, "query"].tolist() == names
    assert found["score"].dropna().between(0, 1).all()


_SHARED = Screener(to_frame(LISTED).assign(record="entry"), NO_EDGES)


@settings(deadline=None)  # the machine may be busy
@given(st.sampled_from(LISTED), st.permutations(["Co.", "Ltd.", "The", "LLC"]))
def test_a_listed_name_finds_itself_whatever_legal_forms_are_added(entry: Entry, forms: list[str]) -> None:
    assert entry.name in hits(_SHARED, f"{entry.name} {' '.join(forms)}".upper())


def test_a_very_long_name_and_a_wrong_column_and_threshold(screener: Screener) -> None:
    assert hits(screener, "x " * 5_000) == []
    with pytest.raises(InputError, match="no column name"):
        screener.screen(pd.DataFrame({"nam": ["x"]}))
    with pytest.raises(InputError, match="threshold"):
        screener.screen(pd.DataFrame({"name": ["x"]}), threshold=2)
    with pytest.raises(InputError, match="Did you mean Entity List"):
        screen(["x"], lists=["Entity Lst"])


@pytest.mark.parametrize(
    "name",
    [
        "Mеridian Kiln Optics", "Meri\u200bdian Kiln Optics", "Merridian Kiln Opptics",
        "Meridain Kiln Optics",
        "Mrdn Kln Optcs Cmpny", "Meridian Kiln Optics Ldt.", "Merldian Kiln 0ptics", "Мeridian Kiln Optikz",
        "Meridian Kiln Optics Gen.", "Meridian Kiln 0ptics", "Mr. Meridian Kiln Optics Jr.",
    ],
)  # fmt: skip
def test_letters_that_look_alike_are_doubled_swapped_or_left_out_are_forgiven(
    screener: Screener, name: str
) -> None:
    assert hits(screener, name)[:1] == ["Meridian Kiln Optics Co., Ltd."]


def test_a_word_in_one_alphabet_is_not_read_as_another() -> None:
    assert plain_letters("Сова") == "Сова"
    assert plain_letters("Нuawei") == "Huawei"


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("华为技术有限公司", ("huawei", "technology")),
        ("華為技術有限公司", ("huawei", "technology")),
        ("哈尔滨工业大学", ("harbin", "institute", "technology")),
        ("哈尔滨工程大学", ("harbin", "engineering", "university")),
        ("中国电子科技集团公司第五十四研究所", ("cetc", "54", "institute")),
        ("第二〇三研究所", ("203", "institute")),
    ],
)
def test_chinese_names_become_the_words_that_the_lists_use(chinese: str, english: tuple[str, ...]) -> None:
    assert tokens(chinese) == english


@settings(deadline=None)  # the machine may be busy
@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), max_size=20))
def test_any_chinese_text_becomes_lower_case_latin_words(text: str) -> None:
    assert all(word and word == word.lower() for word in latin_words(text))


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=40))
def test_tokens_are_distinct_and_no_legal_form_unless_nothing_else_is_there(text: str) -> None:
    found = tokens(text)
    assert len(set(found)) == len(found)
    assert not set(found) & LEGAL_FORMS or set(found) <= LEGAL_FORMS | {"no"}


@pytest.mark.parametrize(
    ("asked", "entity", "listed_on", "matched_on"),
    [
        ("华为技术有限公司", "Huawei Technologies Co., Ltd.", "Entity List", "name"),
        ("Huawei Tech. Invest. Co", "Huawei Tech Investment Co., Ltd.", "Entity List", "name"),
        ("Suma USI", "Suma-USI Electronics Co., Ltd.", "Entity List", "alias"),
        ("ChangXin Memory", "ChangXin Memory Technologies, Inc.", "1260H", "name"),
        ("长鑫存储技术有限公司", "ChangXin Memory Technologies, Inc.", "1260H", "name"),
        ("Sitonholy Tianjin", "SITONHOLY (Tianjin) Co., Ltd.", "Entity List", "name"),
        ("Arrow Electronics", "Arrow Electronics (Hong Kong) Co., Ltd.", "Entity List", "name"),
        ("Aivres Systems", "Inspur Electronic Information Industry Co., Ltd.", "Entity List", "owner"),
        ("Hudson Technologies", "Anvik Technologies Sdn. Bhd.", "Entity List", "alias"),
        ("Delta Electronics", "General Electronic", "Entity List", "alias"),
        ("哈尔滨工业大学", "Harbin Institute of Technology", "Entity List", "name"),
        ("哈尔滨工程大学", "Harbin Engineering University", "Entity List", "name"),
    ],
)
def test_the_names_people_try_find_the_firm_meant_on_its_list(
    asked: str, entity: str, listed_on: str, matched_on: str
) -> None:
    found = screen([asked]).iloc[0]
    assert (found["entity"], found["list"], found["matched_on"]) == (entity, listed_on, matched_on)


def test_names_on_no_list_searched_have_no_hit() -> None:
    assert screen(["Blue Widget Bakery GmbH"])["entity"].tolist() == [""]
    # It stands on the MEU List under its parent's name, not on the Entity List.
    asked = ["Beijing Institute of Aeronautical Materials"]
    assert screen(asked, lists=["Entity List"])["entity"].tolist() == [""]
    assert screen(asked)["list"].tolist() == ["MEU"]


def test_a_listed_homonym_elsewhere_is_to_be_reviewed_and_says_that_the_place_differs() -> None:
    asked = pd.DataFrame([{"name": "Arrow Electronics", "country": "US"}])
    reasons = screen(asked).set_index("entity")["reason"]
    assert "the place differs (US)" in reasons["Arrow Electronics (Hong Kong) Co., Ltd."]
    assert reasons.str.contains("review").all()


def test_a_customer_has_three_rows_at_most_unless_more_are_asked_for() -> None:
    assert len(screen(["Huawei Technologies"])) == 3 < len(screen(["Huawei Technologies"], ranks=5))


def test_changxin_is_not_yangtze_memory() -> None:
    assert not screen(["ChangXin Memory"])["entity"].str.contains("Yangtze").any()


def test_a_firm_removed_from_the_list_says_so() -> None:
    found = screen(["Arrow (China) Electronics Trading"]).set_index("entity")
    assert "no longer listed" in found.loc["Arrow (China) Electronics Trading Co., Ltd.", "reason"]


def test_a_thousand_names_take_under_two_seconds_of_one_core() -> None:
    names = [f"{word} {kind} Co., Ltd." for word in ("Zorbex", "Kiln", "Huawei", "Beijing Aerospace", "Nord")
             for kind in ("Electronics", "Trading", "Optics", "Institute")] * 50  # fmt: skip
    screen(names[:1])
    start = time.process_time()
    screen(names)
    assert time.process_time() - start < 2


def test_the_case_audit_asks_the_lists_of_the_day_and_keeps_stages_and_relations_apart() -> None:
    found = case_audit()
    parties = tables.table("case_parties")
    assert len(found) == len(parties)
    assert set(found["flagged"]) <= {"match", "related", "no"}
    assert found["stage"].notna().all()
    flags = found.set_index("party")["flagged"]
    reasons = found.set_index("party")["reason"]
    assert reasons["PowerAir Pte. Ltd."].endswith("that day; listed itself from 2025-01-16")
    assert flags["Inspur Software Co., Ltd."] == "match"
    assert "later: owner on record of Aivres Systems Inc., share unknown" in reasons["Aivres Systems Inc."]
    assert reasons["Hao Global LLC"] == "no listed firm of a name like it that day"
    assert flags["Nettrix Information Industry Co., Ltd."] == "no"
    assert flags["Sitonholy (Tianjin) Co., Ltd."] == "no"
    assert flags["Inspur Electronic Information Industry Co., Ltd."] == "related"
    assert found.loc[found["flagged"] != "no", "case_id"].unique().tolist() == ["case_10"]


def test_every_audited_firm_belongs_to_a_documented_case_and_the_day_is_before_it() -> None:
    parties = tables.table("case_parties")
    cases = tables.diversion_cases().set_index("case_id")
    assert set(parties["case_id"]) <= set(cases.index)
    firms = cases["firms"].str.lower()
    for row in parties.to_dict("records"):
        first = row["party"].split()[0].strip("'(").lower()
        assert first in firms[row["case_id"]] or first[:4] in firms[row["case_id"]], row["party"]


COMMAND = [sys.executable, "-m", "chipflows", "screen"]
NAMED = {  # the firm shown first, what it matched on, and a word of the reason
    "华为技术有限公司": ("Huawei Technologies Co., Ltd.", "name", "possible match, review"),
    "Huawei Tech. Invest. Co": ("Huawei Tech Investment Co., Ltd.", "name", "possible match, review"),
    "Suma USI": ("Suma-USI Electronics Co., Ltd.", "alias", "possible match, review"),
    "ChangXin Memory": ("ChangXin Memory Technologies, Inc.", "name", "possible match, review"),
    "Sitonholy Tianjin": ("SITONHOLY (Tianjin) Co., Ltd.", "name", "possible match, review"),
    "Arrow Electronics": ("Arrow Electronics (Hong Kong) Co., Ltd.", "name", "the place differs (US)"),
    "Aivres": ("Inspur Electronic Information Industry Co., Ltd.", "owner", "share unknown"),
    "Delta Electronics": ("General Electronic", "alias", "the place differs (US)"),
    "Hudson Technologies": ("Anvik Technologies Sdn. Bhd.", "alias", "the place differs (US)"),
    "哈尔滨工业大学": ("Harbin Institute of Technology", "name", "possible match, review"),
    "哈尔滨工程大学": ("Harbin Engineering University", "name", "possible match, review"),
    "Blue Widget Bakery": ("", "", "no listed firm of a name like it"),
}
HOMONYMS = ("Arrow Electronics", "Delta Electronics", "Hudson Technologies")


def test_the_command_says_of_each_name_people_try_which_firm_and_why(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    lines = [f"{name},{'US' if name in HOMONYMS else ''}" for name in NAMED]
    file.write_text("\n".join(["name,country", *lines]), encoding="utf-8")
    found = {row["query"]: row for row in json.loads(run(file, "--json").stdout) if row["rank"] == 1}
    assert list(found) == list(NAMED)
    for name, (entity, on, said) in NAMED.items():
        row = found[name]
        assert (row["entity"], row["matched_on"]) == (entity, on), name
        assert said in row["reason"], name
    assert found["ChangXin Memory"]["list"] == "1260H"
    only = ["--lists", "Entity List", "--json"]
    file.write_text("name\nBeijing Institute of Aeronautical Materials\nChangXin Memory\n", encoding="utf-8")
    assert [row["entity"] for row in json.loads(run(file, *only).stdout)] == ["", ""]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b"id,title\n1,x\n", "no column that holds names"),
     (b"customer,company\nx,y\n", "several name columns"), (b"\xff\xfe\x00", "CSV"), (b'name\n"a\n', "CSV")],
)  # fmt: skip
def test_a_customer_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes(content)
    done = run(file)
    assert done.returncode == 2
    assert said in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_a_file_of_any_usual_encoding_gives_the_same_hits(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes("公司名称,country\n华为技术有限公司,CN\n,\nBlue Widget,US\n".encode(encoding))
    rows = json.loads(run(file, "--json").stdout)
    assert rows[0]["entity"] == "Huawei Technologies Co., Ltd."
    assert [row["query"] for row in rows if row["rank"] == 1] == ["华为技术有限公司", "", "Blue Widget"]


def test_hits_are_written_whole_and_a_stopped_run_is_taken_up_again(tmp_path: Path) -> None:
    file, out = tmp_path / "customers.csv", tmp_path / "hits.csv"
    file.write_text("name\n" + "".join(f"Huawei Customer {n}\n" for n in range(12_000)), encoding="utf-8")
    done = run(file, "--out", out)
    whole = out.read_bytes()
    assert done.returncode == 0 and "12,000 customers" in done.stdout
    assert whole.splitlines()[0].decode() == ",".join(["row", *COLUMNS])
    assert list(tmp_path.glob(".*parts")) == []

    out.unlink()
    process = subprocess.Popen([*COMMAND, str(file), "--out", str(out)], stderr=subprocess.DEVNULL)
    while not list(tmp_path.glob(".*parts/000000000.csv")):
        assert process.poll() is None
    process.kill()
    process.wait()
    assert not out.exists()
    assert run(file, "--out", out).returncode == 0
    assert out.read_bytes() == whole


def test_parts_left_by_a_killed_run_go_and_two_runs_do_not_write_one_output(tmp_path: Path) -> None:
    file, out = tmp_path / "customers.csv", tmp_path / "hits.csv"
    file.write_text("name\nHuawei\n", encoding="utf-8")
    assert run(file, "--out", out).returncode == 0
    joined = tmp_path / f".hits.csv.{'0' * 16}.parts"  # as if killed after the rename, before the removal
    stopped = tmp_path / f".other.csv.{'1' * 16}.parts"  # of a run that has no output yet: kept to go on
    for folder in (joined, stopped):
        folder.mkdir()
        (folder / "000000000.csv").write_text("row\n", encoding="utf-8")
    os.utime(joined / "000000000.csv", (1, 1))
    (tmp_path / ".hits.csv.lock").write_text(str(os.getpid()), encoding="ascii")  # of a killed run, not held
    assert run(file, "--out", tmp_path / "third.csv").returncode == 0
    assert not joined.exists() and stopped.exists()
    assert run(file, "--out", out).returncode == 0
    assert sorted(item.name for item in tmp_path.glob(".*")) == [stopped.name]
    with one_at_a_time(out):
        done = run(file, "--out", out)
        assert done.returncode == 2 and f"another run (process {os.getpid()}) is writing" in done.stderr
    assert run(file, "--out", out).returncode == 0 and not (tmp_path / ".hits.csv.lock").exists()


def test_branches_of_one_word_are_kept_apart_and_a_word_of_one_firm_is_forgiven_more() -> None:
    firms = to_frame([Entry("Quorvik Device (Suzhou) Co., Ltd."), Entry("Quorvik Software (Wuxi) Co., Ltd.")])
    screener = Screener(firms.assign(record="entry"), NO_EDGES)
    assert hits(screener, "Quorvik Trading (Beijing) Co., Ltd.") == []
    assert screen(["Suzhou Ultranano"]).loc[0, "entity"].startswith("Suzhou Ultranano Precision")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Any 54th Institute (A 54) subordinate institution: Velmira Circuits", ("velmira", "circuit")),
        ("Velmira (a subordinate institute of A-7)", ("velmira",)),
        ("Smartcom Kong) (Hong", ("smartcom", "hongkong")),
        ("China Electronics Technology Cloud", ("cetc", "cloud")),
        ("Velmira Electromechanical", ("velmira", "mechanical", "electrical")),
        ("NSCC-SZ", ("nscc", "shenzhen")),
        ("Shenzhenshi Velmira Wei Dianzi Ke Ji", ("shenzhen", "velmira", "microelectronic", "technology")),
        ("United States Velmira", ("usa", "velmira")),
    ],
)
def test_tokens_of_units_places_and_groups(name: str, found: tuple[str, ...]) -> None:
    assert tokens(name) == found


def test_a_rule_catches_more_of_careless_evaders_and_hardly_any_shell() -> None:
    rates = policy.catch_rates().set_index("label")
    assert (rates["p05"] < rates["p50"]).all() and (rates["p50"] < rates["p95"]).all()
    assert rates["p50"].idxmin() == "fresh shell, nothing shared"
    mixes = policy.mix_rates()
    assert mixes["p50"].is_monotonic_increasing
    only = policy.mix_rates({"all shells": {"fresh shell, nothing shared": 1.0}})
    assert only.loc[0, "p50"] == pytest.approx(rates.loc["fresh shell, nothing shared", "p50"])
    with pytest.raises(InputError, match="add up to"):
        policy.mix_rates({"half": {"fresh shell, nothing shared": 0.5}})
    with pytest.raises(InputError, match="kind of evasion"):
        policy.mix_rates({"other": {"fresh shel": 1.0}})


def test_the_measured_shares_are_those_of_the_shipped_threshold_and_of_their_counts() -> None:
    measured = tables.table("screening_accuracy")
    assert set(measured.loc[measured["engine"] == "chipflows", "threshold"]) == {THRESHOLD}
    assert ((measured["hits"] / measured["tried"] - measured["share"]).abs() < 1e-4).all()
    assert (measured["half"] == "test").all()


def test_a_word_that_a_firm_uses_for_another_stands_for_it_in_other_names_too() -> None:
    listed = [Entry("Velmirex Optics Co., Ltd.", ("Quorvang Optics",)), Entry("Velmirex (Wuhan) Lasers Ltd.")]
    screener = Screener(to_frame(listed).assign(record="entry"), NO_EDGES)
    found = screener.screen(pd.DataFrame({"name": ["Quorvang (Wuhan) Lasers"]})).iloc[0]
    assert found["entity"] == "Velmirex (Wuhan) Lasers Ltd."
    assert "quorvang is velmirex in other names of listed firms" in found["reason"]


def test_initials_are_weak_evidence_and_say_so(screener: Screener) -> None:
    listed = [Entry("Northern Alloy Kiln Optics Works"), *LISTED]
    found = Screener(to_frame(listed).assign(record="entry"), NO_EDGES).screen(
        pd.DataFrame({"name": ["NAKOW"]})
    )
    assert found.loc[0, "entity"] == "Northern Alloy Kiln Optics Works"
    assert "may be its initials, which is weak evidence" in found.loc[0, "reason"]
    assert hits(screener, "NAKOW") == []


def test_a_part_of_a_listed_firm_says_that_it_names_itself_one(screener: Screener) -> None:
    found = screener.screen(pd.DataFrame({"name": ["Harbour Engineering University, Kiln Laboratory"]})).iloc[
        0
    ]
    assert found["entity"] == "Harbour Engineering University"
    assert "names itself a part of it: Kiln Laboratory" in found["reason"]


def test_initials_that_a_name_gives_of_itself_in_brackets_are_no_word_of_it() -> None:
    assert tokens("Kiln Optics Research Centre (KORC)") == tokens("Kiln Optics Research Centre")
    assert "zzq" in tokens("Kiln Optics (ZZQ)")


def test_an_exact_name_comes_before_the_same_text_as_an_alias() -> None:
    listed = [Entry("Velmira Group", ("Sorwen Kiln",)), Entry("Sorwen Kiln")]
    screener = Screener(to_frame(listed).assign(record="entry"), NO_EDGES)
    assert hits(screener, "Sorwen Kiln") == ["Sorwen Kiln", "Velmira Group"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Physics Engineering of Academy China", ("caep",)),
        ("国家超级计算无锡中心", ("nscc", "wuxi")),
        ("A R Velmira", ("ar", "velmira")),
        ("苏州长风航空电子有限公司", ("suzhou", "changfeng", "avionics")),
        ("成都华微", ("chengdu", "huawei")),
        ("Velmira 2O7th Institute", ("velmira", "207", "institute")),
    ],
)
def test_groups_in_any_order_single_letters_and_misread_digits(name: str, found: tuple[str, ...]) -> None:
    assert tokens(name) == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Brigade Forty-Four", ("brigade", "44")),
        ("Fourty four Velmira", ("44", "velmira")),
        ("Three Velmira", ("3", "velmira")),
        ("Velmira Fund VIII L.P.", ("velmira", "fund", "8")),
        ("Velmira Fund V L.P.", ("velmira", "fund", "v")),
        ("Velmira Sp. z o.o.", ("velmira",)),
        ("Twenty Velmira", ("20", "velmira")),
        ("Twenty 12 Velmira", ("20", "12", "velmira")),
        ("Velmira U.S.A.", ("velmira", "usa")),
    ],
)
def test_numbers_in_words_and_roman_and_letters_before_a_legal_form(
    name: str, found: tuple[str, ...]
) -> None:
    assert tokens(name) == found


def with_more(*more: Entry) -> Screener:
    return Screener(to_frame([*more, *LISTED]).assign(record="entry"), NO_EDGES)


def reasons(screener: Screener, name: str) -> dict[str, str]:
    return screener.screen(pd.DataFrame({"name": [name]})).set_index("entity")["reason"].to_dict()


def test_a_name_without_vowels_is_found_by_its_consonants() -> None:
    # kilaruotangsun without vowels is klrtngsn; its words alone are too short to be known as spellings.
    screener = with_more(Entry("Kila Ruo Tang Sun Co., Ltd."))
    found = reasons(screener, "Kl R Tng Sn C., Ltd.")
    assert "written without vowels" in found["Kila Ruo Tang Sun Co., Ltd."]
    assert consonants("Kl R Tng Sn") == "klrtngsn"
    assert consonants("Kila Ruo Tang Sun") == "" and consonants("Kl R") == ""


def test_a_wrong_letter_that_makes_another_known_word_is_forgiven_where_the_rest_agrees() -> None:
    screener = with_more(Entry("Kila Marine Works"))
    assert (
        "spelt kila for kiln" in reasons(screener, "Meridian Kila Optics")["Meridian Kiln Optics Co., Ltd."]
    )
    assert hits(screener, "Kiln") == []


def test_one_word_asked_stands_for_one_word_listed_and_no_more() -> None:
    # chong and bong are each near cong; only one of them can be it.
    assert hits(with_more(Entry("Cong Kilnworks")), "Chong Bong") == []


def test_sharing_a_word_that_firms_everywhere_use_is_weaker_evidence() -> None:
    listed = (Entry("Galaxy Kilnworks"), Entry("Quorvang Kilnworks"))
    found = reasons(with_more(*listed), "Galaxy Trading")
    assert list(found) == [""]
    assert hits(with_more(*listed), "Quorvang Trading Kilnworks") == ["Quorvang Kilnworks"]


def test_an_alias_of_one_word_that_many_firms_have_names_nobody() -> None:
    screener = with_more(Entry("Leonid Works", ("Technology", "Leonid Kiln")))
    assert hits(screener, "Technology") == hits(screener, "Tyche I") == []
    assert hits(screener, "Leonid Kiln") == ["Leonid Works"]


def test_an_institute_is_known_by_its_number_with_or_without_its_group_but_not_in_another_group() -> None:
    name = "China Aerospace Science and Technology Corporation (CASC) 8th Academy 811 Research Institute"
    screener = with_more(Entry(name))
    assert "an institute of this number" in reasons(screener, "811th Institute")[name]
    assert hits(screener, "CETC 811th Institute") == hits(screener, "812th Institute") == []
    assert hits(screener, "811th Kiln Institute") == []


def test_an_institute_listed_by_its_number_is_found_by_its_name_and_the_reviewer_is_told_how_we_know() -> (
    None
):
    screener = with_more(Entry("China Electronics Technology Group Corporation 36th Research Institute"))
    found = screener.screen(
        pd.DataFrame({"name": ["江南电子通信研究所", "CETC 36", "CASC 36", "Jiangnan Velmira Institute"]})
    )
    assert found["matched_on"].tolist() == ["other name", "name", "", ""]
    assert "the list does not give this name of the institute" in found.loc[0, "reason"]
    by_name = with_more(Entry("Jiangnan Electronic Communication Research Institute"))
    assert hits(by_name, "CETC 36th Institute") == ["Jiangnan Electronic Communication Research Institute"]


def test_what_is_only_recalled_of_an_institute_can_be_left_out() -> None:
    known = tables.table("state_institutes").set_index("name")["status"]
    listed = ["CETC 11th Research Institute", "CETC 14th Research Institute"]
    every, seen = institutes.other_names(listed), institutes.other_names(listed, seen_only=True)
    assert set(seen) < set(every) and len(seen) > 0
    assert {known[name] for name in seen if name in known} == {"seen"}
    by_academy = (
        "China Aerospace Science and Technology Corporation (CASC) 8th Academy 811 Research Institute"
    )
    assert len(institutes.other_names([by_academy])) > 0
    assert institutes.other_names(["CETC 11 14 Research Institute"]) == []
    assert institutes.other_names(["CETC 14 Velmira Institute"]) == []
    nobody = ["Velmira Works", "CETC 99th Research Institute", "54th Institute", "NRIET"]
    assert institutes.other_names(nobody) == []
    assert "NRIET" in institutes.other_names(["CETC 14"])


def test_a_name_of_two_known_words_a_letter_apart_is_looked_for_under_both() -> None:
    # goketa and goketan are both words of the index; all else that is shared is a place and a field.
    screener = with_more(Entry("Hunan Goketa Microelectronics"), Entry("Goketan Marine Works"))
    assert "Hunan Goketa Microelectronics" in hits(screener, "Hunan Goketan Microelectronics")


def test_a_firm_on_two_lists_is_one_firm() -> None:
    texts, owners = ["Velmira Optics", "Velmira Optics Ltd", "Brindle Optics"], [0, 1, 2]
    firms = same_firms(texts, owners)
    assert firms == {0: 0, 1: 0, 2: 2}
    assert NameIndex(texts, owners, firms).is_of_one_firm("velmira")
    assert not NameIndex(texts, owners).is_of_one_firm("velmira")


def test_a_slip_in_a_long_word_is_not_taken_for_two_words() -> None:
    index = NameIndex(["Citigroup", "City Works"], [0, 1])
    assert index.canonical(("citygroup",)) == ("citygroup",)
    assert index.spelt_as("citygroup")[0][0] == "citigroup"
    assert NameIndex(["City Works"], [0]).canonical(("citygroup",)) == ("city", "group")


def test_a_short_legal_form_is_taken_off_a_long_word_only() -> None:
    index = NameIndex(["Siemora", "SiemoraAG", "Velm Works"], [0, 1, 2])
    assert index.tokens[1] == ("siemora",)
    assert index.canonical(("velmltd",)) == ("velm",) and index.canonical(("velmag",)) == ("velmag",)


def test_words_that_the_list_writes_as_one_or_apart() -> None:
    index = NameIndex(["Xinyinbo Works", "Abq Cd Marine"], [0, 1])
    assert index.canonical(("xin", "yin", "bo")) == ("xinyinbo",)
    assert index.canonical(("abqcd",)) == ("abq", "cd")


@pytest.mark.parametrize(
    ("word", "is_it"),
    [("ltd", True), ("ldt", True), ("plcc", True), ("x", True), ("zq", False), ("gmbhx", False),
     ("velmira", False)],
)  # fmt: skip
def test_a_legal_form_or_one_letter_off_a_short_one(word: str, is_it: bool) -> None:
    assert is_form(word) is is_it


def test_a_firm_is_known_by_the_one_word_that_tells_it_to_the_table_of_owners() -> None:
    owner = "Meridian Kiln Optics Co., Ltd."
    owned = ["Zorvex Systems Inc.", "Tarvex Software", "Tarvex Instrument"]
    edges = pd.DataFrame(
        {"owner": owner, "owned": owned, "owned_pct": 60.0, "as_of": pd.Timestamp("2025-01-01"),
         "basis": "filing", "source_ids": "a", "note": ""}
    )  # fmt: skip
    screener = Screener(to_frame(LISTED).assign(record="entry"), edges)
    found = screener.screen(pd.DataFrame({"name": ["Zorvex", "Tarvex", "Tarvex Software", "Systems"]}))
    assert found["matched_on"].tolist() == ["owner", "", "owner", ""]
    assert "60% (filing, 2025-01-01)" in found.loc[0, "reason"]


def test_an_address_without_a_number_is_no_relation_and_a_missing_name_is_said_to_be_missing() -> None:
    screener = with_more(Entry("Tavrik Works", (), "CN", ("7 Kilnside Marsh Bridge Street Wuhan",)))
    places = ["7 Kilnside Marsh Bridge Street Wuhan", "Kilnside Marsh Bridge Street Wuhan"]
    found = screener.screen(pd.DataFrame({"name": ["Qwxzv", "Qwxzv"], "address": places}))
    assert found["matched_on"].tolist() == ["address", ""]
    none = screener.screen(pd.DataFrame({"name": [None, float("nan"), ""]}))
    assert none["query"].tolist() == ["", "", ""] and set(none["reason"]) == {"no name to search for"}


def test_a_score_has_three_decimals() -> None:
    scores = screen(["Arrow Electronics", "Kyland", "Beijing Institute of Aeronautical Materials"])["score"]
    assert scores.map(lambda score: score == round(score, 3)).all() and (scores < 1).any()


def test_a_sound_may_stand_for_the_brands_of_two_firms() -> None:
    brands = brands_in_pinyin()
    assert set(brands["yushi"]) == {"uniview", "uisee"} and brands["tuojing"] == ("piotech",)
    assert all(sound not in each for sound, each in brands.items())


def test_words_that_stand_in_the_other_names_of_a_firm_count_for_it() -> None:
    listed = Entry("Easyfly Intelligent Technology", ("Wuhan Yifei Consulting",))
    found = reasons(with_more(listed), "Yifei Intelligent Technology (Wuhan)")
    assert "the rest stands in its other names" in found["Easyfly Intelligent Technology"]


@pytest.mark.parametrize(
    "name", ["Meridian Kiln OpticsLtd", "LLCMeridian Kiln Optics", "Meridian Kiln Optics plcc"]
)  # fmt: skip
def test_a_legal_form_written_on_to_a_word_or_mistyped_is_taken_off(screener: Screener, name: str) -> None:
    assert hits(screener, name)[:1] == ["Meridian Kiln Optics Co., Ltd."]


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("第三研究院", ("3", "academy")),
        ("中国科学院声学研究所", ("cas", "acoustics", "institute")),
        ("塔城地区公安局", ("tacheng", "prefecture", "security", "bureau")),
        ("南宁惯性测量技术有限公司", ("nanning", "inertial", "measurement", "technology")),
    ],
)
def test_fields_places_and_numbered_academies_in_chinese(chinese: str, english: tuple[str, ...]) -> None:
    assert tokens(chinese) == english
