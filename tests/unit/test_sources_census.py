"""The Census reader, on bodies of the shape that API documents (made up; no figure is real)."""

import json

import pytest

from chipflows.errors import SourceError
from chipflows.sources import census

HEADER = ["CTY_NAME", "ALL_VAL_MO", "E_COMMODITY", "time", "E_COMMODITY"]
ROW = ["VIETNAM", "12500", "8542310000", "2026-01", "8542310000"]


def body(*rows):
    return json.dumps(list(rows)).encode()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"<html>Invalid Key</html>", "web page"),
        (body(HEADER, ROW)[:-9], "whole JSON"),
        (b'["CTY_NAME", \xff', "not UTF-8"),
        (b'{"error": "no"}', "JSON array"),
        (b"[]", "array of arrays"),
        (body(HEADER, ROW[:3]), "row 1 has 3 cells and the header 5"),
        (body(HEADER, [*ROW[:4], "8471500000"]), "'E_COMMODITY' differ"),
    ],
)
def test_an_answer_that_is_not_the_documented_shape_is_refused(answer, words):
    with pytest.raises(SourceError, match=words):
        census.parse(answer)


def test_an_empty_body_means_no_rows():
    assert census.parse(b"").empty


def test_a_repeated_predicate_is_kept_once_and_cells_stay_text():
    frame = census.parse(body(HEADER, ROW))
    assert list(frame.columns) == HEADER[:4]
    assert frame.iloc[0].tolist() == ROW[:4]
