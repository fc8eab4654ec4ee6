"""The `chipflows` command: its verbs, and what happens when one of them fails.

Exit status: 0 all done, 1 part of it failed, 2 the input was wrong, 130 stopped by Ctrl-C, 143 by SIGTERM.
"""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from chipflows.errors import ChipflowsError, did_you_mean

__all__ = ["PartialError", "cli", "main"]

# A verb's module is imported when the verb is used (or listed); heavy imports wait inside its function.
_VERBS = {
    "scenarios": "scenarios",
    "decide": "law",
    "classify": "law",
    "simulate": "flows",
    "compare": "flows",
    "lists": "lists",
    "screen": "screen",
    "sources": "sources",
    "refresh": "refresh",
    "explore": "explore",
    "batch": "batch",
    "figures": "notebooks",
    "report": "notebooks",
    "deck": "office",
    "memo": "office",
    "fact-sheet": "office",
    "check-claims": "claims",
}

_NO_MEMORY = "There is not enough memory for this. Give fewer --draws or --workers, or close other programs."
_STOPPED = "Stopped. Nothing was left half-written."


class PartialError(Exception):
    """Part of what was asked could not be done; the text, already complete, goes to stderr, exit 1."""


class _Verbs(click.Group):
    """A group that loads a verb when it is asked for, and names the nearest verb when it has none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order people meet them."""
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the verb called *cmd_name*, or None."""
        if cmd_name not in _VERBS:
            return None
        module = import_module(f"chipflows.cli.{_VERBS[cmd_name]}")
        command = getattr(module, cmd_name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; raises click.UsageError with the nearest when it is unknown."""
        if args and args[0] not in _VERBS and not args[0].startswith("-"):
            raise click.UsageError(did_you_mean(args[0], _VERBS, "verb"), ctx)
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    """Print the version and stop."""
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"chipflows {version('chipflows')}")
        ctx.exit()


@click.group(
    cls=_Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: chipflows decide h20 --to CN --on 2025-05-01",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Version."
)
def cli() -> None:
    """What follows from US export controls on AI chips: the law of a date, and chip flows with intervals.

    Every verb has --help with an example, prints a table for people, and takes --json for programs.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit; errors a user can cause are one screen on stderr, never a traceback."""
    # A terminal that cannot show a letter gets its number: never a traceback, never another letter.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # A batch system stops with SIGTERM: clean up as for Ctrl-C, but tell the two apart.
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(_run(arguments))


class _Terminated(BaseException):
    """SIGTERM came; not an Exception, so that nothing on the way out takes it for a failure to report."""


def _terminate(_signal: int, _frame: object) -> None:
    """Leave by way of every clean-up."""
    raise _Terminated


def _run(arguments: Sequence[str] | None) -> int:
    """Run the command line and return the exit status."""
    try:
        status = cli.main(arguments, prog_name="chipflows", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except click.ClickException as problem:
        problem.show()
        return 2
    except ChipflowsError as problem:
        return _say(str(problem), 2)
    except PartialError as problem:
        return _say(str(problem), 1)
    except (click.Abort, KeyboardInterrupt):
        return _say(_STOPPED, 130)
    except _Terminated:
        return _say(_STOPPED, 143)
    except OSError as problem:
        return _system_error(problem)
    except MemoryError:
        return _say(_NO_MEMORY, 2)


def _say(text: str, status: int) -> int:
    """Print *text* to stderr and return *status*."""
    click.echo(text, err=True)
    return status


def _system_error(problem: OSError) -> int:
    """Report a file the system refused; a reader that went away (`| head`) needs no words."""
    if problem.errno == errno.EPIPE:
        # What is still buffered would fail again at exit, with a traceback.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    name = f"{problem.filename}: " if problem.filename else ""
    return _say(
        f"{name}{problem.strerror or problem}. Check the path, its permissions and the free space.", 2
    )
