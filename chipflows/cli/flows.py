"""`chipflows simulate` and `chipflows compare`: the flow model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chipflows.cli.output import json_option, print_json, print_table, records
from chipflows.cli.types import number_or_text, pairs

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare", "simulate"]

_DEFAULT_DRAWS = 4096


def _model_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how the model is run."""
    options = (
        click.option(
            "--draws", default=_DEFAULT_DRAWS, show_default=True, help="A power of two, 64 to 1048576."
        ),
        click.option("--seed", default=1, show_default=True, help="Same seed, same numbers."),
        click.option(
            "--lever", "levers", multiple=True, metavar="NAME=VALUE", help="Set a lever; repeatable."
        ),
        click.option(
            "--prior", "priors", multiple=True, metavar="ASSUMPTION=NAME", help="Choose a named prior."
        ),
        click.option("--through", metavar="QUARTER", help="End the horizon early, for example 2028Q4."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _settings(options: dict[str, Any]) -> dict[str, Any]:
    """Return the model's keyword arguments from the options."""
    return {
        "draws": options["draws"],
        "seed": options["seed"],
        "levers": {
            name: number_or_text(value) for name, value in pairs(options["levers"], "--lever").items()
        },
        "priors": pairs(options["priors"], "--prior"),
        "last": options["through"],
    }


@click.command(epilog="Example: chipflows simulate actual letter-h20 --draws 4096 --seed 1 --out results")
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO...")
@_model_options
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder for the results.")
@click.option(
    "--draws-out", type=click.Path(path_type=Path), metavar="FILE.parquet", help="Keep every draw too."
)
@json_option
def simulate(
    scenarios: tuple[str, ...], out: Path, draws_out: Path | None, as_json: bool, **options: Any
) -> None:
    """Run the flow model for one scenario or more, on the same draws.

    Writes OUT/<scenario>/results.csv (all chips, the mixture over PRC policy regimes), by_chip.csv,
    by_regime.csv and run.json. A scenario's folder from an earlier run is replaced, whole or not at all.
    """
    from chipflows import flows
    from chipflows.runs.results import check_places, write_draws, write_results

    check_places(scenarios, out, draws_out)
    run = flows.simulate(list(dict.fromkeys(scenarios)), **_settings(options))
    written = write_results(run, out, priors=pairs(options["priors"], "--prior"))
    if draws_out is not None:
        write_draws(run, draws_out)
    if as_json:
        print_json(written)
        return
    print_table(_rounded(_headline(run.results)))
    click.echo(
        f"\nH100-equivalents in the PRC, excluding offshore and remote. {run.size:,} draws, seed {run.seed}."
    )
    click.echo(
        f"Written: {', '.join(str(out / name) for name in written)}" + (f", {draws_out}" if draws_out else "")
    )


def _headline(results: pd.DataFrame) -> pd.DataFrame:
    """Return the total stock at the end of each year, by scenario: median, p05 and p95."""
    is_stock = (
        (results["variable"] == "stock") & (results["channel"] == "total") & (results["unit"] == "h100e")
    )
    ends = results[is_stock & results["quarter"].str.endswith("Q4")]
    return ends[["scenario", "quarter", "variable", "channel", "p05", "p50", "p95"]]


@click.command(epilog="Example: chipflows compare letter-h20 actual --draws 4096 --seed 1")
@click.argument("scenario", metavar="SCENARIO")
@click.argument("against", metavar="AGAINST...", nargs=-1, required=True)
@_model_options
@click.option(
    "--variable", default="stock", show_default=True, help="stock, acquired, revenue_usd ...; or all."
)
@click.option("--channel", default="total", show_default=True, help="legal, diverted, domestic ...; or all.")
@click.option(
    "--unit", default="h100e", show_default=True, help="h100e, h100e_bandwidth, chips, usd ...; or all."
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE.csv", help="Write every quarter as CSV."
)
@json_option
def compare(
    scenario: str,
    against: tuple[str, ...],
    variable: str,
    channel: str,
    unit: str,
    out: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Show SCENARIO minus AGAINST draw by draw: differences and ratios with intervals.

    prob_lower is the share of draws in which SCENARIO is lower. For people the table shows the end of each
    year; --json and --out give every quarter.
    """
    import pandas as pd

    from chipflows import flows
    from chipflows.csvtext import write_csv

    run = flows.simulate(list(dict.fromkeys([scenario, *against])), **_settings(options))
    frames = []
    for base in dict.fromkeys(against):
        frame = _chosen(flows.compare(run, scenario, base), variable=variable, channel=channel, unit=unit)
        frame.insert(0, "scenario", scenario)
        frame.insert(1, "against", base)
        frames.append(frame)
    table = pd.concat(frames, ignore_index=True)
    if out is not None:
        write_csv(table, out)
    if as_json:
        print_json(records(table))
        return
    print_table(_rounded(_for_people(table)))
    click.echo(
        f"\nVariable {variable}, channel {channel}, unit {unit}. {run.size:,} draws, seed {run.seed}. "
        f"Fourth quarters only; {len(table):,} rows in all."
    )
    if out is not None:
        click.echo(f"Written: {out}")


def _rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with its numbers to three significant figures: draws bear no more, files keep all."""
    return frame.map(lambda cell: float(f"{cell:.3g}") if isinstance(cell, float) else cell)


def _chosen(frame: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    """Return the rows whose columns hold the *wanted* values; raises InputError with the nearest."""
    from chipflows.errors import InputError, did_you_mean

    for column, value in wanted.items():
        if value == "all":
            continue
        known = set(frame[column])
        if value not in known:
            raise InputError(did_you_mean(value, known | {"all"}, column))
        frame = frame[frame[column] == value]
    return frame.reset_index(drop=True)


def _for_people(table: pd.DataFrame) -> pd.DataFrame:
    """Return the year ends, and the columns that fit on a screen."""
    columns = ["scenario", "against", "variable", "channel", "unit", "quarter"]
    shown = [*columns, "difference_p05", "difference_p50", "difference_p95", "ratio_p50", "prob_lower"]
    view = table[table["quarter"].str.endswith("Q4")][shown]
    same = [name for name in ("against", "variable", "channel", "unit") if len(set(view[name])) == 1]
    return view.drop(columns=[name for name in same if name != "against"])
