"""Assumption files: strict keys, sane ranges, no dangling references."""

import textwrap

import pytest

from chipflows import tables
from chipflows.errors import AssumptionError
from chipflows.tables.assumptions import load_assumptions

GOOD = """
topic: t
assumptions:
  a:
    title: A
    unit: share
    dist: logit_normal
    p05: 0.1
    p95: 0.4
    sources: [judgement]
    confidence: low
"""


def write(folder, text: str):
    (folder / "x.yaml").write_text(textwrap.dedent(text), encoding="utf-8")
    return folder


def test_a_good_file_loads(tmp_path):
    item = load_assumptions(write(tmp_path, GOOD)).uncertain["a"]
    assert item.range() == (0.1, 0.4)
    assert item.credibility == 0.90


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("p05: 0.1", "p05: 0.5", "not below high"),
        ("p95: 0.4", "p95: 1.4", "between 0 and 1"),
        ("p05: 0.1", "p50: 0.1", "p50.*Did you mean p9"),
        ("p95: 0.4", "", "give p05 and p95"),
        ("dist: logit_normal", "dist: gaussian", "dist"),
        ("p05: 0.1", "p05: .nan", "finite"),
        ("sources: [judgement]", "sources: []", "sources"),
        ("confidence: low", "confidence: low\n    group: nowhere", "nowhere"),
        ("topic: t", "topic: t\nassumption: {}", "assumption.*Did you mean assumptions"),
        ("dist: logit_normal", "dist: regimes\n    regimes: {x: 0.5, y: 0.6}", "sum to 1"),
    ],
)
def test_a_bad_file_says_what_is_wrong(tmp_path, old, new, says):
    with pytest.raises(AssumptionError, match=f"(?s){says}"):
        load_assumptions(write(tmp_path, GOOD.replace(old, new)))


def test_a_profile_scaled_by_an_unknown_assumption_is_refused(tmp_path):
    text = (
        GOOD
        + "profiles:\n  p: {title: P, unit: x, scale: linear, at: {2022.0: 1}, sources: [s], spread: b}\n"
    )
    with pytest.raises(AssumptionError, match="spread 'b'"):
        load_assumptions(write(tmp_path, text))


def test_an_asymmetric_correlation_is_refused(tmp_path):
    text = GOOD.replace("confidence: low", "confidence: low\n    group: g") + (
        "groups:\n  g: {title: G, members: [a, a], rank_correlation: [[1, 0.5], [0.4, 1]], sources: [s]}\n"
    )
    with pytest.raises(AssumptionError, match="symmetric"):
        load_assumptions(write(tmp_path, text))


def test_an_unknown_prior_says_which_there_are():
    with pytest.raises(AssumptionError, match="cnas_2024"):
        load_assumptions().with_priors({"diverted_scale": "cnas_2023"})


def test_a_named_prior_replaces_the_range():
    changed = load_assumptions().with_priors({"huawei_packages": "bis_200k"})
    assert changed.uncertain["huawei_packages"].range() == (0.15, 0.28)


def test_every_shipped_assumption_names_source_cards_that_exist():
    everything = load_assumptions()
    items = [*everything.uncertain.values(), *everything.profiles.values(), *everything.groups.values()]
    named = {source: item.id for item in items for source in item.sources}
    for item in everything.uncertain.values():
        named.update({source: item.id for prior in item.alternatives.values() for source in prior.sources})
    missing = {source: where for source, where in named.items() if source not in tables.cards()}
    assert not missing
