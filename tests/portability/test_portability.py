"""Other people's computers: locales, time zones, masks, folders, links, users, and no network."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECIDE = ("decide", "h20", "--to", "CN", "--on", "2025-05-01", "--json")
SIMULATE = ("simulate", "actual", "--draws", "64", "--seed", "1", "--out", "out")
# Any connection but to this machine ends the process: telemetry could not hide behind an `except`.
GUARD = """
import os, sys

def watch(event, arguments):
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else "unix"
        if host not in ("unix", "127.0.0.1", "::1", "localhost"):
            os.write(2, f"NETWORK: {host}".encode())
            os._exit(97)
    if event == "socket.getaddrinfo" and arguments[0] not in (None, "127.0.0.1", "::1", "localhost", ""):
        os.write(2, f"NETWORK: {arguments[0]}".encode())
        os._exit(97)

sys.addaudithook(watch)
"""


def chipflows(
    *words: str, cwd: Path, python: tuple[str, ...] = (), mask: int = -1, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, *python, "-m", "chipflows", *words],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        umask=mask,
        timeout=120,
    )


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """What this machine says as it is."""
    folder = tmp_path_factory.mktemp("as-it-is")
    assert chipflows(*SIMULATE, cwd=folder).returncode == 0
    return {
        "decide": chipflows(*DECIDE, cwd=folder).stdout,
        "simulate": (folder / "out" / "actual" / "results.csv").read_bytes(),
    }


PLACES: dict[str, dict[str, str]] = {
    "C": {"LC_ALL": "C"},
    "C without UTF-8": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "de_DE": {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "LC_NUMERIC": "de_DE.UTF-8"},
    "zh_CN in GB18030": {"LC_ALL": "zh_CN.GB18030", "PYTHONIOENCODING": "gb18030"},
    "a terminal of ASCII": {"PYTHONIOENCODING": "ascii"},
    "Kiritimati": {"TZ": "Pacific/Kiritimati"},
    "Pago Pago": {"TZ": "Pacific/Pago_Pago"},
}


@pytest.mark.parametrize("place", PLACES)
def test_a_locale_or_a_time_zone_changes_no_answer(
    place: str, tmp_path: Path, expected: Mapping[str, bytes]
) -> None:
    done = chipflows(*DECIDE, cwd=tmp_path, **PLACES[place])
    assert (done.returncode, done.stderr) == (0, b"")
    encoding = PLACES[place].get("PYTHONIOENCODING", "utf-8")
    assert json.loads(done.stdout.decode(encoding)) == json.loads(expected["decide"])
    listed = chipflows("lists", "status", "Huawei", cwd=tmp_path, **PLACES[place])
    assert listed.returncode == 0 and b"Traceback" not in listed.stderr


def test_the_model_gives_the_same_bytes_in_another_locale_zone_and_mask(
    tmp_path: Path, expected: Mapping[str, bytes]
) -> None:
    done = chipflows(*SIMULATE, cwd=tmp_path, mask=0o077, LC_ALL="de_DE.UTF-8", TZ="Pacific/Kiritimati")
    made = tmp_path / "out" / "actual" / "results.csv"
    assert (done.returncode, made.read_bytes()) == (0, expected["simulate"])
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700


def test_no_file_is_opened_in_the_encoding_of_the_locale(tmp_path: Path) -> None:
    python = ("-X", "warn_default_encoding", "-W", "error::EncodingWarning")
    (tmp_path / "customers.csv").write_text("name\nHuawei\n")
    for words in (DECIDE, SIMULATE, ("screen", "customers.csv", "--out", "hits.csv"), ("sources",)):
        done = chipflows(*words, cwd=tmp_path, python=python)
        assert done.returncode == 0, done.stderr.decode()[-800:]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in a folder with a space and Chinese letters."""
    folder = tmp_path_factory.mktemp("places") / "a place 芯片 (1)"
    folder.mkdir()
    for name in ("chipflows", "data", "scenarios", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.parametrize("way", ["itself", "a link to it"])
def test_a_checkout_with_spaces_and_chinese_letters_or_behind_a_link_works(
    way: str, checkout: Path, tmp_path: Path, expected: Mapping[str, bytes]
) -> None:
    place = checkout
    if way != "itself":
        place = tmp_path / "link"
        place.symlink_to(checkout)
    done = chipflows(*DECIDE, cwd=tmp_path, PYTHONPATH=str(place))
    assert done.stdout == expected["decide"], done.stderr.decode()[-500:]
    done = chipflows(*SIMULATE, cwd=tmp_path, PYTHONPATH=str(place))
    assert (tmp_path / "out" / "actual" / "results.csv").read_bytes() == expected["simulate"]


def test_without_any_right_of_root_all_works_and_a_read_only_folder_is_named(
    tmp_path: Path, expected: Mapping[str, bytes]
) -> None:
    drop = ("setpriv", "--inh-caps=-all", "--bounding-set=-all") if os.geteuid() == 0 else ()
    if drop and shutil.which(drop[0]) is None:
        pytest.skip("no setpriv here to give root's rights away with")
    (tmp_path / "closed").mkdir(mode=0o555)
    for place, status in (("out", 0), ("closed/out", 2)):
        done = subprocess.run(
            [*drop, sys.executable, "-m", "chipflows", *SIMULATE[:-1], place],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == status, done.stderr[-500:]
    assert (tmp_path / "out" / "actual" / "results.csv").read_bytes() == expected["simulate"]
    assert "closed" in done.stderr and "Traceback" not in done.stderr
    assert list((tmp_path / "closed").iterdir()) == []


@pytest.mark.slow
def test_nothing_asks_the_network_at_import_in_a_decision_or_in_a_whole_report(tmp_path: Path) -> None:
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "sitecustomize.py").write_text(GUARD)
    path = os.pathsep.join([str(tmp_path / "guard"), str(ROOT)])
    gone = {"HTTPS_PROXY": "", "https_proxy": "", "PYTHONPATH": path}
    caught = chipflows("refresh", "csl", cwd=tmp_path, CHIPFLOWS_LIVE=str(tmp_path / "live"), **gone)
    assert caught.returncode == 97 and b"NETWORK" in caught.stderr  # the guard does guard
    everything = "import chipflows as cf; [getattr(cf, name) for name in cf.__all__]"
    done = subprocess.run([sys.executable, "-c", everything], env={**os.environ, **gone}, capture_output=True)
    assert done.returncode == 0, done.stderr
    whole = os.environ.get("CHIPFLOWS_LONG") == "1"
    chosen = () if whole else ("--notebook", "80-replay")
    words = ("report", "--quiet", "--draws", "64", "--out", str(tmp_path / "out"), *chosen)
    done = subprocess.run(
        [sys.executable, "-m", "chipflows", *words],
        env={**os.environ, **gone}, cwd=tmp_path, capture_output=True, timeout=1800,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()[-1500:]
    assert b"NETWORK" not in done.stderr
    assert (tmp_path / "out" / "index.html").is_file()
