"""The shipped trade tables against the producers' own files, read by our readers."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

from chipflows import tables, trade
from chipflows.sources import edgar_geography
from chipflows.trade.taiwan import roc_period

CENSUS = "trade/us_census"
HUBS = f"{CENSUS}/us_exports_hs10_monthly_4countries_chip_server_subset_2013_2026m01.csv.gz"
VIETNAM = f"{CENSUS}/us_exports_hs10_monthly_vietnam_5520_2013_2026m01.parquet"
CHINA = f"{CENSUS}/us_exports_to_china_hs6_monthly_2013_2021m02.parquet"
IMPORTS = f"{CENSUS}/us_imports_hs10_2024_51partners_chip_server_subset.csv.gz"
TAIWAN = "trade/taiwan_customs/taiwan_hs8542_exports_by_country_annual_2013_2025m07.csv.gz"
TAIWAN_TOTALS = "trade/taiwan_customs/taiwan_hs8542_exports_total_annual_2013_2025m07.csv"
FILING = "trade/company/nvda_10q_fy2026q2_20250727.html.gz"
REGIONS = "trade/company/nvda_geo_revenue_quarterly_derived.csv"


def shipped(name: str, **rename: str) -> pd.DataFrame:
    """Return a shipped table's keys and values, keys in order."""
    table = tables.table(name).rename(columns=rename)
    return table.drop(columns=[c for c in ("source_ids", "is_part_year") if c in table])


