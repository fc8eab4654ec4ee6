"""Screening beside what a user would pick instead: the same names, the same lists, one run, with intervals.

    python benchmarks/screening.py FOLDER [--half test] [--peer-names 60] [--csv TABLE]

FOLDER holds entity/csl/csl_2026-07-31_compact.json.gz and entity/lists/cn_mofcom_lists_2026-07-19.json.gz:
firms on no list searched are the customers that should have no hit. Entities are split in halves by a hash of
the name. Thresholds are set on the training half (at most 2% of unlisted customers hit); the test half is
scored with them. rapidfuzz is always run; OpenSanctions' logic-v2 (nomenklatura 4.17.4) and the variations of
sanctions-screening-benchmark 0.1.0 when they are installed beside chipflows, in an environment of their own.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process, utils

from chipflows import lists
from chipflows.lists.screening import THRESHOLD, Screener, screen
from chipflows.lists.screening.index import NameIndex
from chipflows.lists.screening.judge import judge
from chipflows.lists.screening.tokens import tokens
from chipflows.lists.words import name_key

MOST_FALSE = 0.02
PEER_THRESHOLD = 0.7
_CALLS = 500
Best = tuple[float, int | None]  # score, place of the firm


def half_of(name: str) -> str:
    """Return which half an entity falls in."""
    return "train" if int(hashlib.sha256(name_key(name).encode()).hexdigest(), 16) % 2 == 0 else "test"


def wilson(hits: int, tried: int) -> tuple[float, float, float]:
    """Return a share with its 95% interval."""
    share, z = hits / tried, 1.96
    middle = (share + z * z / (2 * tried)) / (1 + z * z / tried)
    half = z * math.sqrt(share * (1 - share) / tried + z * z / (4 * tried * tried)) / (1 + z * z / tried)
    return share, max(0.0, middle - half), min(1.0, middle + half)


class Ours:
    """The screener's index and verdicts."""

    name = "chipflows"

    def __init__(self, firms: pd.DataFrame) -> None:
        pairs = _names(firms)
        self.index = NameIndex([text for text, _ in pairs], [owner for _, owner in pairs])

    def best(self, names: Sequence[str]) -> list[Best]:
        """Return the best score and firm for each name."""
        out: list[Best] = []
        for name, found in zip(names, self.index.search(names), strict=True):
            asked = self.index.canonical(tokens(name))
            top: Best = (0.0, None)
            for place, score in found[:8]:
                verdict = self._judged(asked, place, score)
                top = max(top, (verdict, int(self.index.owners[place])), key=lambda each: each[0])
            out.append(top)
        return out

    def pair(self, one: str, other: str) -> float:
        """Return the score of two names."""
        index = self.index
        asked, listed = (index.canonical(tokens(each)) for each in (one, other))
        spelt = {token: dict(index.spelt_as(token)) for token in asked}
        shared = sum(
            max((like * index.weight(w) for w, like in spelt[t].items() if w in listed), default=0)
            for t in asked
        )
        base = 2 * shared / (sum(map(index.weight, asked)) + sum(map(index.weight, listed)) + 1e-9)
        return judge(asked, listed, min(base, 1.0), index).score

    def _judged(self, asked: tuple[str, ...], place: int, score: float) -> float:
        index = self.index
        return judge(asked, index.tokens[place], score, index).score if score >= 0.4 else 0.0


class Rapidfuzz:
    """Token-sort ratio over every name."""

    name = "rapidfuzz token_sort_ratio"

    def __init__(self, firms: pd.DataFrame) -> None:
        pairs = _names(firms)
        self.texts = [utils.default_process(text) for text, _ in pairs]
        self.owners = [owner for _, owner in pairs]

    def best(self, names: Sequence[str]) -> list[Best]:
        """Return the best score and firm for each name."""
        out: list[Best] = []
        for name in names:
            found = process.extractOne(utils.default_process(name), self.texts, scorer=fuzz.token_sort_ratio)
            out.append((found[1] / 100, self.owners[found[2]]) if found else (0.0, None))
        return out

    def pair(self, one: str, other: str) -> float:
        """Return the score of two names."""
        return fuzz.token_sort_ratio(one, other, processor=utils.default_process) / 100


