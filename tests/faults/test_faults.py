"""Full disks, no folders, little memory, wrong clocks, two runs at once: whole results or a clear refusal."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import jobs
import pandas as pd
import pytest
from kills import campaign
from server import served

from chipflows.errors import SourceError
from chipflows.sources import snapshots
from chipflows.sources.cache import Cache
from chipflows.sources.refresh import _refuse_future

FILES = resource.RLIMIT_NOFILE
SIZE = resource.RLIMIT_FSIZE
MEMORY = resource.RLIMIT_AS
LONG = os.environ.get("CHIPFLOWS_LONG") == "1"  # set by tools/reliability.py: all of it, not a sample


def chipflows(
    *words: object,
    cwd: Path,
    limits: Mapping[int, int] = {},
    environment: Mapping[str, str | None] = {},
    seconds: float = 120,
) -> subprocess.CompletedProcess[str]:
    """Run a command under limits; a variable set to None is taken away."""

    def limit() -> None:
        for which, most in limits.items():
            resource.setrlimit(which, (most, most))

    merged = {**os.environ, "OPENBLAS_NUM_THREADS": "1", **environment}
    return subprocess.run(
        [sys.executable, "-m", "chipflows", *map(str, words)],
        cwd=cwd,
        env={name: value for name, value in merged.items() if value is not None},
        capture_output=True,
        text=True,
        timeout=seconds,
        preexec_fn=limit,
    )


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Fail unless a command ended with a refusal that a person can read."""
    assert done.returncode in (1, 2), (done.returncode, done.stderr[-500:])
    assert "Traceback" not in done.stderr, done.stderr[-1500:]
    assert any(word in done.stderr + done.stdout for word in words), done.stderr[-1500:]


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    path = tmp_path / "customers.csv"
    path.write_text("name\n" + "".join(f"Firm {at} Trading\n" for at in range(300)))
    return path


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with served(tmp_path_factory.mktemp("server")) as environment:
        yield environment


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return jobs.tiny_home(tmp_path_factory.mktemp("tiny") / "home")


# --- killed ---