def as_shipped(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return bilateral rows as keys and whole dollars, without empty ones, sorted."""
    rows = frame[keys].assign(value_usd=frame["value_usd"].round())
    return rows[rows["value_usd"] > 0].sort_values(keys).reset_index(drop=True)


def assert_same(ours: pd.DataFrame, theirs: pd.DataFrame, keys: list[str]) -> None:
    left, right = (frame[[*keys, "value_usd"]].sort_values(keys) for frame in (ours, theirs))
    pd.testing.assert_frame_equal(
        left.reset_index(drop=True), right.reset_index(drop=True), check_dtype=False, atol=1.0
    )


@pytest.fixture
def hub_rows(raw: Path) -> pd.DataFrame:
    return pd.read_csv(raw / HUBS, dtype=str)


def test_us_exports_to_vietnam_and_the_placebos_are_the_census_rows_at_six_digits(
    hub_rows: pd.DataFrame,
) -> None:
    whole = trade.aggregate(trade.from_census(hub_rows, "export"))
    codes = set(tables.table("us_exports_monthly")["hs6"])
    keys = ["partner", "hs", "period"]
    ours = shipped("us_exports_monthly", hs6="hs", month="period").query("partner != 'CN'")
    assert_same(ours, as_shipped(whole[whole["hs"].isin(codes)], keys), keys)


def test_the_coverage_said_of_the_census_files_holds(raw: Path, hub_rows: pd.DataFrame) -> None:
    assert len(hub_rows) == 55_309 and hub_rows["time"].nunique() == 157
    assert (hub_rows["time"].min(), hub_rows["time"].max()) == ("2013-01", "2026-01")
    assert not hub_rows.duplicated(["CTY_CODE", "time", "E_COMMODITY"]).any()
    assert set(hub_rows["CTY_CODE"]) == {"5520", "4890", "4419", "4190"}
    imports = pd.read_csv(raw / IMPORTS, dtype=str)
    assert len(imports) == 3_211 and imports["CTY_CODE"].nunique() == 49
    china = pd.read_parquet(raw / CHINA)
    assert len(china) == 364_306
    assert (f"{china.index.min():%Y-%m}", f"{china.index.max():%Y-%m}") == ("2013-01", "2021-02")
    assert (china["china_exports_quant"] == 0).mean() > 0.5  # "mostly 0": so no unit values from it


def test_the_whole_vietnam_file_holds_the_same_rows(raw: Path, hub_rows: pd.DataFrame) -> None:
    whole = pd.read_parquet(raw / VIETNAM)
    assert len(whole) == 482_961
    codes = set(tables.table("us_exports_monthly")["hs6"])
    keys = ["time", "E_COMMODITY", "ALL_VAL_MO"]
    parts = [frame[frame["E_COMMODITY"].str[:6].isin(codes)] for frame in (whole, hub_rows)]
    vietnam = parts[1][parts[1]["CTY_CODE"] == "5520"]
    assert set(map(tuple, parts[0][keys].to_numpy())) == set(map(tuple, vietnam[keys].to_numpy()))


def test_us_exports_to_china_are_the_census_months_to_february_2021(raw: Path) -> None:
    rows = pd.read_parquet(raw / CHINA).reset_index()
    theirs = pd.DataFrame(
        {"hs": rows["hs6"], "period": rows["time"].dt.strftime("%Y-%m"), "value_usd": rows["china_exports"]}
    )
    ours = shipped("us_exports_monthly", hs6="hs", month="period").query("partner == 'CN'")
    theirs = theirs[theirs["hs"].isin(set(ours["hs"]))]
    assert_same(ours, as_shipped(theirs, ["hs", "period"]), ["hs", "period"])


def test_us_imports_of_2024_are_the_census_rows_at_six_digits(raw: Path) -> None:
    rows = pd.read_csv(raw / IMPORTS, dtype=str).rename(columns={"HS10": "I_COMMODITY"})
    whole = trade.aggregate(trade.from_census(rows, "import", "CON_VAL_YR"))
    ours = shipped("us_imports_yearly", hs6="hs", origin="partner")
    keys = ["partner", "hs"]
    assert_same(ours, as_shipped(whole[whole["hs"].isin(set(ours["hs"]))], keys), keys)
    assert set(ours["year"]) == {2024} and "IE" not in set(ours["partner"])  # the EU is one row, left out


@pytest.fixture
def taiwan(raw: Path) -> pd.DataFrame:
    return pd.read_csv(raw / TAIWAN, dtype=str, encoding="utf-8-sig")


def test_taiwans_exports_are_the_portals_rows_at_six_digits(taiwan: pd.DataFrame) -> None:
    assert len(taiwan) == 9_683 and taiwan["Country"].nunique() == 199
    whole = trade.aggregate(trade.from_taiwan(taiwan, part_year="2025"))
    keys = ["period", "partner", "hs"]
    ours = shipped("taiwan_ic_exports", hs6="hs", destination="partner")
    ours["period"] = ours["year"].astype(int).astype(str)
    assert_same(ours, as_shipped(whole, keys), keys)


def test_taiwans_destinations_sum_to_the_portals_totals_of_each_year(raw: Path, taiwan: pd.DataFrame) -> None:
    totals = pd.read_csv(raw / TAIWAN_TOTALS, dtype=str, encoding="utf-8-sig")
    year = totals["日期"].map(roc_period).str[:4]
    theirs = totals["美元(千元)"].astype(float).mul(1000).groupby(year).sum()
    ours = taiwan["Export Value (USD)"].astype(float).groupby(taiwan["Year"]).sum()
    pd.testing.assert_series_equal(ours, theirs, check_names=False, rtol=1e-5)
    assert ours["2025"] == pytest.approx(109.78e9, rel=1e-3)  # January to July, no full year
    assert totals.loc[year == "2025", "日期"].map(roc_period).unique().tolist() == ["2025-01/2025-07"]


def test_nvidias_regions_are_the_filings_and_sum_to_the_printed_total(raw: Path) -> None:
    derived = pd.read_csv(raw / REGIONS)
    ours = tables.table("nvda_revenue_by_region")
    assert ours["period"].nunique() == len(derived) == 16
    sums = ours.groupby("period").agg(parts=("usd_m", "sum"), total=("total_usd_m", "first"))
    assert (sums["parts"] - sums["total"]).abs().max() <= 1  # rounding of each printed figure
    with gzip.open(raw / FILING) as file:
        facts = edgar_geography.parse(file.read())
    quarter = facts[(facts["start"] == "2025-04-28") & (facts["end"] == "2025-07-27")].set_index("member")
    mine = ours[ours["period"] == "FY2026Q2"].set_index("region")
    assert mine.loc["Singapore", "usd_m"] * 1e6 == quarter.loc["country:SG", "value_usd"]
    assert mine.loc["China including Hong Kong", "usd_m"] == 2769
    # 10,156 of 46,743: 21.7%
    assert mine.loc["Singapore", "usd_m"] / mine.loc["Singapore", "total_usd_m"] == pytest.approx(
        0.217, abs=5e-4
    )


def test_the_checksums_on_the_cards_are_those_of_the_files_read(raw: Path) -> None:
    files = {
        "us_census_exports_hs10": HUBS,
        "us_census_exports_china": CHINA,
        "us_census_imports_2024": IMPORTS,
        "taiwan_customs_ic_exports": TAIWAN,
    }
    for source, file in files.items():
        digest = hashlib.sha256((raw / file).read_bytes()).hexdigest()
        assert tables.card(source).checksum == f"sha256:{digest}", source


def test_every_destination_of_the_portal_has_a_name_that_agrees_with_ours(raw: Path) -> None:
    names = json.loads((raw / "trade/taiwan_customs/country_name_zh_en.json").read_text(encoding="utf-8"))
    table = tables.table("trade_places").query("system == 'taiwan_customs'").set_index("code")["name"]
    assert table.to_dict() == names


def test_one_corridor_shows_how_far_two_honest_reports_can_part() -> None:
    # 2024, processors made in Taiwan: exports to the US 383.8m, imports by the US 7,931.7m: 20.7-fold;
    # with the other circuits 7,085.2m and 10,352.1m: 1.46-fold. No freight is in either value.
    gaps = trade.mirror_gaps(trade.held()).query("status == 'both' and importer == 'US'").set_index("hs")
    assert gaps.loc["854231", "import_usd"] / gaps.loc["854231", "export_usd"] == pytest.approx(
        20.7, abs=0.05
    )
    pair = gaps.loc[["854231", "854239"], ["export_usd", "import_usd"]].sum()
    assert pair["import_usd"] / pair["export_usd"] == pytest.approx(1.46, abs=0.005)