class LogicV2:
    """OpenSanctions' matcher, every name of the list compared."""

    name = "OpenSanctions logic-v2"

    def __init__(self, firms: pd.DataFrame) -> None:
        from followthemoney import model
        from nomenklatura.matching import get_algorithm

        self._model, self._algorithm = model, get_algorithm("logic-v2")
        self._config = self._algorithm.default_config()
        self.firms = [self._firm([row["name"], *row["aliases"]]) for row in firms.to_dict("records")]

    def _firm(self, names: Sequence[str]) -> object:
        firm = self._model.make_entity("Company")
        firm.id = hashlib.sha256("".join(names).encode()).hexdigest()
        for name in names:
            firm.add("name", name)
        return firm

    def best(self, names: Sequence[str]) -> list[Best]:
        """Return the best score and firm for each name."""
        out: list[Best] = []
        for name in names:
            asked = self._firm([name])
            scores = [self._algorithm.compare(asked, firm, self._config).score for firm in self.firms]
            top = int(np.argmax(scores))
            out.append((float(scores[top]), top))
        return out

    def pair(self, one: str, other: str) -> float:
        """Return the score of two names."""
        return float(self._algorithm.compare(self._firm([one]), self._firm([other]), self._config).score)


def _names(firms: pd.DataFrame) -> list[tuple[str, int]]:
    return [
        (text, at) for at, (name, aliases) in enumerate(zip(firms["name"], firms["aliases"], strict=True))
        for text in (name, *aliases)
    ]  # fmt: skip


def unlisted(folder: Path, firms: pd.DataFrame) -> list[str]:
    """Return firms of other lists whose names stand on none of those searched."""
    known = {name_key(text) for text, _ in _names(firms)}
    alike = {frozenset(tokens(text)) for text, _ in _names(firms)}
    found: list[str] = []
    for place in ("csl/csl_2026-07-31_compact.json.gz", "lists/cn_mofcom_lists_2026-07-19.json.gz"):
        frame = lists.firms(lists.parse((folder / "entity" / place).read_bytes(), place))
        others = frame[~frame["list"].isin(firms["list"].unique())]
        for name, aliases in zip(others["name"], others["aliases"], strict=True):
            if (
                not any(name_key(each) in known for each in (name, *aliases))
                and frozenset(tokens(name)) not in alike
            ):
                found.append(name)
    return list(dict.fromkeys(found))


def held_out(
    firms: pd.DataFrame, half: str, *, primary_only: bool
) -> tuple[pd.DataFrame, list[tuple[int, str]]]:
    """Return the lists without one alias (or any) of each PRC entity of *half*, and the aliases left out."""
    draw = random.Random(1)  # noqa: S311 - a sample, not a secret
    kept, asked = firms.copy(), []
    aliases = list(kept["aliases"])
    is_prc = (kept["list"] == "Entity List") & kept["country"].str.contains("CN")
    for at in kept.index[is_prc]:
        if aliases[at] and half_of(kept["name"][at]) == half:
            left = draw.choice(aliases[at])
            asked.append((at, left))
            aliases[at] = () if primary_only else tuple(alias for alias in aliases[at] if alias != left)
    return kept.assign(aliases=aliases), asked


def sisters(firms: pd.DataFrame, half: str) -> list[tuple[str, list[str]]]:
    """Return PRC firms with the others that share their first word; firms listed twice are left out."""
    groups: dict[str, list[int]] = defaultdict(list)
    is_prc = firms["country"].str.contains("CN") & (firms["list"] == "Entity List")
    for at in firms.index[is_prc]:
        found = tokens(firms["name"][at])
        if len(found) > 1:
            groups[found[0]].append(at)
    out = []
    for group in groups.values():
        for at in group:
            own = _alike(firms, at)
            named = {other: _alike(firms, other) for other in group if other != at}
            others = [firms["name"][other] for other, words in named.items() if not own & words]
            if others and half_of(firms["name"][at]) == half:
                out.append((firms["name"][at], others))
    return out


def _alike(firms: pd.DataFrame, at: int) -> set[frozenset[str]]:
    """Return the words of every name of a firm."""
    return {frozenset(tokens(each)) for each in (firms["name"][at], *firms["aliases"][at])}


def variations(firms: pd.DataFrame, half: str) -> list[tuple[int, str, str]]:
    """Return (place, kind, text) of the names varied by sanctions-screening-benchmark, [] without it."""
    try:
        from ssb.perturb import apply_all
    except ImportError:
        return []
    names = [(at, name) for at, name in enumerate(firms["name"]) if half_of(name) == half]
    sample = random.Random(2).sample(names, min(400, len(names)))  # noqa: S311 - a sample, not a secret
    return [(at, found.perturbation, found.text) for at, name in sample for found in apply_all(name, str(at))]


