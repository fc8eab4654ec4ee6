"""Lists of entities made to harm, in every form we read: refused, or their text kept as mere text."""

from __future__ import annotations

import copy
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attempts import BAD, judged, places, planted, small_process
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflows.csvtext import csv_text
from chipflows.errors import SourceError
from chipflows.lists import parse

HEADS = ("Country", "Entity", "License requirement", "License review policy", "Federal Register citation")


def table(*rows: tuple[str, ...]) -> bytes:
    lines = "".join("<TR>" + "".join(f"<TD>{cell}</TD>" for cell in row) + "</TR>" for row in (HEADS, *rows))
    return f"<?xml version='1.0'?><ECFR><TABLE>{lines}</TABLE></ECFR>".encode()


ENTRY = ("China", "Firm One, Beijing, China.", "For all items", "Presumption of denial", "84 FR 1, 1/1/2019.")
ENTITIES = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
XML = '<?xml version="1.0"?>'
CSL = "_id,source,entity_number,type,programs,name,addresses,alt_names\n"
ATTACKS: dict[str, bytes] = {
    "billion laughs": f'{XML}<!DOCTYPE x [<!ENTITY l0 "ha">{ENTITIES}]><ECFR>&l11;</ECFR>'.encode(),
    "a file of the machine": f'{XML}<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><ECFR>&f;</ECFR>'.encode(),
    "a page of the network": b'<!DOCTYPE x SYSTEM "http://evil.example/x.dtd" [<!ENTITY % a "b">]><ECFR/>',
    "entities in UTF-16": '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><X>&a;</X>'.encode("utf-16"),
    "deep XML": b"<?xml version='1.0'?>" + b"<ECFR>" * 200_000,
    "deep HTML": b"<html>" + b"<div>" * 200_000 + b"<p>x",
    "XML cut off": table(ENTRY)[:-30],
    "no table": b"<html><body>Service unavailable</body></html>",
    "deep JSON": b'{"results": ' + b"[" * 500_000,
    "a number of 10,000 digits": b'{"results": [' + b"9" * 10_000 + b"]}",
    "results that are none": b'{"results": null}',
    "entries that are none": b'{"tables": {}, "entries": null}',
    "tables that are none": b'{"tables": null, "entries": [{"n": "x", "lr": 0}]}',
    "an index out of bounds": b'{"tables": {"sources": []}, "entries": [{"n": "x", "s": 9}]}',
    "names that are numbers": b'{"results": [{"name": 5}]}',
    "a cell of 2 MB": (CSL + '1,Entity List (EL) - BIS,1,,,"' + "x" * 2**21 + '",,\n').encode(),
    "a quote never closed": (CSL + '1,Entity List (EL) - BIS,1,,,"x' + "\ny,z" * 400_000).encode(),
    "zero bytes": (CSL + "1,Entity List (EL) - BIS,1,,,a\x00b,,\n").encode(),
    "invalid UTF-8": CSL.encode() + b"1,Entity List (EL) - BIS,1,,,\xff\xfe\xfa,,\n",
    "a zip": b"PK\x03\x04" + b"\0" * 100,
    "nothing": b"",
    "damaged gzip": b"\x1f\x8b\x08" + b"\xff" * 50,
    "gzip cut off": gzip.compress(table(ENTRY) * 50)[:-20],
    "gzip in gzip": gzip.compress(gzip.compress(table(ENTRY))),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_list_made_to_harm_is_refused_by_name(attack: str) -> None:
    assert judged(lambda: parse(ATTACKS[attack], "list.file"), SourceError, "list.file"), f"took {attack}"


def zipped(size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("x.csv", b"0" * size)
    return out.getvalue()


def test_bombs_and_lines_of_a_gigabyte_are_refused_in_bounded_memory(tmp_path: Path) -> None:
    (tmp_path / "bomb.gz").write_bytes(_gzip_of_zeros(2**30))
    (tmp_path / "bomb.zip").write_bytes(zipped(2**24))
    with (tmp_path / "line.csv").open("wb") as file:
        file.write(CSL.encode())
        file.truncate(2**30)  # one line of a gigabyte of zeros
    (tmp_path / "line.xml").write_bytes(b"<ECFR><TABLE><TR><TD>" + b"x" * 2**26)
    for name in ("bomb.gz", "bomb.zip", "line.csv", "line.xml"):
        done = small_process("-m", "chipflows", "lists", "parse", tmp_path / name, megabytes=1_500)
        assert done.returncode == 2, done.stderr[-500:]
        assert name in done.stderr and len(done.stderr) < 600
    assert {path.name for path in tmp_path.iterdir()} == {"bomb.gz", "bomb.zip", "line.csv", "line.xml"}


def _gzip_of_zeros(size: int) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=9) as packed:
        for _ in range(size // 2**20):
            packed.write(bytes(2**20))
    return out.getvalue()


def _forms(name: str) -> dict[str, bytes]:
    """One entry called *name* in each form that can hold it."""
    escaped = name.replace("&", "&amp;").replace("<", "&lt;")
    found = {
        "csl.json": json.dumps({"results": [{"name": name, "source": "Entity List (EL) - BIS"}]}).encode()
    }
    if "\x1b" not in name:
        cell = (ENTRY[0], f"{escaped}, Beijing, China.", *ENTRY[2:])
        found["part.xml"] = table(cell)
    quoted = name.replace('"', '""')
    found["csl.csv"] = (CSL + f'1,Entity List (EL) - BIS,1,,,"{quoted}",,\n').encode()
    return found


@pytest.mark.parametrize("name", BAD)
def test_a_name_made_to_harm_stays_text_and_comes_out_harmless(name: str, tmp_path: Path) -> None:
    for file, body in _forms(name).items():
        found: list[Any] = []
        judged(lambda b=body, f=file, found=found: found.append(parse(b, f)), SourceError)  # type: ignore[misc]
        if not found:
            continue
        assert len(found[0]) == 1
        written = csv_text(found[0][["name"]])
        cell = written.splitlines()[1].strip('"')
        assert not cell.startswith(("=", "+", "-", "@", "\t", "|")), cell
    assert list(tmp_path.iterdir()) == []


READERS: dict[str, tuple[Any, Callable[[Any], bytes]]] = {
    "CSL JSON": (
        {"results": [{"name": "A", "source": "EL", "addresses": [{"city": "B", "country": "CN"}],
                      "alt_names": ["C"], "start_date": "2020-01-01", "federal_register_notice": "84 FR 1"}]},
        lambda content: json.dumps(content).encode(),
    ),
    "compact": (
        {"tables": {"sources": ["EL"], "licenceRequirements": ["all"], "licencePolicies": ["denial"]},
         "entries": [{"n": "A", "a": ["B"], "c": ["CN"], "s": 0, "lr": 0, "lp": 0, "fr": "84 FR 1"}]},
        lambda content: json.dumps(content).encode(),
    ),
    "export": (
        {"list_id": "bis-entity-list", "entities": [{"name": "A", "aliases": ["B"], "country": "China",
         "address": "C", "notes": "n", "federal_register": "84 FR 1", "effective_date": "2019-01-01"}]},
        lambda content: json.dumps(content).encode(),
    ),
    "MOFCOM": ([{"name": "A"}], lambda content: json.dumps(content).encode()),
}  # fmt: skip
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.just(10**400), st.floats(allow_nan=True), st.text(max_size=8),
    st.sampled_from(([], {}, [[]], {"a": []}, [None], [5], "9999-99-99", "1e309", *BAD)).map(copy.deepcopy),
)  # fmt: skip


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_a_value_of_another_kind_in_any_place_never_trips_a_reader(name: str, data: st.DataObject) -> None:
    whole, packed = READERS[name]
    content = copy.deepcopy(whole)
    planted(content, data.draw(st.sampled_from(places(content))), data.draw(ODD))
    judged(lambda: parse(packed(content), "x.json"), SourceError)


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(str.encode),
        st.binary().map(lambda b: table(ENTRY)[:90] + b),
    )
)
def test_any_bytes_are_taken_or_refused_in_words(body: bytes) -> None:
    judged(lambda: parse(body, "x"), SourceError)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.text(max_size=20), max_size=9), max_size=4))
def test_a_table_of_any_cells_never_trips_the_reader(rows: list[list[str]]) -> None:
    safe = [tuple(cell.replace("&", "&amp;").replace("<", "&lt;") for cell in row) for row in rows]
    judged(lambda: parse(table(ENTRY, *safe), "x.xml"), SourceError)
