"""Geography from inline XBRL: a self-made filing always, NVIDIA's own where the raw files are present."""

import gzip
import os
from pathlib import Path

import pytest

from chipflows.errors import SourceError
from chipflows.sources import edgar_geography

RAW = Path(os.environ.get("CHIPFLOWS_SHARED", Path(__file__).parents[3] / "shared")) / "raw/trade/company"
CONTEXT = (
    '<xbrli:context id="c"><xbrli:segment><xbrldi:explicitMember dimension="srt:StatementGeographicalAxis">'
    "country:SG</xbrldi:explicitMember>{more}</xbrli:segment><xbrli:startDate>2025-04-28</xbrli:startDate>"
    "<xbrli:endDate>2025-07-27</xbrli:endDate></xbrli:context>"
)
FACT = '<ix:nonFraction name="us-gaap:Revenues" contextRef="c" scale="6">{value}</ix:nonFraction>'


def filing(*values, more=""):
    facts = "".join(FACT.format(value=value) for value in values)
    return f"<html><body>{CONTEXT.format(more=more)}{facts}</body></html>".encode()


@pytest.mark.parametrize(
    ("body", "words"),
    [(b" ", "empty"), (filing("1,0x0"), "not a number"), (filing("100", "101"), "two values")],
)
def test_a_damaged_filing_is_refused(body, words):
    with pytest.raises(SourceError, match=words):
        edgar_geography.parse(body)


def test_a_fact_with_a_second_dimension_is_not_a_country_total():
    more = '<xbrldi:explicitMember dimension="srt:ProductOrServiceAxis">a:B</xbrldi:explicitMember>'
    assert edgar_geography.parse(filing("100", more=more)).empty


def test_a_typed_member_is_left_out_rather_than_guessed():
    body = filing("100").replace(b"explicitMember", b"typedMember")
    assert edgar_geography.parse(body).empty


def test_digits_times_ten_to_the_scale_once_however_often_printed():
    # 1,250 x 10^6 = 1,250,000,000, printed in two tables
    frame = edgar_geography.parse(filing("1,250", "1,250"))
    assert frame["value_usd"].tolist() == [1_250_000_000.0]


def test_nvidias_singapore_billing_and_prc_revenue_come_out_of_its_own_filing():
    path = RAW / "nvda_10q_fy2026q2_20250727.html.gz"
    if not path.is_file():
        pytest.skip("the raw filing is not beside this checkout")
    frame = edgar_geography.parse(gzip.decompress(path.read_bytes()))
    quarter = frame[(frame["start"] == "2025-04-28") & (frame["end"] == "2025-07-27")]
    by = quarter.set_index("member")["value_usd"]
    assert by["nvda:ChinaIncludingHongKongMember"] == 2_769e6
    # 10,156 of 46,743 million = 21.7%
    assert by["country:SG"] / by.sum() == pytest.approx(0.217, abs=0.0005)