def threshold_of(engine: Ours | Rapidfuzz | LogicV2, customers: Sequence[str]) -> float:
    """Return the lowest threshold at which at most MOST_FALSE of the customers hit."""
    scores = sorted((score for score, _ in engine.best(customers)), reverse=True)
    return math.floor(scores[int(MOST_FALSE * len(scores))] * 1000 + 1) / 1000


TABLE: list[dict[str, object]] = []


def row(test: str, engine: str, hits: int, tried: int) -> None:
    """Print one line of the table, and keep it."""
    share, low, high = wilson(hits, tried)
    print(f"{test:<52} {engine:<34} {share:.3f} ({low:.3f}-{high:.3f}), n={tried}", flush=True)
    made_by, _, threshold = engine.partition(" at ")
    TABLE.append(
        {"test": test, "engine": made_by, "threshold": threshold, "hits": hits, "tried": tried,
         "share": round(share, 4), "low": round(low, 4), "high": round(high, 4)}
    )  # fmt: skip


def recall(
    engine: Ours | Rapidfuzz | LogicV2, firms: pd.DataFrame, asked: Sequence[tuple[int, str]], limit: float
) -> tuple[int, int]:
    """Return the share of held-out aliases whose firm, or one of the same alias, is the best hit."""
    holders = defaultdict(set)
    for text, at in _names(firms):
        holders[text].add(at)
    best = engine.best([alias for _, alias in asked])
    hits = sum(
        score >= limit and found in {at} | holders[alias]
        for (at, alias), (score, found) in zip(asked, best, strict=True)
    )
    return hits, len(asked)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", choices=("train", "test"), default="train")
    parser.add_argument(
        "--peer-names", type=int, default=40, help="names the slow peer is asked; 0 leaves it out"
    )
    parser.add_argument("--csv", type=Path, help="write the table here")
    given = parser.parse_args()
    firms = lists.listed_firms()
    firms = firms[firms["record"] != "gone"].reset_index(drop=True)
    customers = unlisted(given.folder, firms)
    train = [name for name in customers if half_of(name) == "train"]
    asked = [name for name in customers if half_of(name) == given.half]
    print(f"{len(firms):,} firms, {len(customers):,} unlisted customers; scored on the {given.half} half\n")
    for make in (Ours, Rapidfuzz):
        engine = make(firms)
        sample = random.Random(3).sample(train, min(2000, len(train)))  # noqa: S311 - a sample, not a secret
        limit = THRESHOLD if make is Ours else threshold_of(engine, sample)
        score(make, engine, limit, firms, asked, given.half)
    if given.peer_names:
        peer(firms, asked, given.half, given.peer_names)
    if given.csv:
        table = pd.DataFrame(TABLE).assign(half=given.half, source_ids="csl_2026_07;mofcom_2026_lists")
        table.to_csv(given.csv, index=False, lineterminator="\n")
    return 0


def score(make: Callable[[pd.DataFrame], Ours | Rapidfuzz], engine: Ours | Rapidfuzz, limit: float,
          firms: pd.DataFrame, customers: Sequence[str], half: str) -> None:  # fmt: skip
    """Print every test of one engine."""
    name = f"{engine.name} at {limit:g}"
    start = time.process_time()
    best = engine.best(customers)
    speed = len(customers) / (time.process_time() - start)
    row(
        "unlisted customers with a hit",
        name,
        sum(found >= limit for found, _ in best),
        len(customers),
    )
    for primary_only, test in (
        (False, "held-out PRC alias, other aliases kept"),
        (True, "held-out PRC alias, primary name only"),
    ):
        kept, asked = held_out(firms, half, primary_only=primary_only)
        row(test, name, *recall(make(kept), kept, asked, limit))
    pairs = sisters(firms, half)
    draw = random.Random(4)  # noqa: S311 - a sample, not a secret
    row(
        "sister firms, random",
        name,
        sum(engine.pair(one, draw.choice(rest)) >= limit for one, rest in pairs),
        len(pairs),
    )
    row(
        "sister firms, hardest",
        name,
        sum(max(engine.pair(one, other) for other in rest) >= limit for one, rest in pairs),
        len(pairs),
    )
    varied = variations(firms, half)
    found = engine.best([text for _, _, text in varied])
    kinds: dict[str, list[bool]] = defaultdict(list)
    for (at, kind, _), (points, place) in zip(varied, found, strict=True):
        same = place is not None and (
            place == at or set(tokens(firms["name"][place])) == set(tokens(firms["name"][at]))
        )
        kinds[kind].append(points >= limit and same)
    for kind, hits in sorted(kinds.items()):
        row(f"variation: {kind}", name, sum(hits), len(hits))
    both = [hit for kind, hits in kinds.items() if kind not in ("initials", "truncate") for hit in hits]
    if both:
        row("variations but initials and truncate", name, sum(both), len(both))
    evasions(engine, name, firms, limit, half)
    print(f"names a second, batch, one core: {speed:,.0f}")
    if make is Ours:
        start = time.process_time()
        for customer in customers[:_CALLS]:
            screen([customer])
        print(f"one call of screen, ms of one core: {1000 * (time.process_time() - start) / _CALLS:.2f}")
    print()


