"""Screening beside what a user would pick instead: the same names, the same lists, one run, with intervals.

    python benchmarks/screening.py FOLDER [--half test] [--pairs FILE] [--peer-names 150] [--csv TABLE]

FOLDER holds entity/csl/csl_2026-07-31_compact.json.gz and entity/lists/cn_mofcom_lists_2026-07-19.json.gz:
firms on no list searched are the customers that should have no hit. Entities are split in halves by a hash of
the name. Thresholds are set on the training half; the test half is scored with them. rapidfuzz is always run;
OpenSanctions' logic-v2 (nomenklatura 4.17.4) and the variations of sanctions-screening-benchmark 0.1.0 when
they are installed beside chipflows, in an environment of their own; --pairs is contrib/name_bench/cases.csv
of OpenSanctions' nomenklatura, read where it lies.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
from screening_engines import Engine, LogicV2, Ours, Rapidfuzz, names_of
from screening_sets import (
    chinese_names,
    half_of,
    held_out,
    in_half,
    is_series_swap,
    labelled_pairs,
    sisters,
    unlisted,
    variations,
)

from chipflows import lists
from chipflows.lists.screening import THRESHOLD, Screener, screen
from chipflows.lists.screening.institutes import other_names
from chipflows.lists.screening.tokens import tokens

MOST_FALSE = 0.02
PEER_THRESHOLD = 0.7
ASKED = ", the names the peer was asked"
SOURCES = "csl_2026_07;mofcom_2026_lists"
KNOWN_FROM = ";institute_names;brand_names"  # what ours knows besides
DESTROYED = ("initials", "truncate")  # variations that leave too little of a name
KNOWN = {  # what is known of other names of state institutes
    ", no other names of institutes": lambda _: [],
    ", other names of institutes seen on a page": partial(other_names, seen_only=True),
}
SETS = {"unseen": "", "scored before": ", scored before", "seen": ", seen while tuning"}  # of Chinese names
_CALLS = 500


class Table:
    """The rows printed, kept for the file."""

    def __init__(self, half: str) -> None:
        self.half = half
        self.rows: list[dict[str, object]] = []

    def add(self, test: str, engine: Engine, limit: float, outcomes: Iterable[bool]) -> None:
        """Print and keep the share of *outcomes* that are true."""
        found = list(outcomes)
        self.add_counts(test, engine, limit, sum(found), len(found))

    def add_counts(self, test: str, engine: Engine, limit: float, hits: int, tried: int) -> None:
        """Print and keep a share of counts with its 95% interval."""
        share, low, high = wilson(hits, tried)
        print(f"{test:<62} {engine.name:<26} {share:.3f} ({low:.3f}-{high:.3f}), n={tried}", flush=True)
        self.rows.append(
            {"test": test, "engine": engine.name, "threshold": f"{limit:g}", "hits": hits, "tried": tried,
             "share": round(share, 4), "low": round(low, 4), "high": round(high, 4), "half": self.half,
             "source_ids": SOURCES + (KNOWN_FROM if engine.name == Ours.name else "")}
        )  # fmt: skip


def wilson(hits: int, tried: int) -> tuple[float, float, float]:
    """Return a share with its 95% interval."""
    share, z = hits / tried, 1.96
    middle = (share + z * z / (2 * tried)) / (1 + z * z / tried)
    half = z * math.sqrt(share * (1 - share) / tried + z * z / (4 * tried * tried)) / (1 + z * z / tried)
    return share, max(0.0, middle - half), min(1.0, middle + half)


def sampled(items: Sequence, most: int, seed: int) -> list:
    """Return at most *most* of the items, the same ones every time."""
    return random.Random(seed).sample(list(items), min(most, len(items)))  # noqa: S311 - a sample, not a secret


def threshold_of(engine: Engine, customers: Sequence[str]) -> float:
    """Return the lowest threshold at which at most MOST_FALSE of the customers hit."""
    scores = sorted((found[0][0] if found else 0.0 for found in engine.ranked(customers)), reverse=True)
    return math.floor(scores[int(MOST_FALSE * len(scores))] * 1000 + 1) / 1000


def shown(engine: Engine, names: Sequence[str], limit: float) -> list[list[int]]:
    """Return the firms that a reviewer is shown for each name: the best three from the threshold on."""
    return [[firm for score, firm in found if score >= limit] for found in engine.ranked(names)]


def score_customers(table: Table, engine: Engine, limit: float, customers: Sequence[str]) -> None:
    """Add the share of unlisted customers with a hit, and print the speed."""
    start = time.process_time()
    found = shown(engine, customers, limit)
    speed = len(customers) / (time.process_time() - start)
    table.add("unlisted customers with a hit", engine, limit, map(bool, found))
    print(f"{'names a second, batch, one core':<62} {engine.name:<26} {speed:,.1f}")


def score_held_out(table: Table, make: Callable[[pd.DataFrame], Engine], limit: float, firms: pd.DataFrame,
                   most: int | None = None, known: str = "") -> None:  # fmt: skip
    """Add the share of held-out aliases whose firm is shown, and is shown first; of *most* names if given.

    *known* says what the engine knows, where that differs.
    """
    for primary_only, test in (
        (False, "held-out PRC alias, other aliases kept"), (True, "held-out PRC alias, primary name only"),
    ):  # fmt: skip
        kept, asked = held_out(firms, table.half, primary_only=primary_only)
        asked = asked if most is None else sampled(asked, most, 6)
        holders = defaultdict(set)
        for text, at in names_of(kept):
            holders[text].add(at)
        engine, suffix = make(kept), known if most is None else ASKED
        found = shown(engine, [alias for _, alias in asked], limit)
        wanted = [{at} | holders[alias] for at, alias in asked]
        table.add(
            test + suffix,
            engine,
            limit,
            (bool(right & set(each)) for right, each in zip(wanted, found, strict=True)),
        )
        first = (bool(each) and each[0] in right for right, each in zip(wanted, found, strict=True))
        table.add(f"{test}, shown first{suffix}", engine, limit, first)


def score_sisters(table: Table, engine: Engine, limit: float, firms: pd.DataFrame) -> None:
    """Add the share of sister firms taken for one another, at random and at worst."""
    pairs = sisters(firms, table.half)
    draw = random.Random(4)  # noqa: S311 - a sample, not a secret
    table.add(
        "sister firms, random",
        engine,
        limit,
        (engine.pair(one, draw.choice(rest)) >= limit for one, rest in pairs),
    )
    worst = (max(engine.pair(one, other) for other in rest) >= limit for one, rest in pairs)
    table.add("sister firms, hardest", engine, limit, worst)


def score_variations(
    table: Table, engine: Engine, limit: float, firms: pd.DataFrame, most: int | None = None
) -> None:
    """Add the share of varied names whose firm, or one of the same words, is shown."""
    varied = variations(firms, table.half)
    varied = (
        varied if most is None else sampled([each for each in varied if each[1] not in DESTROYED], most, 7)
    )
    same = defaultdict(set)
    for text, at in names_of(firms):
        same[frozenset(tokens(text))].add(at)
    kinds: dict[str, list[bool]] = defaultdict(list)
    for (at, kind, _), found in zip(varied, shown(engine, [text for *_, text in varied], limit), strict=True):
        kinds[kind].append(bool(({at} | same[frozenset(tokens(firms["name"][at]))]) & set(found)))
    if most is None:
        for kind, outcomes in sorted(kinds.items()):
            table.add(f"variation: {kind}", engine, limit, outcomes)
    kept = [hit for kind, outcomes in kinds.items() if kind not in DESTROYED for hit in outcomes]
    if kept:
        suffix = "" if most is None else ASKED
        table.add(f"variations but initials and truncate{suffix}", engine, limit, kept)


def score_chinese(
    table: Table, engine: Engine, limit: float, firms: pd.DataFrame, most: int | None = None
) -> None:
    """Add the share of Chinese names whose first hit is right, and is wrong; *most* unseen ones if given."""
    asked = chinese_names()
    if most is not None:
        asked = asked[asked["set"] == "unseen"].groupby("kind").head(most)
    for (group, kind), names in asked.groupby(["set", "kind"], sort=True):
        suffix = SETS[group]
        found = shown(engine, names["name"].tolist(), limit)
        right = [bool(each) and firms["name"][each[0]] == wanted
                 for each, wanted in zip(found, names["entity"], strict=True)]  # fmt: skip
        wrong = [bool(each) and not good for each, good in zip(found, right, strict=True)]
        table.add(f"Chinese name of a listed {kind}{suffix}", engine, limit, right)
        table.add(f"Chinese name of a listed {kind}, wrong firm{suffix}", engine, limit, wrong)


def score_pairs(table: Table, make: Callable[[pd.DataFrame], Engine], limit: float, firms: pd.DataFrame,
                file: Path) -> None:  # fmt: skip
    """Add F1 on the labelled pairs: twice the pairs rightly joined over those joined and those alike."""
    pairs = labelled_pairs(file)
    listed = pd.DataFrame({"name": pairs["other"], "aliases": [()] * len(pairs)})
    engine = make(pd.concat([firms, listed], ignore_index=True))
    scores = [engine.pair(one, other) for one, other in zip(pairs["one"], pairs["other"], strict=True)]
    joined = pd.Series(scores, index=pairs.index) >= limit
    for test, kept in (
        ("", pairs.index),
        (", without swaps of a series' number", pairs.index[~is_series_swap(pairs)]),
    ):
        right = int((joined[kept] & pairs.loc[kept, "same"]).sum())
        whole = int(joined[kept].sum() + pairs.loc[kept, "same"].sum())
        table.add_counts(f"labelled organisation pairs, F1{test}", engine, limit, 2 * right, whole)


def score_relations(table: Table, engine: Ours, limit: float, firms: pd.DataFrame) -> None:
    """Add what listed firms would hit if they were not on the list but a relative, or a neighbour, is."""
    asked = sisters(firms, table.half)
    table.add("relative of a listed firm by name", engine, limit,
              (max(engine.pair(one, other) for other in rest) >= limit for one, rest in asked))  # fmt: skip
    prc = firms[in_half(firms, table.half) & firms["addresses"].map(len).gt(0)]
    addresses = [each[0] for each in prc["addresses"]]
    frame = pd.DataFrame({"name": [f"Qwxzv {at}" for at in range(len(prc))], "address": addresses})
    hits = Screener(firms).screen(frame, ranks=9)
    own = dict(zip(frame["name"], prc["entity_id"], strict=True))
    others = hits[(hits["matched_on"] == "address") & (hits["query"].map(own) != hits["entity_id"])]
    table.add("address of another listed firm", engine, limit, frame["name"].isin(others["query"]))


def score_peer(
    table: Table, firms: pd.DataFrame, customers: Sequence[str], most: int, pairs: Path | None
) -> None:
    """Add the slow peer's tests on at most *most* names of each, and ours on the same names."""
    try:
        engine = LogicV2(firms)
    except ImportError:
        print("OpenSanctions' nomenklatura is not installed: left out")
        return
    for make, each, limit in ((LogicV2, engine, PEER_THRESHOLD), (Ours, Ours(firms), THRESHOLD)):
        score_held_out(table, make, limit, firms, most)
        score_variations(table, each, limit, firms, most)
        asked = shown(each, sampled(customers, most, 5), limit)
        table.add(f"unlisted customers with a hit{ASKED}", each, limit, map(bool, asked))
    score_chinese(table, engine, PEER_THRESHOLD, firms, most // 2)
    if pairs:
        score_pairs(table, LogicV2, PEER_THRESHOLD, firms, pairs)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=("train", "test"), default="train")
    parser.add_argument("--pairs", type=Path, help="OpenSanctions' labelled pairs")
    parser.add_argument(
        "--peer-names", type=int, default=40, help="names the slow peer is asked; 0 leaves it out"
    )
    parser.add_argument("--csv", type=Path, help="write the table here")
    given = parser.parse_args()
    firms = lists.listed_firms()
    firms = firms[firms["record"] != "gone"].reset_index(drop=True)
    customers = unlisted(given.folder, firms)
    train, asked = ([name for name in customers if half_of(name) == half] for half in ("train", given.half))
    print(f"{len(firms):,} firms, {len(customers):,} unlisted customers; scored on the {given.half} half\n")
    table = Table(given.half)
    for make in (Ours, Rapidfuzz):
        engine = make(firms)
        limit = THRESHOLD if make is Ours else threshold_of(engine, sampled(train, 2000, 3))
        print(f"\n{engine.name} at {limit:g}")
        score_customers(table, engine, limit, asked)
        score_held_out(table, make, limit, firms)
        if make is Ours:
            for known, others in KNOWN.items():
                score_held_out(table, partial(Ours, others=others), limit, firms, known=known)
        score_sisters(table, engine, limit, firms)
        score_variations(table, engine, limit, firms)
        score_chinese(table, engine, limit, firms)
        if given.pairs:
            score_pairs(table, make, limit, firms, given.pairs)
        if isinstance(engine, Ours):
            score_relations(table, engine, limit, firms)
    print_call_time(asked)
    if given.peer_names:
        score_peer(table, firms, asked, given.peer_names, given.pairs)
    if given.csv:
        pd.DataFrame(table.rows).to_csv(given.csv, index=False, lineterminator="\n")
    return 0


def print_call_time(customers: Sequence[str]) -> None:
    """Print what one call of screen takes."""
    screen(customers[:1])
    start = time.process_time()
    for customer in customers[:_CALLS]:
        screen([customer])
    print(f"{'one call of screen, ms of one core':<62} {1000 * (time.process_time() - start) / _CALLS:.2f}")


if __name__ == "__main__":
    sys.exit(main())
