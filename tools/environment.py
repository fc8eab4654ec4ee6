"""Make .venv from the lock files, or say whether it is ready. Standard library only: it runs first of all.

    python tools/environment.py ready runtime|dev    exit 0 when .venv matches the lock files
    python tools/environment.py make runtime|dev     make or update it

An environment counts only when its marker, written last, holds the fingerprint of the lock files, of
pyproject.toml and of the folder it was made in. One without a marker was interrupted and is made afresh.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
INTERPRETER = VENV / "bin" / "python"
LOCKS = {"runtime": "requirements.txt", "dev": "requirements-dev.txt"}
TEST_FOLDERS = r"[/\\]tests?[/\\]"


class SetupError(Exception):
    """A step of the set-up did not work; the text says which and what to do."""


def fingerprint(level: str) -> str:
    """Return what an environment of *level* is made from, as a hash."""
    digest = hashlib.sha256(os.fsencode(ROOT))
    for name in (LOCKS[level], "pyproject.toml", "tools/environment.py"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def marker(level: str) -> Path:
    """Return the file whose content says that *level* is whole."""
    return VENV / f"ready-{level}"


def is_ready(level: str) -> bool:
    """Return whether .venv was made whole from the files as they are now, by the interpreter asked for."""
    try:
        held = marker(level).read_text()
    except OSError:
        return False
    return held == fingerprint(level) and (not os.environ.get("PYTHON") or _same_python())


def _same_python() -> bool:
    """Return whether PYTHON names the version that .venv was made with."""
    command = [os.environ["PYTHON"], "-c", "import sys; print(sys.version_info[:3])"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return asked == _venv_version()


def _venv_version() -> str:
    """Return the version of .venv's interpreter as printed by Python, "" if it does not run."""
    command = [str(INTERPRETER), "-c", "import sys; print(sys.version_info[:3])"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def make(level: str) -> None:
    """Make or update .venv; two at once wait for each other."""
    with (ROOT / LOCKS["runtime"]).open() as lock:
        _lock(lock.fileno())
        if is_ready(level):
            return
        began = time.monotonic()
        tool = "uv" if _uv() else "pip"
        version = ".".join(map(str, sys.version_info[:3]))
        print(f"Setting up .venv ({level} packages, {tool}, Python {version}) ...", flush=True)
        _update(level) if _is_whole() else _build(level)
        print(f"Set up in {time.monotonic() - began:.0f} s.", flush=True)


def _lock(handle: int) -> None:
    """Hold an exclusive lock until the file closes, where the system has one."""
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX)
    except (ImportError, OSError):
        pass


def _is_whole() -> bool:
    """Return whether .venv was once finished, here, by this Python, so that it can be brought up to date."""
    here = any(marker(level).is_file() for level in LOCKS) and _folder_made_in() == str(ROOT)
    return here and _venv_version() == str(sys.version_info[:3])


def _folder_made_in() -> str:
    """Return the checkout that .venv was made in: one that moved must be made afresh."""
    try:
        return (VENV / "made-in").read_text()
    except OSError:
        return ""


def _build(level: str) -> None:
    """Make .venv from nothing; a failure or an interruption removes it again."""
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        _create()
        _install(level)
        (VENV / "made-in").write_text(str(ROOT))
        _mark(level)
    except BaseException:
        shutil.rmtree(VENV, ignore_errors=True)
        raise


def _update(level: str) -> None:
    """Bring a whole .venv to the lock files. Both installers download everything before they change
    anything, so a failure that left the packages as they were (no network, say) keeps the markers.
    """
    held = {path: path.read_text() for name in LOCKS if (path := marker(name)).is_file()}
    before = _packages()
    for path in held:
        path.unlink()
    try:
        _install(level)
    except SetupError:
        if _packages() == before:
            for path, text in held.items():
                path.write_text(text)
        raise
    _mark(level)


def _packages() -> list[tuple[str, int]]:
    """Return the names and times of what is installed."""
    return sorted((path.name, path.stat().st_mtime_ns) for path in VENV.glob("lib/python*/site-packages/*"))


def _mark(level: str) -> None:
    """Write the markers of *level* and of what it includes (the dev lock holds every runtime pin)."""
    for name in ("runtime", "dev") if level == "dev" else ("runtime",):
        fresh = VENV / f".ready-{name}"
        fresh.write_text(fingerprint(name))
        fresh.replace(marker(name))


def _create() -> None:
    """Make an empty .venv."""
    if uv := _uv():
        _run([uv, "venv", "--quiet", "--python", sys.executable, ".venv"], "make .venv with uv")
        return
    hint = "On Debian or Ubuntu: sudo apt install python3-venv; or install uv."
    _run([sys.executable, "-m", "venv", ".venv"], "make .venv", hint)


def _install(level: str) -> None:
    """Install the pinned packages, then chipflows itself (editable), then compile them all once."""
    network = "Is the network (or your package index) reachable? Nothing else is needed."
    _run([*_installer(), "--require-hashes", "-r", LOCKS[level]], f"install {LOCKS[level]}", network)
    _run([*_installer(), "--no-deps", "--no-build-isolation", "-e", "."], "install chipflows itself")
    library = next(VENV.glob("lib/python*/site-packages"))
    for link in library.glob("*chipflows.pth"):
        # Relative: Python 3.11 reads this file in the locale's encoding and dies of a path it cannot decode.
        link.write_text("../../../..\n", encoding="ascii")
    # Compiled here because PYTHONDONTWRITEBYTECODE may be set, and every later start would pay for it.
    compiling = [str(INTERPRETER), "-m", "compileall", "-q", "-j", "0", "-x", TEST_FOLDERS]
    # Some packages carry templates that are not valid Python; they are never imported.
    subprocess.run([*compiling, str(library), "chipflows"], cwd=ROOT, check=False, stdout=subprocess.DEVNULL)


def _installer() -> list[str]:
    """Return the command that installs into .venv."""
    if uv := _uv():
        return [uv, "pip", "install", "--quiet", "--python", str(INTERPRETER)]
    quiet = ["-qq", "--no-compile", "--disable-pip-version-check", "--no-input"]
    return [str(INTERPRETER), "-m", "pip", "install", *quiet]


def _uv() -> str | None:
    """Return uv's path when it is present, runs, and was not switched off by an empty UV."""
    found = shutil.which(os.environ.get("UV", "uv") or "/")
    if found is None:
        return None
    works = subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0
    return found if works else None


def _run(command: list[str], purpose: str, hint: str = "") -> None:
    """Run *command* in the checkout; raises SetupError with its purpose when it fails."""
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    if status:
        raise SetupError(f"Could not {purpose} (exit {status}). {hint}".rstrip())


def main(arguments: list[str]) -> int:
    """Run the verb in *arguments* and return the exit status."""
    verb, level = arguments
    if verb == "ready":
        return 0 if is_ready(level) else 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        make(level)
    except SetupError as problem:
        print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; the unfinished .venv was removed.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
