"""The only module that knows where folders are.

The home is, in this order: the environment variable CHIPFLOWS_HOME, the checkout this package lies in, or
the copy of ``data/``, ``scenarios/`` and ``notebooks/`` that a wheel carries.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chipflows.errors import InputError

__all__ = [
    "assumptions",
    "atomic_write",
    "corrections",
    "figures",
    "home",
    "is_alive",
    "live",
    "notebooks",
    "rules",
    "runs",
    "scenarios",
    "socket_folder",
    "sources",
    "sweep_sockets",
    "tables",
]

_PACKAGE = Path(__file__).resolve().parent
_SOCKETS = "cf-"


def home() -> Path:
    """Return the folder that holds ``data/``, ``scenarios/`` and ``notebooks/``.

    Raises InputError when CHIPFLOWS_HOME is set to a folder without ``data/``.
    """
    chosen = os.environ.get("CHIPFLOWS_HOME")
    if chosen:
        folder = Path(chosen).expanduser()
        if not (folder / "data").is_dir():
            raise InputError(
                f"CHIPFLOWS_HOME is {folder}, which has no data/ folder. "
                "Point it at a chipflows checkout, or unset it."
            )
        return folder
    return _PACKAGE.parent if _in_checkout() else _PACKAGE / "_home"


def tables() -> Path:
    """Return data/tables."""
    return home() / "data" / "tables"


def sources() -> Path:
    """Return data/sources, the source cards."""
    return home() / "data" / "sources"


def rules() -> Path:
    """Return data/rules, the law as dated data."""
    return home() / "data" / "rules"


def assumptions() -> Path:
    """Return data/assumptions, every uncertain input."""
    return home() / "data" / "assumptions"


def corrections() -> Path:
    """Return data/corrections, known errors of our sources."""
    return home() / "data" / "corrections"


def scenarios() -> Path:
    """Return scenarios/."""
    return home() / "scenarios"


def notebooks() -> Path:
    """Return notebooks/."""
    return home() / "notebooks"


def figures() -> Path:
    """Return figures/, the published set."""
    return home() / "figures"


def runs() -> Path:
    """Return runs/ below the home in a checkout, below the current folder otherwise."""
    return (_PACKAGE.parent if _in_checkout() else Path.cwd()) / "runs"


def live() -> Path:
    """Return live/, where refreshed snapshots and the answers they came from are kept.

    It lies below the home in a checkout, below the current folder otherwise; the environment variable
    CHIPFLOWS_LIVE names another place (a shared drive).
    """
    chosen = os.environ.get("CHIPFLOWS_LIVE")
    if chosen:
        return Path(chosen).expanduser()
    return (_PACKAGE.parent if _in_checkout() else Path.cwd()) / "live"


@contextmanager
def atomic_write(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside *target*; on success it is renamed over *target*, else removed.

    A reader never sees half a file, and a killed run leaves *target* as it was; what it left beside it is
    removed by the next.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{target.name}."
    _sweep(target.parent, prefix)
    handle, name = tempfile.mkstemp(prefix=prefix, suffix=f".{os.getpid()}.tmp", dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def socket_folder() -> Path:
    """Return a new private folder for kernels' sockets, its path short: systems allow about 100 letters."""
    base = Path(tempfile.gettempdir())
    if len(str(base)) > 40:
        base = Path("/tmp")  # noqa: S108 - a private folder is made in it
    return Path(tempfile.mkdtemp(prefix=f"{_SOCKETS}{os.getpid()}-", dir=base))


def sweep_sockets() -> None:
    """Remove the socket folders of processes that were killed."""
    import psutil

    for base in {Path(tempfile.gettempdir()), Path("/tmp")}:  # noqa: S108 - ours by prefix and number
        for folder in base.glob(f"{_SOCKETS}*-*"):
            number = folder.name.removeprefix(_SOCKETS).partition("-")[0]
            if number.isdigit() and not psutil.pid_exists(int(number)):
                shutil.rmtree(folder, ignore_errors=True)


def is_alive(pid: int) -> bool:
    """Return whether a process with this number runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _sweep(folder: Path, prefix: str) -> None:
    """Remove the temporary files of processes that ended without doing so."""
    left = re.compile(rf"{re.escape(prefix)}[^.]+\.(\d+)\.tmp\Z")
    for name in os.listdir(folder):  # noqa: PTH208 - names are enough
        found = left.match(name)
        if found and not is_alive(int(found[1])):
            with suppress(OSError):  # another run swept it, or it is a folder, which is not ours to remove
                (folder / name).unlink()


def _in_checkout() -> bool:
    """Return whether this package lies in a checkout rather than in site-packages."""
    return (_PACKAGE.parent / "pyproject.toml").is_file() and (_PACKAGE.parent / "data").is_dir()


def _umask() -> int:
    """Return the process's umask (reading it means setting it, so it is set back at once)."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