def evasions(engine: Ours | Rapidfuzz, name: str, firms: pd.DataFrame, limit: float, half: str) -> None:
    """Print Chinese names, and listed firms asked as if they were not on the list but a relative is."""
    chinese = pd.read_csv(Path(__file__).with_name("screening_chinese.csv"))
    for kind, group in chinese.groupby("kind"):
        best = engine.best(group["name"].tolist())
        right = [
            points >= limit and at is not None and firms["name"][at] == entity
            for (points, at), entity in zip(best, group["entity"], strict=True)
        ]
        row(f"Chinese name of a listed {kind}", name, sum(right), len(right))
        wrong = sum(points >= limit for points, _ in best) - sum(right)
        row(f"Chinese name of a listed {kind}, wrong firm", name, wrong, len(right))
    if isinstance(engine, Ours):
        row("relative of a listed firm by name", name, *relatives(engine, firms, limit, half))
        row("address of another listed firm", name, *shared_addresses(firms, half))


def relatives(engine: Ours, firms: pd.DataFrame, limit: float, half: str) -> tuple[int, int]:
    """Return how many PRC firms hit another of their first word when they are left out of the list."""
    index, hits, asked = engine.index, 0, sisters(firms, half)
    for one, others in asked:
        wanted = set(others)
        found = [each for each in index.search([one])[0] if firms["name"][index.owners[each.place]] in wanted]
        words = index.canonical(tokens(one))
        hits += any(engine._judged(words, place, score) >= limit for place, score in found)
    return hits, len(asked)


def shared_addresses(firms: pd.DataFrame, half: str) -> tuple[int, int]:
    """Return how many PRC firms with an address hit another by it: a new name in an old building."""
    prc = firms[firms["country"].str.contains("CN") & (firms["list"] == "Entity List")]
    prc = prc[prc["addresses"].map(len).gt(0) & prc["name"].map(half_of).eq(half)]
    asked = prc.to_dict("records")
    addresses = [each["addresses"][0] for each in asked]
    frame = pd.DataFrame({"name": [f"Qwxzv {at}" for at in range(len(asked))], "address": addresses})
    hits = Screener(firms).screen(frame, ranks=9)
    others = hits[hits["matched_on"] == "address"]
    own = {f"Qwxzv {at}": each["entity_id"] for at, each in enumerate(asked)}
    found = {query for query, entity in zip(others["query"], others["entity_id"], strict=True)
             if own[query] != entity}  # fmt: skip
    return len(found), len(asked)


def peer(firms: pd.DataFrame, customers: Sequence[str], half: str, names: int) -> None:
    """Print the slow peer's tests on the first *names* names of each."""
    try:
        engine = LogicV2(firms)
    except ImportError:
        print("OpenSanctions' nomenklatura is not installed: left out")
        return
    name = f"{engine.name} at {PEER_THRESHOLD}"
    some = random.Random(5).sample(list(customers), names)  # noqa: S311 - a sample, not a secret
    start = time.process_time()
    best = engine.best(some)
    speed = names / (time.process_time() - start)
    row(
        "unlisted customers with a hit, the names the peer was asked",
        name,
        sum(found >= PEER_THRESHOLD for found, _ in best),
        names,
    )
    kept, asked = held_out(firms, half, primary_only=False)
    asked = random.Random(6).sample(asked, names)  # noqa: S311 - a sample, not a secret
    found = recall(LogicV2(kept), kept, asked, PEER_THRESHOLD)
    row("held-out PRC alias, the names the peer was asked", name, *found)
    row(
        "held-out PRC alias, the names the peer was asked",
        f"chipflows at {THRESHOLD:g}",
        *recall(Ours(kept), kept, asked, THRESHOLD),
    )
    print(f"names a second, one core: {speed:,.2f}")


if __name__ == "__main__":
    sys.exit(main())
