"""The Makefile, the environment's markers, and the lock files."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what set-up needs, in a folder with a space and letters beyond ASCII."""
    folder = tmp_path / "a place 芯片"
    (folder / "tools").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, folder / name)
    for script in (ROOT / "tools").iterdir():
        if script.is_file():
            shutil.copy(script, folder / "tools")
    return folder


def environment_of(folder: Path) -> ModuleType:
    """Return tools/environment.py of a checkout as a module."""
    spec = importlib.util.spec_from_file_location(
        "environment_under_test", folder / "tools" / "environment.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def make(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")} | environment
    return subprocess.run(
        ["make", "-C", str(folder), "--no-print-directory", *arguments],
        env=clean,
        capture_output=True,
        text=True,
    )


def test_a_python_that_does_not_run_is_named_with_what_to_do(copy: Path) -> None:
    done = make(copy, "setup", "PYTHON=/no/such/python")

    assert done.returncode != 0
    assert "/no/such/python" in done.stderr
    assert "make setup PYTHON=" in done.stderr
    assert not (copy / ".venv").exists()


def test_no_python_at_all_is_said_plainly(copy: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "tools/setup.sh", "runtime"],
        cwd=copy,
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 2
    assert "No Python 3.11 or newer found" in done.stderr


def test_a_failed_setup_leaves_no_environment(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = environment_of(copy)
    monkeypatch.setattr(module, "_create", module.VENV.mkdir)

    def fail(_level: str) -> None:
        raise module.SetupError("no network")

    monkeypatch.setattr(module, "_install", fail)
    assert module.main(["make", "runtime"]) == 2
    assert not (copy / ".venv").exists()


def test_a_failed_update_that_changed_nothing_keeps_what_worked(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = environment_of(copy)
    site = copy / ".venv" / "lib" / "python3" / "site-packages"
    (site / "numpy").mkdir(parents=True)
    module._mark("runtime")

    def fail(_level: str) -> None:
        raise module.SetupError("no network")

    monkeypatch.setattr(module, "_install", fail)
    with pytest.raises(module.SetupError):
        module._update("dev")
    assert module.is_ready("runtime")

    def half(_level: str) -> None:
        (site / "pytest").mkdir()
        raise module.SetupError("disk full")

    monkeypatch.setattr(module, "_install", half)
    with pytest.raises(module.SetupError):
        module._update("dev")
    assert not module.is_ready("runtime")


@pytest.mark.parametrize("changed", ["requirements.txt", "pyproject.toml"])
def test_a_changed_lock_or_a_moved_checkout_makes_an_environment_not_ready(copy: Path, changed: str) -> None:
    module = environment_of(copy)
    (copy / ".venv").mkdir()
    module._mark("runtime")
    assert module.is_ready("runtime")
    assert not module.is_ready("dev")

    moved = copy.rename(copy.with_name("elsewhere"))
    assert not environment_of(moved).is_ready("runtime")
    back = environment_of(moved.rename(copy))
    assert back.is_ready("runtime")

    with (copy / changed).open("a") as file:
        file.write("\n# changed\n")
    assert not back.is_ready("runtime")


def test_the_development_environment_counts_as_the_runtime_one(copy: Path) -> None:
    module = environment_of(copy)
    (copy / ".venv").mkdir()
    module._mark("dev")

    assert module.is_ready("runtime") and module.is_ready("dev")


def test_make_alone_lists_every_target_for_people(copy: Path) -> None:
    done = make(copy)
    public = re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE)

    assert done.returncode == 0
    assert {"help", "setup", "report", "figures", "lab", "test", "check"} <= set(public)
    for target in public:
        assert re.search(rf"^  {target} +\S", done.stdout, re.MULTILINE), target


def test_every_target_is_phony() -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    phony = set(re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[0].split())

    assert targets == phony


def pins(name: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def test_the_two_locks_agree_and_every_pin_has_a_hash() -> None:
    runtime, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: dev.get(name) for name in runtime} == runtime
    for name in ("requirements.txt", "requirements-dev.txt"):
        entries = re.split(r"^(?=[a-z0-9])", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)[
            1:
        ]
        assert all("--hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_a_lock_names_no_index_and_no_folder_of_a_machine(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")

    assert not re.search(r"https?://|--index-url|--find-links|file:|/home/|/root/|/tmp/", text)


def test_the_package_is_importable_from_anywhere(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import chipflows; print(chipflows.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert Path(done.stdout.strip()).parent == ROOT / "chipflows"
