"""The scores of a screen by hand: each factor in one small case, the arithmetic beside it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import beta

from chipflows import tables
from chipflows.lists.screening import policy
from chipflows.lists.screening.chinese import latin_words
from chipflows.lists.screening.index import NameIndex
from chipflows.lists.screening.judge import judge
from chipflows.lists.screening.matching import matches, pair_score
from chipflows.lists.screening.spelling import Spellings
from chipflows.lists.screening.synonyms import synonyms


class Words:
    """Weights written down: telling words 4, the rest 1, unless said; no spellings but those given."""

    def __init__(self, *one_firm: str, spelt: dict[str, tuple[str, float]] | None = None, **weights: float):
        self._one_firm, self._spelt, self._weights = set(one_firm), spelt or {}, weights

    def weight(self, word: str) -> float:
        return self._weights.get(word, 1.0 if word in COMMON or word.isdigit() else 4.0)

    def spelt_as(self, word: str) -> tuple[tuple[str, float], ...]:
        return (self._spelt[word],) if word in self._spelt else ()

    def is_of_one_firm(self, word: str) -> bool:
        return word in self._one_firm


COMMON = {"software", "instrument", "group", "institute", "academy", "suzhou", "wuxi", "china"}


def score(asked: str, listed: str, words: Words | None = None) -> float:
    return judge(tuple(asked.split()), tuple(listed.split()), words or Words()).score


@pytest.mark.parametrize(
    ("asked", "listed", "by_hand"),
    [
        ("velmira software", "velmira software", 1.0),
        # 2 x 4 of 8 + 8 shared: .5; half of either name is a telling word of its own: x (1 - .5).
        ("velmira tarnfield", "velmira ostrava", 0.5 * 0.5),
        # 2 x 8 of 8 + 12; nothing telling is left of the name asked, so nothing is taken off.
        ("velmira tarnfield", "velmira tarnfield ostrava", 16 / 20),
        # 2 x 4 of 5 + 5: .8; a software firm is not an instrument firm: x .85.
        ("velmira software", "velmira instrument", 0.8 * 0.85),
        # a group is of no line of business.
        ("velmira software", "velmira group", 0.8),
        # .8; places differ: x .75.
        ("velmira suzhou", "velmira wuxi", 0.8 * 0.75),
        # 2 x 8 of 9 + 8; a place on one side: x .8.
        ("velmira quorvik suzhou", "velmira quorvik", 16 / 17 * 0.8),
        # 2 x 5 of 6 + 6; numbers differ: x .35.
        ("velmira 54 institute", "velmira 55 institute", 10 / 12 * 0.35),
        # 2 x 5 of 5 + 6; a number on one side: x .81.
        ("velmira institute", "velmira 54 institute", 10 / 11 * 0.81),
        # 2 x 6 of 6 + 7; one number of two is a number on one side too.
        ("velmira 54 software", "velmira 54 8 software", 12 / 13 * 0.81),
        # 2 x 4 of 4 + 5; one word of a longer name, seven letters and only a field follows: x .95.
        ("velmira", "velmira software", 8 / 9 * 0.95),
        # six letters: x .84.
        ("velmir", "velmir software", 8 / 9 * 0.84),
        # seven letters, but a telling word follows: 2 x 4 of 4 + 8, x .84.
        ("velmira", "velmira ostrava", 8 / 12 * 0.84),
        # .8; only a word that firms everywhere use is shared: x .87; fields differ: x .85.
        ("galaxy software", "galaxy instrument", 0.8 * 0.87 * 0.85),
        # 2 x 4 of 5 + 4; nothing but a place is left: x .8 for the place alone.
        ("galaxy suzhou", "galaxy", 8 / 9 * 0.8),
        # 2 x 1 of 2 + 2; only a place is shared: x .8; fields differ: x .85.
        ("suzhou software", "suzhou instrument", 0.5 * 0.8 * 0.85),
        ("velmira", "ostrava", 0.0),
        # two letters may tell a firm, one letter does not: only the letter is shared, x .8.
        ("vq software", "vq instrument", 0.8 * 0.85),
        ("q software", "q instrument", 0.8 * 0.8 * 0.85),
    ],
)  # fmt: skip
def test_what_is_shared_and_what_is_taken_off(asked: str, listed: str, by_hand: float) -> None:
    assert score(asked, listed) == pytest.approx(by_hand, abs=1e-6)


@pytest.mark.parametrize(
    ("asked", "listed", "by_hand"),
    [
        # .8 of 10; the 2 of software and instrument weigh .6 less: .8 x 10 / 8.8; fields differ: x .85.
        ("velmira software", "velmira instrument", 0.8 * 10 / 8.8 * 0.85),
        ("velmir software", "velmir instrument", 0.8 * 10 / 8.8 * 0.85),  # six letters too
        # five letters: .3 less.
        ("velmi software", "velmi instrument", 0.8 * 10 / 9.4 * 0.85),
        # .8 x 10 / 8.8; places differ: x .75.
        ("velmira suzhou", "velmira wuxi", 0.8 * 10 / 8.8 * 0.75),
        # 16/17; a place on one side weighs .6 less and takes nothing off: x 17 / 16.4.
        ("velmira quorvik suzhou", "velmira quorvik", 16 / 17 * 17 / 16.4),
        # a word that firms everywhere use is none of one firm's.
        ("galaxy software", "galaxy instrument", 0.8 * 0.87 * 0.85),
    ],
)
def test_a_word_of_one_firm_forgives_places_and_fields(asked: str, listed: str, by_hand: float) -> None:
    words = Words("velmira", "velmir", "velmi", "galaxy")
    assert score(asked, listed, words) == pytest.approx(by_hand, abs=1e-6)


@pytest.mark.parametrize(
    ("asked", "listed", "by_hand"),
    [
        # (.9 x 4 + 1) x 2 of 5 + 5; seven letters.
        ("velmyra software", "velmira software", 0.92),
        # a spelling weighs what its word does, not the 9 of an unknown word.
        ("velmyrra software", "velmira software", 0.92),
        # (.8 x 4 + 1) x 2 of 5 + 5; the only telling word is short and spelt otherwise: x .9.
        ("velma software", "vilma software", 0.84 * 0.9),
        # .8 x 4 x 2 of 4 + 4; a single short word spelt otherwise: x .84.
        ("velma", "vilma", 0.8 * 0.84),
        # kiln is one letter from kila: .9 x (1 - 1/4) = .675; (4 + .675 x 4) x 2 of 8 + 8.
        ("velmira kiln", "velmira kila", 6.7 / 8),
        # two letters of eight: .9 x (1 - 2/8) = .675 as well; of seven letters: no slip.
        ("velmira kilnwork", "velmira kilmwerk", 6.7 / 8),
        ("velmira kilnwor", "velmira kilmwer", 0.5 * 0.5),
        # three letters may slip, .9 x (1 - 1/3) = .6: (4 + 2.4) x 2 of 16; two may not.
        ("velmira kil", "velmira kin", 6.4 / 8),
        ("velmira ki", "velmira ka", 0.5 * 0.5),
    ],
)
def test_spellings_and_slips(asked: str, listed: str, by_hand: float) -> None:
    spelt = {"velmyra": ("velmira", 0.9), "velmyrra": ("velmira", 0.9), "velma": ("vilma", 0.8)}
    words = Words(spelt=spelt, velmyrra=9.0)
    assert score(asked, listed, words) == pytest.approx(by_hand, abs=1e-6)


@pytest.mark.parametrize(
    ("asked", "listed", "is_known"),
    [
        ("811 institute", "casc 8 academy 811 institute", True),
        ("china 811 institute", "casc 811 institute", True),
        ("suzhou 811 institute", "811 institute", True),
        ("cetc 811 institute", "casc 811 institute", False),  # another group
        ("velmira 811 institute", "811 institute", False),  # a telling word
        ("811 institute", "casc 812 811 institute", False),  # two institutes
        ("8 institute", "casc 8 institute", False),  # one digit tells too little
        ("811 academy", "casc 811 academy", False),
    ],
)
def test_an_institute_known_by_its_number(asked: str, listed: str, is_known: bool) -> None:
    verdict = judge(tuple(asked.split()), tuple(listed.split()), Words(casc=9.0, cetc=9.0, suzhou=9.0))
    assert (verdict.score == 0.8 and "an institute of this number" in verdict.remarks) is is_known


def test_of_two_slips_the_nearer_is_taken() -> None:
    # one letter of nine before two of nine, though the other stands first.
    verdict = judge(("kilnworks", "velmira"), ("kilmwarks", "kilnwarks", "velmira"), Words())
    assert verdict.respelt == (("kilnworks", "kilnwarks"),)


def test_of_two_spellings_the_nearer_is_taken() -> None:
    class Two(Words):
        def spelt_as(self, word: str) -> tuple[tuple[str, float], ...]:
            return (("vilma", 0.7), ("volma", 0.9)) if word == "velma" else ()

    assert judge(("velma", "x"), ("vilma", "volma"), Two()).respelt == (("velma", "volma"),)


def test_a_word_weighs_by_how_few_firms_have_it_and_by_its_kind() -> None:
    # Three firms: a word of one weighs ln(4/1), of two ln(4/2); places .45 of it, fields .55, letters .3.
    index = NameIndex(
        ["Velmira Tarnfield", "Velmira Software", "Suzhou Galaxy Q"], [0, 1, 2],
    )  # fmt: skip
    log = math.log
    wanted = {
        "velmira": log(2), "tarnfield": log(4), "software": 0.55 * log(4), "suzhou": 0.45 * log(4),
        "galaxy": 0.8 * log(4), "q": 0.3 * log(4), "brandnew": 0.97 * log(4), "wuxi": 0.97 * 0.45 * log(4),
    }  # fmt: skip
    assert {word: index.weight(word) for word in wanted} == pytest.approx(wanted)
    # velmira and tarnfield shared: the whole of the first name; velmira alone of the second:
    # 2 ln 2 over (ln 2 + ln 4) + (ln 2 + .55 ln 4) = 2 / (3 + 2.1).
    found = {each.place: each.score for each in index.search(("velmira", "tarnfield"))}
    assert found == pytest.approx({0: 1.0, 1: 2 / 5.1}, abs=1e-6)
    assert index.search(("unheardof",)) == []


def test_other_ways_to_a_name_and_what_they_are_worth() -> None:
    texts = ["Kila Ruo Tang Sun Works", "Velmira Tarnfield", "Velmira Quorvik Sorwen"]
    index = NameIndex(texts, [0, 1, 1])
    best = {name: next(matches(index, [name]))[0] for name in ("KRTSW", "Kl R Tng Sn Wrks")}
    assert best["KRTSW"].verdict.score == 0.75  # initials
    assert best["Kl R Tng Sn Wrks"].verdict.score == 0.85  # consonants
    part = next(each for each in next(matches(index, ["Velmira Tarnfield, Kiln Branch"])) if each.place == 1)
    assert part.verdict.score == 0.8  # names itself a part
    # Every word asked stands in a name of the firm: what the score lacks is less by .3.
    asked = "Velmira Tarnfield Sorwen"
    plain = pair_score(index, asked, "Velmira Tarnfield")
    both = next(each for each in next(matches(index, [asked])) if each.place == 1)
    assert both.verdict.score == pytest.approx(plain + 0.3 * (1 - plain))


def test_initials_of_four_letters_that_three_firms_share_are_told_and_that_four_share_are_not() -> None:
    texts = ["Kila Ruo Tang Sun", "Koro Rill Tarn Sorwen", "Kest Rova Tulm Salk", "Kolm Rast Turo Sint"]
    three, four = (NameIndex(texts[:count], list(range(count))) for count in (3, 4))
    assert [each.verdict.score for each in next(matches(three, ["KRTS"]))] == [0.75] * 3
    assert next(matches(four, ["KRTS"])) == []
    assert next(matches(NameIndex(["Kila Ruo Tang"], [0]), ["KRT"])) == []


@pytest.mark.parametrize(
    ("written", "likeness"),
    [
        ("velmirra", 0.97),  # sounds the same
        ("vlmr", 0.95),  # without vowels
        ("velmora", 6 / 7),  # one letter of seven
        ("vemlira", 6 / 7),  # two neighbours swapped are one mistake
        ("velmoro", None),  # two of seven: .71
        ("cornwalk", 7 / 8),  # one letter of eight
        ("comwall", 0.97),  # a scan reads rn as m
        ("5orwen", 0.97),  # and s as 5
        ("kilo", 0.75),  # one letter of four
        ("workes", 5 / 6),  # a letter more than five
        ("kil", None),
    ],
)
def test_how_alike_a_spelling_is(written: str, likeness: float | None) -> None:
    found = Spellings(["velmira", "cornwall", "sorwen", "kiln", "works"]).of(written)
    assert [like for _, like in found[:1]] == ([pytest.approx(likeness)] if likeness else [])


def test_neighbours_are_three_at_most_and_never_the_word_itself() -> None:
    near = Spellings(["velmira", "velmora", "velmura", "velmera", "velmiro"]).near("velmira")
    assert len(near) == 3 and "velmira" not in dict(near)
    assert Spellings(["kil", "kin"]).near("kil") == ()
    alike = Spellings(["velmira", "velmirra", "vellmira", "velmmira"])
    assert [like for _, like in alike.alike("velmira")] == [0.97, 0.97]
    assert Spellings(["kiln", "killn"]).alike("kiln") == ()  # four letters are taken as they are


def test_a_word_written_as_one_is_split_only_into_parts_of_four_letters() -> None:
    index = NameIndex(["Vel Works", "Velm Works"], [0, 1])
    assert index.canonical(("techvelm",)) == ("technology", "velm")
    assert index.canonical(("techvel",)) == ("techvel",)


@pytest.mark.parametrize(
    ("word", "other", "said"),
    [
        ("ailny", "kilny", "spelt ailny for kilny"),  # four of five letters are the same
        ("kabcd", "kwxyz", "spelt kabcd for kwxyz"),  # the same first letter
        ("kilnx", "ovens", "kilnx is ovens in other names of listed firms"),
    ],
)
def test_a_reviewer_is_told_a_spelling_from_another_name(word: str, other: str, said: str) -> None:
    verdict = judge((word, "works"), (other, "works"), Words(spelt={word: (other, 0.9)}))
    assert verdict.reason() == f"shares works; {said}"


def test_words_of_four_letters_stand_for_one_another_where_two_names_of_a_firm_differ_in_them() -> None:
    names = [("kiln", "works"), ("oven", "works"), ("kil", "marine"), ("oak", "marine")]
    found = synonyms(names, [0, 0, 1, 1])
    assert found["kiln"] == ("oven",) and found["oven"] == ("kiln",)
    assert "kil" not in found and "oak" not in found


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("五十四", "54"),
        ("五四", "54"),
        ("二十", "20"),
        ("十二", "12"),
        ("一百零五", "105"),
        ("七〇二", "702"),
    ],
)
def test_chinese_numerals(written: str, number: str) -> None:
    assert latin_words(f"第{written}研究所") == (number, "institute")


def test_catch_rates_are_those_of_the_counts() -> None:
    # With Jeffreys' prior a share is Beta(hits + 1/2, misses + 1/2): its middle by formula, not by draws.
    rates = policy.catch_rates()
    middle = beta.ppf(0.5, rates["hits"] + 0.5, rates["tried"] - rates["hits"] + 0.5)
    assert np.abs(rates["p50"] - middle).max() < 0.0015
    assert ((rates["p05"] < rates["p50"]) & (rates["p50"] < rates["p95"])).all()
    measured = tables.table("screening_accuracy")
    ours = measured[measured["engine"] == "chipflows"].set_index("test")
    chinese = ["Chinese name of a listed company", "Chinese name of a listed institute"]
    row = rates.set_index("label").loc["Chinese name of a listed firm"]
    assert (row["hits"], row["tried"]) == (ours.loc[chinese, "hits"].sum(), ours.loc[chinese, "tried"].sum())
    # Nine in ten shells, one in twenty each of sisters and addresses.
    found = rates.set_index("label")["p50"]
    by_hand = (
        0.9 * found["fresh shell, nothing shared"]
        + 0.05 * found["sister firm, not itself listed"]
        + 0.05 * found["new name at a listed address"]
    )
    careful = policy.mix_draws(4096)["careful: nine in ten are fresh shells"]
    assert np.median(careful) == pytest.approx(by_hand, rel=0.02) and careful.shape == (4096,)


def test_an_assumed_range_has_its_middle_on_the_scale_of_odds() -> None:
    # Odds of .05 are 1/19, of .45 9/11: their geometric mean is sqrt(9/209) = .2075, a share of .17185.
    found = policy.assumed_ranges().set_index("label")
    row = found.loc["assumed: resellers"]
    odds = math.sqrt(row["p05"] / (1 - row["p05"]) * row["p95"] / (1 - row["p95"]))
    assert row["p50"] == pytest.approx(odds / (1 + odds))
    if (row["p05"], row["p95"]) == (0.05, 0.45):
        assert row["p50"] == pytest.approx(0.17185, abs=5e-6)
