"""`chipflows decide` and `chipflows classify`: the law of a date."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chipflows.cli.output import json_option, plain, print_json, print_table, records
from chipflows.cli.types import ISO_DATE, number_or_text, pairs
from chipflows.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["classify", "decide"]

_WIDTH = 100
_LABELS = {
    "eccn": "ECCN",
    "review_policy": "Review policy",
    "conditions": "Conditions",
    "exceptions": "Exceptions",
}
_ANSWERS = {True: "yes", False: "no", None: "cannot tell"}


def _case_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that describe the transaction."""
    options = (
        click.option(
            "--to", required=True, metavar="CC", help="Destination, ISO 3166 alpha-2: CN, HK, MY ..."
        ),
        click.option("--on", required=True, type=ISO_DATE, help="Date of export, for example 2025-05-01."),
        click.option("--scenario", default="actual", show_default=True, help="See: chipflows scenarios"),
        click.option("--origin", default="US", show_default=True, help="US, abroad or in-country."),
        click.option(
            "--party-hq", metavar="CC", help="Where the ultimate parent of the buyer has its headquarters."
        ),
        click.option("--end-user", metavar="NAME", help="Who will use it."),
        click.option("--exporter", metavar="NAME", help="Who exports: letters bind the exporter they name."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command(epilog="Example: chipflows decide h20 --to CN --on 2025-05-01")
@click.argument("chip")
@_case_options
@click.option(
    "--fact", "facts", multiple=True, metavar="NAME=VALUE", help="Any other fact a rule asks about."
)
@json_option
def decide(chip: str, to: str, on: date, as_json: bool, facts: tuple[str, ...], **case: Any) -> None:
    """Say whether a licence is required to export CHIP under the rules modelled, and by which rules.

    CHIP is an id or a common name: h20, a100, h100. The answer is yes, no, or cannot tell, with the reason.
    """
    from chipflows import law

    more: dict[str, Any] = {name: number_or_text(value) for name, value in pairs(facts, "--fact").items()}
    fields = law.decide(chip, to, on, **case, **more).as_dict()
    if as_json:
        print_json(fields)
    else:
        click.echo(_for_people(fields))


def _for_people(fields: Mapping[str, Any]) -> str:
    """Return a decision as lines a staffer can read aloud."""
    case = f"{fields['chip']} to {fields['to']} on {plain(fields['on'])}, scenario {fields['scenario']}"
    lines = [case, ""]
    lines += [f"Licence required under the rules modelled: {_ANSWERS[fields['licence_required']]}"]
    for name, label in _LABELS.items():
        value = fields[name]
        if value:
            text = "; ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
            lines.append(_wrapped(f"{label}: {text}", "  "))
    lines += ["", _wrapped(str(fields["explanation"]))]
    if fields["rules"]:
        lines += ["", "Rules:"]
        for rule in fields["rules"]:
            lines.append(_wrapped(f"- {rule['id']}: {rule['citation']} {rule['url'] or ''}".rstrip(), "  "))
    return "\n".join(lines)


def _wrapped(text: str, indent: str = "") -> str:
    """Return *text* wrapped, continued lines indented; addresses are never broken."""
    return "\n".join(
        textwrap.fill(part, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        for part in text.splitlines()
    )


@click.command(epilog="Example: chipflows classify chips.csv --to CN --on 2025-05-01 --out out.csv")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_case_options
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write CSV here, not to the screen."
)
@json_option
def classify(file: Path, to: str, on: date, out: Path | None, as_json: bool, **case: Any) -> None:
    """Classify a table of chips: FILE is a CSV with a name and a TPP or a dense throughput column.

    Adds tpp, performance_density, eccn, licence_required, review_policy, rules and note. A blank is unknown.
    """
    from chipflows import law
    from chipflows.csvtext import write_csv

    answers = law.classify(
        _read(file), to, on, **{name: value for name, value in case.items() if value is not None}
    )
    if out is not None:
        write_csv(answers, out)
    if as_json:
        print_json(records(answers))
    elif out is None:
        shown = answers[["name", "tpp", "performance_density", "eccn", "licence_required", "review_policy"]]
        required = [_ANSWERS[plain(answer)] for answer in shown["licence_required"]]
        print_table(shown.assign(licence_required=required))
        click.echo("\nUnder the rules modelled. Rules and notes: --out FILE.csv or --json")
    else:
        click.echo(f"{len(answers):,} chips classified: {out}")


def _read(file: Path) -> pd.DataFrame:
    """Return the CSV as text cells, blanks as None; raises InputError when it is not a CSV in UTF-8."""
    import pandas as pd

    try:
        return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig").replace({"": None})
    except UnicodeDecodeError:
        raise InputError(f"{file} is not UTF-8 text. Save it as CSV UTF-8 and try again.") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as problem:
        raise InputError(f"{file} is not a CSV table: {problem}. It needs a header row.") from None
