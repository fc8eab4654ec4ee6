"""Readers of customs statistics on small files of our own, and big extracts through DuckDB."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflows import tables, trade
from chipflows.errors import InputError, SourceError, TableError
from chipflows.sources import census, snapshots
from chipflows.sources import comtrade as sources_comtrade
from chipflows.sources.census import Census, tidy
from chipflows.sources.comtrade import Comtrade
from chipflows.sources.taiwan import TaiwanCustoms
from chipflows.trade.extracts import _connection
from chipflows.trade.places import countries
from chipflows.trade.taiwan import roc_period

# The Census timeseries API: an array of arrays, the first the header, every cell text (its documented shape).
CENSUS = [
    ["CTY_CODE", "CTY_NAME", "ALL_VAL_MO", "E_COMMODITY", "COMM_LVL", "time", "QTY_1_MO", "QTY_1_MO_FLAG",
     "UNIT_QY1", "AIR_VAL_MO", "AIR_WGT_MO", "VES_VAL_MO", "VES_WGT_MO"],
    ["5520", "VIETNAM", "900", "8542310040", "HS10", "2025-12", "3", "-", "NO", "600", "2", "300", "1"],
    ["5520", "VIETNAM", "900", "8473300002", "HS10", "2025-12", "0", "M", "X", "600", "2", "0", "0"],
    ["4190", "IRELAND", "50", "8542310040", "HS10", "2025-12", "0", "-", "NO", "50", "0", "0", "0"],
    ["0003", "EUROPEAN UNION", "50", "8542310040", "HS10", "2025-12", "0", "-", "NO", "50", "0", "0", "0"],
    ["5XXX", "ASIA", "900", "8542310040", "HS10", "2025-12", "3", "-", "NO", "600", "2", "300", "1"],
]  # fmt: skip


def answer(rows: list[list[str]]) -> pd.DataFrame:
    return census.parse(json.dumps(rows).encode())


def test_census_exports_become_rows_without_blocs() -> None:
    made = trade.from_census(answer(CENSUS), "export")
    assert made[["reporter", "partner", "hs", "period", "value_usd", "valuation"]].to_numpy().tolist() == [
        ["US", "VN", "8542310040", "2025-12", 900.0, "FAS"],
        ["US", "VN", "8473300002", "2025-12", 900.0, "FAS"],
        ["US", "IE", "8542310040", "2025-12", 50.0, "FAS"],
    ]


def test_a_census_quantity_flagged_missing_is_unknown_and_an_unflagged_zero_is_too() -> None:
    made = trade.from_census(answer(CENSUS), "export")
    assert made["quantity"].fillna(-1).tolist() == [3.0, -1.0, 0.0]  # a zero that is not flagged M is a zero
    unflagged = answer(CENSUS).drop(columns="QTY_1_MO_FLAG")
    assert trade.from_census(unflagged, "export")["quantity"].fillna(-1).tolist() == [3.0, -1.0, -1.0]


def test_a_census_weight_counts_only_where_air_and_sea_carry_everything() -> None:
    # 600 + 300 = 900, all of it: 2 + 1 = 3 kg. 600 of 900: the rest went by land. 0 kg is no weight
    made = trade.from_census(answer(CENSUS), "export")
    assert made["net_weight_kg"].fillna(-1).tolist() == [3.0, -1.0, -1.0]


@pytest.mark.parametrize(
    ("change", "flow", "problem"),
    [
        ({}, "transit", "Allowed: export, import"),
        ({"ALL_VAL_MO": None}, "export", "no column ALL_VAL_MO"),
        ({"COMM_LVL": ["HS6", *["HS10"] * 4]}, "export", "levels HS10, HS6 together"),
        ({"CTY_CODE": ["9999", *["5520"] * 4]}, "export", "unknown us_census code '9999'"),
    ],
)
def test_a_census_answer_that_would_mislead_is_refused(
    change: dict[str, Any], flow: str, problem: str
) -> None:
    frame = answer(CENSUS)
    for name, values in change.items():
        frame = frame.drop(columns=name) if values is None else frame.assign(**{name: values})
    with pytest.raises(TableError, match=problem):
        trade.from_census(frame, flow)


def test_yearly_census_imports_are_read_in_december_at_customs_value() -> None:
    rows = [
        ["CTY_CODE", "CON_VAL_YR", "I_COMMODITY", "time"],
        ["5830", "7", "8542310045", "2024-11"],
        ["5830", "8", "8542310045", "2024-12"],
    ]
    made = trade.from_census(answer(rows), "import", "CON_VAL_YR")
    assert made[["partner", "period", "value_usd", "valuation"]].to_numpy().tolist() == [
        ["TW", "2024", 8.0, "customs"]
    ]


TAIWAN = pd.DataFrame(
    {
        "Year": ["2024", "2025", "2025"],
        "Country": ["馬來西亞", "馬來西亞", "其他國家"],
        "HS Code": ["85423100002"] * 3,
        "Export Value (USD)": ["1,234.5", "2", "3"],
    }
)


def test_taiwan_customs_are_read_by_chinese_name_and_the_part_year_is_preliminary() -> None:
    made = trade.from_taiwan(TAIWAN, part_year="2025")
    assert made[["reporter", "partner", "period", "value_usd", "is_preliminary"]].to_numpy().tolist() == [
        ["TW", "MY", "2024", 1234.5, False],
        ["TW", "MY", "2025", 2.0, True],
        ["TW", "ZZ", "2025", 3.0, True],
    ]


def test_taiwan_customs_with_an_unknown_country_a_broken_value_or_a_column_too_few_are_refused() -> None:
    with pytest.raises(TableError, match="unknown taiwan_customs code"):
        trade.from_taiwan(TAIWAN.assign(Country="火星"))
    with pytest.raises(TableError, match="'n/a' is not a value"):
        trade.from_taiwan(TAIWAN.assign(**{"Export Value (USD)": "n/a"}))
    with pytest.raises(TableError, match="no column 'Country'"):
        trade.from_taiwan(TAIWAN.drop(columns="Country"))


@pytest.mark.parametrize(
    ("written", "period"),
    [("102年", "2013"), ("114年1月~114年7月(初步值)", "2025-01/2025-07"), ("113年12月", "2024-12")],
)
def test_dates_of_the_roc_calendar_are_1911_years_behind(written: str, period: str) -> None:
    assert roc_period(written) == period


def test_a_date_of_another_form_is_refused() -> None:
    with pytest.raises(TableError, match="not a date"):
        roc_period("2013")


def record(**change: Any) -> dict[str, Any]:
    """Return one record in the shape UN Comtrade documents (columns we read; figures made up)."""
    return {
        "typeCode": "C", "freqCode": "M", "reporterCode": 458, "partnerCode": 156, "partner2Code": 0,
        "flowCode": "X", "cmdCode": "847330", "customsCode": "C00", "motCode": 0, "period": "202501",
        "qty": 12.0, "qtyUnitAbbr": "u", "isQtyEstimated": False, "netWgt": 40.0, "isNetWgtEstimated": False,
        "cifvalue": None, "fobvalue": 5000.0, "primaryValue": 5000.0, **change,
    }  # fmt: skip


def save(folder: Path, records: list[dict[str, Any]], **envelope: Any) -> Path:
    file = folder / "answer.json"
    body = {"elapsedMs": 12, "count": len(records), "data": records, "error": "", **envelope}
    file.write_text(json.dumps(body), encoding="utf-8")
    return file


def test_a_comtrade_answer_becomes_bilateral_rows(tmp_path: Path) -> None:
    records = [
        record(),
        record(flowCode="M", partnerCode=490, cifvalue=700.0, fobvalue=None, primaryValue=700.0),
        record(flowCode="M", partnerCode=842, cifvalue=None, fobvalue=9.0, primaryValue=9.0, period="2024"),
    ]
    made = trade.read_comtrade(save(tmp_path, records))
    assert made[["reporter", "partner", "flow", "period", "value_usd", "valuation"]].to_numpy().tolist() == [
        ["MY", "CN", "export", "2025-01", 5000.0, "FOB"],
        ["MY", "TW", "import", "2025-01", 700.0, "CIF"],
        ["MY", "US", "import", "2024", 9.0, "FOB"],
    ]


def test_comtrade_blocs_totals_and_breakdowns_are_not_counted_twice(tmp_path: Path) -> None:
    records = [
        record(),
        record(partnerCode=0),
        record(cmdCode="TOTAL"),
        record(motCode=1000),
        record(partner2Code=344),
        record(customsCode="C01"),
    ]
    made = trade.read_comtrade(save(tmp_path, records))
    assert made["value_usd"].tolist() == [5000.0]
    with pytest.raises(SourceError, match="Ask for totals"):
        trade.read_comtrade(save(tmp_path, [record(motCode=1000)]))


def test_estimated_comtrade_quantities_are_blank_and_estimated_weights_keep_their_flag(
    tmp_path: Path,
) -> None:
    made = trade.read_comtrade(save(tmp_path, [record(isQtyEstimated=True, isNetWgtEstimated=True)]))
    assert made["quantity"].isna().all() and made["is_weight_estimated"].all()
    assert trade.unit_values(made).empty


def test_comtrade_csv_has_the_same_columns(tmp_path: Path) -> None:
    file = tmp_path / "answer.csv"
    pd.DataFrame([record()]).to_csv(file, index=False)
    made = trade.read_comtrade(file)
    assert made[["reporter", "partner", "value_usd", "net_weight_kg"]].to_numpy().tolist() == [
        ["MY", "CN", 5000.0, 40.0]
    ]


@pytest.mark.parametrize("rows", [500, 100_000])
def test_a_comtrade_answer_of_exactly_the_row_limit_was_cut(tmp_path: Path, rows: int) -> None:
    with pytest.raises(SourceError, match="where the API cuts"):
        trade.read_comtrade(save(tmp_path, [{"a": 1}] * rows))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"statusCode": 401, "message": "Access denied"}', "holds no data: Access denied"),
        ('{"data": [], "error": "quota"}', "is an error: quota"),
        ('{"data": [', "not whole JSON"),
        ("<html>", "not whole JSON"),
        ("[]", "holds no data"),
    ],
)
def test_a_comtrade_answer_that_is_none_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "answer.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=problem):
        trade.read_comtrade(file)
    with pytest.raises(SourceError, match="is not a file"):
        trade.read_comtrade(tmp_path / "absent.json")


@pytest.mark.parametrize(
    ("change", "error", "problem"),
    [
        ({"flowCode": "DX"}, SourceError, "flow 'DX'"),
        ({"partnerCode": 12345}, TableError, "unknown un_comtrade code '12345'"),
    ],
)
def test_a_comtrade_flow_or_country_we_do_not_know_is_refused(
    tmp_path: Path, change: dict[str, Any], error: type[Exception], problem: str
) -> None:
    with pytest.raises(error, match=problem):
        trade.read_comtrade(save(tmp_path, [record(**change)]))


def test_country_codes_of_the_hubs_and_ends_are_right_in_each_system() -> None:
    known = {
        "un_comtrade": {"842": "US", "156": "CN", "344": "HK", "490": "TW", "702": "SG", "458": "MY",
                        "784": "AE", "410": "KR", "392": "JP", "704": "VN", "764": "TH", "699": "IN"},
        "us_census": {"5700": "CN", "5820": "HK", "5590": "SG", "5570": "MY", "5830": "TW", "5200": "AE",
                      "5330": "IN", "5520": "VN", "4890": "TR", "4419": "CH", "4190": "IE"},
        "taiwan_customs": {"中國大陸": "CN", "香港": "HK", "土耳其": "TR", "愛爾蘭": "IE", "越南": "VN"},
    }  # fmt: skip
    for system, codes in known.items():
        assert countries(pd.Series(list(codes)), system).tolist() == list(codes.values())
    with pytest.raises(TableError, match="unknown code system"):
        trade.places("us_customs")


def big(rows: int, part: int) -> pd.DataFrame:
    """Return one bilateral table of *rows* ten-digit codes, each worth 1 USD, one month a part."""
    return trade.bilateral(
        pd.DataFrame(
            {
                "reporter": "TW", "partner": "MY", "flow": "export",
                "hs": [f"85423{number:05d}" for number in range(rows)],
                "period": f"2024-{part + 1:02d}", "value_usd": 1.0, "valuation": "FOB", "source": "made_up",
            }
        )
    )  # fmt: skip


def test_an_extract_is_written_in_parts_and_summed_by_duckdb(tmp_path: Path) -> None:
    # codes 85423 00000 .. 85423 00299: the first six digits are 854230 for all; 300 USD in each of 3 months
    file = trade.write_extract((big(300, part) for part in range(3)), tmp_path / "taiwan.parquet")
    made = trade.totals(file)
    assert made.to_numpy().tolist() == [[f"2024-0{month}", "MY", "854230", 300.0, 300] for month in (1, 2, 3)]
    assert trade.totals([file, file], by=["partner"])["value_usd"].tolist() == [1800.0]
    assert trade.totals(tmp_path, by=["partner"], where={"period": ["2024-02"]})["rows"].tolist() == [300]
    assert trade.totals(file, by=["hs"], where={"hs": ["8542300001"]}, digits=10)["rows"].tolist() == [3]


def test_an_extract_is_no_place_for_sql_an_address_or_a_foreign_file(tmp_path: Path) -> None:
    file = trade.write_extract([big(2, 0)], tmp_path / "x.parquet")
    with pytest.raises(InputError, match="unknown column to group or filter by"):
        trade.totals(file, by=["partner; DROP TABLE x"])
    assert trade.totals(file, by=["partner"], where={"partner": ["' OR 1=1 --"]}).empty
    with pytest.raises(TableError, match="is not a file"):
        trade.totals("https://example.org/x.parquet")
    foreign = tmp_path / "foreign.parquet"
    pd.DataFrame({"a": [1]}).to_parquet(foreign)
    with pytest.raises(TableError, match="not a bilateral extract"):
        trade.totals(foreign)
    with pytest.raises(TableError, match=r"without \.parquet files"):
        trade.totals([])


def test_an_extract_that_fails_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "x.parquet"

    def broken() -> Any:
        yield big(2, 0)
        raise SourceError("cut off")

    with pytest.raises(SourceError, match="cut off"):
        trade.write_extract(broken(), target)
    with pytest.raises(TableError, match="no table to write"):
        trade.write_extract([], target)
    assert list(tmp_path.iterdir()) == []


def test_comtrade_answers_go_to_one_extract_and_fill_what_is_not_shipped(tmp_path: Path) -> None:
    one = save(tmp_path, [record(), record(reporterCode=842, partnerCode=704, primaryValue=1.0)])
    extract = trade.comtrade_to_parquet([one], tmp_path / "pulled.parquet")
    for source in (one, extract):
        whole = trade.held(extract=source)
        assert len(whole) == len(trade.held()) + 1  # US to Vietnam is shipped: the producer's own row stays
        pulled = whole[whole["source"] == "un_comtrade"]
        assert pulled[["reporter", "partner", "value_usd"]].to_numpy().tolist() == [["MY", "CN", 5000.0]]


def test_what_is_shipped_is_one_table_with_each_row_valued_as_its_producer_does() -> None:
    whole = trade.held()
    valued = whole.groupby(["reporter", "flow"])["valuation"].unique().map(list).to_dict()
    assert valued == {("TW", "export"): ["FOB"], ("US", "export"): ["FAS"], ("US", "import"): ["customs"]}
    shipped = ("us_exports_monthly", "us_imports_yearly", "taiwan_ic_exports")
    assert len(whole) == sum(len(tables.table(name)) for name in shipped)
    assert set(whole.loc[whole["is_preliminary"].fillna(False), "period"]) == {"2025"}
    assert not whole["source"].str.contains("comtrade").any()  # its terms forbid passing it on


def test_every_code_of_the_shipped_exports_says_what_it_cannot_tell() -> None:
    codes = tables.table("hs_codes").set_index("hs6")
    assert set(tables.table("us_exports_monthly")["hs6"]) <= set(codes.index)
    assert codes[["holds", "cannot_tell", "evidence"]].notna().all(axis=None)


def test_a_pulled_snapshot_revises_what_is_shipped_and_fills_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHIPFLOWS_LIVE", str(tmp_path))
    shipped = trade.held()
    assert trade.pulled().empty
    assert len(trade.held("newest")) == len(shipped)  # nothing was pulled
    header = [
        "CTY_CODE",
        "CTY_NAME",
        "ALL_VAL_MO",
        "QTY_1_MO",
        "QTY_1_MO_FLAG",
        "UNIT_QY1",
        "E_COMMODITY",
        "time",
    ]
    vietnam = ["5520", "VIETNAM", "77", "0", "-", "NO", "847150", "2026-01"]
    second_hand = record(
        reporterCode=842, partnerCode=704, cmdCode="847150", period="202512", primaryValue=1.0
    )
    malaysia = ["5570", "MALAYSIA", "88", "0", "-", "NO", "847150", "2026-01"]
    taken = {
        Census.about: tidy(answer([header, vietnam, malaysia]), "exports"),
        Comtrade.about: sources_comtrade.parse(save(tmp_path, [record(), second_hand]).read_bytes()),
        TaiwanCustoms.about: TAIWAN.assign(Year="2026").drop_duplicates("Country"),
    }
    for about, frame in taken.items():
        snapshots.write(
            frame, about, taken_on=date(2026, 11, 24), as_of=date(2026, 9, 30), changes="", urls=()
        )
    whole = trade.held("newest").set_index(["reporter", "partner", "hs", "period"])["value_usd"]
    assert whole["US", "VN", "847150", "2026-01"] == 77  # the shipped row gives way to the revised one
    december = shipped.query("partner == 'VN' and hs == '847150' and period == '2025-12'")["value_usd"]
    assert (
        whole["US", "VN", "847150", "2025-12"] == december.iloc[0]
    )  # Comtrade's figure of it is second-hand
    assert whole["US", "MY", "847150", "2026-01"] == 88
    assert whole["MY", "CN", "847330", "2025-01"] == 5000
    assert whole["TW", "MY", "854231", "2026"] == 1234.5
    assert len(whole) == len(shipped) + 4  # Malaysia twice, MY to CN, and goods of no stated destination
    assert len(trade.held("2026-11-01")) == len(shipped)  # nothing was taken by then


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["MY", "SG", "VN"]),
            st.sampled_from(["8542310001", "8542310002", "8473300001"]),
            st.sampled_from(["2024-01", "2024-02", "2024-03"]),
            st.integers(0, 10**9),
        ),
        min_size=1,
        unique_by=lambda row: row[:3],
    )
)
@settings(max_examples=25, deadline=None)
def test_duckdb_and_our_own_sums_agree_and_nothing_is_lost(rows: list[tuple[str, str, str, int]]) -> None:
    frame = pd.DataFrame(rows, columns=["partner", "hs", "period", "value_usd"])
    whole = trade.bilateral(frame.assign(reporter="TW", flow="export", valuation="FOB", source="made_up"))
    with TemporaryDirectory() as folder:
        file = trade.write_extract([whole], Path(folder) / "x.parquet")
        summed = trade.totals(file, by=["partner", "hs", "period"])
    ours = trade.aggregate(whole)[["partner", "hs", "period", "value_usd"]]
    keys = ["partner", "hs", "period"]
    pd.testing.assert_frame_equal(
        summed[[*keys, "value_usd"]].sort_values(keys).reset_index(drop=True),
        ours.sort_values(keys).reset_index(drop=True),
        check_dtype=False,
    )
    assert trade.quarters(whole)["value_usd"].sum() <= whole["value_usd"].sum() == ours["value_usd"].sum()


def test_duckdb_is_quiet_bounded_and_loads_no_extension(tmp_path: Path) -> None:
    with _connection("100MB", str(tmp_path)) as connection:
        names = ["enable_progress_bar", "autoinstall_known_extensions", "autoload_known_extensions"]
        set_to = [connection.execute(f"SELECT current_setting('{name}')").fetchone() for name in names]
        limit = connection.execute("SELECT current_setting('memory_limit')").fetchone()
    assert set_to == [(False,)] * 3  # a progress bar would go into what a program reads
    assert limit is not None and str(limit[0]).startswith("95.3")  # 100 MB are 95.3 MiB
