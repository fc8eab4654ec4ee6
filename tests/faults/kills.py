"""Kill a command again and again, judge what each kill left, and see the command finish as if undisturbed."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from jobs import Job, Moment, OrphanError, leftovers

__all__ = ["Tally", "campaign"]

_IN_A_ROW = 4  # kills before the command is left to finish


@dataclass
class Tally:
    """What came of a campaign: kills that struck, by kind of moment; runs to the end; what was wrong."""

    job: str
    kills: dict[str, int] = field(default_factory=lambda: {"time": 0, "before": 0, "after": 0})
    finished: int = 0
    half: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        """Return every failure in words."""
        return [*self.half, *self.lost, *self.wrong, *self.left]


def campaign(
    job: Job, kills: int, scratch: Path, seed: int = 1, tell: Callable[[str], None] = lambda _: None
) -> Tally:
    """Kill *job* at *kills* moments and return the tally.

    Half of the moments are spread evenly over the time of a run, the other half stand before and after each
    of its renames in turn. After each kill the output must be whole as far as it is there; after every
    fourth, and at the end, the command is run to its end and must give what an undisturbed run gave.
    """
    tally = Tally(job.name)
    began = time.monotonic()
    first = job.run()
    seconds = time.monotonic() - began
    assert first.returncode == 0, first.stderr
    expected = job.made(job.out)
    _clear(job.out)
    moments = list(_moments(kills, seconds, job.renames(scratch), random.Random(seed)))  # noqa: S311
    _clear(job.out)
    for number, moment in enumerate(moments, start=1):
        try:
            struck = job.kill(moment, scratch)
            if not struck:  # it was done before the moment came: once more, with all still to do
                _clear(job.out)
                struck = job.kill(moment, scratch)
            tally.kills[moment.when] += struck
        except OrphanError as problem:
            tally.left.append(f"{job.name}, {moment}: {problem}")
        tally.half += [f"{job.name}, {moment}: {problem}" for problem in job.whole(job.out)]
        if number % _IN_A_ROW == 0 or number == len(moments):
            _finish(job, tally, expected, f"after kill {number}, {moment}")
            tell(f"{job.name}: {number} of {len(moments)} kills, {len(tally.failures)} failures")
            if number % (2 * _IN_A_ROW) == 0:  # else what is there is made anew over the old
                _clear(job.out)
    return tally


def _finish(job: Job, tally: Tally, expected: dict[str, str], when: str) -> None:
    """Run the job to its end and note what is not as it should be."""
    done = job.run()
    tally.finished += 1
    if done.returncode != 0:
        tally.lost.append(f"{job.name} {when}: does not finish: {done.stderr[-300:]}")
        return
    made = job.made(job.out)
    tally.lost += [f"{job.name} {when}: no {name}" for name in expected if name not in made]
    tally.wrong += [f"{job.name} {when}: {name} differs" for name in made if made[name] != expected.get(name)]
    tally.left += [f"{job.name} {when}: {name} was left" for name in leftovers(job.out)]


def _moments(kills: int, seconds: float, renames: int, chance: random.Random) -> Iterator[Moment]:
    """Yield the moments, in an order of chance."""
    by_time = kills // 2
    found = [Moment("time", seconds * (at + chance.random()) / by_time) for at in range(by_time)]
    found += [
        Moment("before" if at % 2 else "after", 1 + (at // 2) % renames) for at in range(kills - by_time)
    ]
    chance.shuffle(found)
    yield from found


def _clear(out: Path) -> None:
    """Empty the output folder."""
    held = out.is_dir()
    shutil.rmtree(out, ignore_errors=True)
    if held:
        os.makedirs(out)  # noqa: PTH103