@pytest.mark.slow
def test_a_command_killed_at_any_moment_finishes_as_if_undisturbed(
    tmp_path: Path, network: dict[str, str]
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    killed = [jobs.screen(tmp_path, rows=60), *([jobs.refresh(tmp_path, network)] if LONG else [])]
    for job in killed:
        assert campaign(job, 4, scratch).failures == []


# --- full, read-only, missing ---

WRITERS: dict[str, tuple[str, ...]] = {
    "screen": ("screen", "customers.csv", "--out", "out/hits.csv"),
    "simulate": ("simulate", "actual", "--draws", "64", "--out", "out"),
    "refresh": ("refresh", "csl"),
    "figures": ("figures", "--quiet", "--notebook", "2025-tiny", "--out", "out"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITERS if LONG else ("screen", "refresh"))
def test_a_disk_that_is_full_is_said_and_nothing_half_written_is_left(
    name: str, tmp_path: Path, customers: Path, network: dict[str, str], home: Path
) -> None:
    environment = {**network, "CHIPFLOWS_LIVE": str(tmp_path / "live"), "CHIPFLOWS_HOME": str(home)}
    done = chipflows(*WRITERS[name], cwd=tmp_path, limits={SIZE: 4096}, environment=environment)
    refused(done, "free space", "too large")
    made = [path for path in jobs.files(tmp_path) if path.parts[-2] != "tmp" and path != customers]
    assert made == []


@pytest.mark.parametrize("name", ["screen", "simulate"])
def test_a_place_that_cannot_be_written_is_named(name: str, tmp_path: Path, customers: Path) -> None:
    (tmp_path / "file").write_text("x")
    for place in ("/proc/out", "file"):
        words = [word.replace("out", place, 1) if word.startswith("out") else word for word in WRITERS[name]]
        refused(chipflows(*words, cwd=tmp_path), place)
    assert (tmp_path / "file").read_text() == "x"


@pytest.mark.slow
def test_without_a_home_folder_or_any_temporary_folder_of_ones_own_figures_are_drawn(
    tmp_path: Path, home: Path
) -> None:
    environment = {"HOME": "/nonexistent", "CHIPFLOWS_HOME": str(home), "TMPDIR": "/nonexistent"}
    done = chipflows(*WRITERS["figures"], cwd=tmp_path, environment={**environment, "XDG_CACHE_HOME": None})
    assert done.returncode == 0, done.stderr
    assert jobs._figures_whole(tmp_path / "out") == []


# --- little memory, few files ---


def test_too_little_memory_is_said_in_words(tmp_path: Path) -> None:
    words = ("simulate", "actual", "--draws", str(2**20), "--out", "out")
    done = chipflows(*words, cwd=tmp_path, limits={MEMORY: 900 * 2**20})
    refused(done, "not enough memory")
    assert list(jobs.files(tmp_path)) == []


@pytest.mark.slow
def test_few_open_files_are_enough_or_the_reason_is_said(tmp_path: Path, home: Path) -> None:
    environment = {"CHIPFLOWS_HOME": str(home)}
    done = chipflows(*WRITERS["figures"], cwd=tmp_path, limits={FILES: 64}, environment=environment)
    if done.returncode:
        refused(done, "files")
        assert list(jobs.files(tmp_path)) == []
    else:
        assert jobs._figures_whole(tmp_path / "out") == []


# --- wrong clocks ---


def test_an_answer_kept_when_the_clock_was_wrong_is_asked_for_anew(tmp_path: Path) -> None:
    cache = Cache(tmp_path, "csl")
    cache.store("https://x", 200, b"body", None, None)
    kept = cache.find("https://x")
    assert kept is not None and cache.is_of_this_run(kept)
    for path in (tmp_path / "csl").glob("*.json"):
        fields = json.loads(path.read_text())
        if "stored_at" in fields:
            fields["stored_at"] = (datetime.now(UTC) + timedelta(days=900)).isoformat()
            path.write_text(json.dumps(fields))
    later = Cache(tmp_path, "csl")
    kept = later.find("https://x")
    assert kept is not None and not later.is_of_this_run(kept)


def test_a_snapshot_of_a_day_to_come_is_not_taken_for_the_newest_in_silence(
    tmp_path: Path, network: dict[str, str]
) -> None:
    environment = {**network, "CHIPFLOWS_LIVE": str(tmp_path / "live")}
    assert chipflows("refresh", "csl", cwd=tmp_path, environment=environment).returncode == 0
    [held] = snapshots.held("csl", tmp_path / "live")
    folder = tmp_path / "live" / "csl"
    content = json.loads((folder / held.name / "snapshot.json").read_text())
    (folder / held.name / "snapshot.json").write_text(json.dumps({**content, "taken_on": "2099-01-01"}))
    (folder / held.name).rename(folder / "2099-01-01")
    done = chipflows("refresh", "csl", cwd=tmp_path, environment=environment)
    assert done.returncode == 1 and "2099-01-01" in done.stdout
    with pytest.raises(SourceError, match="delete the folder csl/2099-01-01"):
        _refuse_future(snapshots.find("csl", folder=tmp_path / "live"), date(2026, 11, 24))


def test_files_dated_in_the_future_or_long_ago_change_no_answer(tmp_path: Path, customers: Path) -> None:
    words = WRITERS["screen"]
    first = chipflows(*words, cwd=tmp_path)
    expected = (tmp_path / "out" / "hits.csv").read_bytes()
    for when in (datetime(1981, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)):
        for path in (customers, tmp_path / "out" / "hits.csv"):
            os.utime(path, (when.timestamp(),) * 2)
        again = chipflows(*words, cwd=tmp_path)
        assert (first.returncode, again.returncode) == (0, 0)
        assert (tmp_path / "out" / "hits.csv").read_bytes() == expected


# --- two at once ---

JOBS: dict[str, Callable[[Path, Path, dict[str, str]], jobs.Job]] = {
    "screen": lambda folder, home, network: jobs.screen(folder, rows=300),
    "refresh": lambda folder, home, network: jobs.refresh(folder, network),
    "report": lambda folder, home, network: jobs.report(folder, home),
    "figures": lambda folder, home, network: jobs.figures(folder, home),
    "batch": lambda folder, home, network: jobs.batch(folder, home),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", JOBS if LONG else ("screen",))
def test_two_runs_at_once_on_one_output_are_never_mixed(
    name: str, tmp_path: Path, home: Path, network: dict[str, str]
) -> None:
    job = JOBS[name](tmp_path, home, network)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: job.run(), range(2)))
    assert 0 in {done.returncode for done in both}, [done.stderr[-300:] for done in both]
    for done in both:
        assert "Traceback" not in done.stderr, done.stderr[-1500:]
    assert job.whole(job.out) == []
    made = job.made(job.out)
    alone = job.run()
    assert alone.returncode == 0 and job.made(job.out) == made
    assert jobs.leftovers(job.out) == []


def test_a_frame_is_never_read_from_half_a_snapshot(tmp_path: Path) -> None:
    place = tmp_path / "csl" / "2026-01-01"
    place.mkdir(parents=True)
    pd.DataFrame({"a": [1]}).to_parquet(place / "table.parquet")
    assert snapshots.held("csl", tmp_path) == []
    (place / "snapshot.json").write_text('{"source": "csl"')
    with pytest.raises(SourceError, match="is damaged"):
        snapshots.held("csl", tmp_path)
