"""Customer files, CSV or XLSX, as a table of text with a column name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chipflows.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["read_customers"]

_NAMES = ("name", "customer", "company", "firm", "名称", "公司名称", "企业名称")
_FIELDS = ("id", "country", "address", "owner")
_ENCODINGS = ("utf-8-sig", "gb18030")
_LIMIT = 512 * 2**20  # bytes of a customer file
_MOST_LETTERS = 2**28  # of all that is kept of it: a workbook may name one long text in every row
_LONGEST = 100_000  # letters of a cell
_ZIPPED, _OLD = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def read_customers(file: Path) -> pd.DataFrame:
    """Return the customers as text: name and, where given, id, country, address and owner.

    Raises InputError for a file that is no table or does not say which column holds names.
    """
    if not file.is_file():
        raise InputError(f"{file} is not a plain file. Save the customers as one, CSV or XLSX.")
    with file.open("rb") as opened:
        head = opened.read(4)
    if not head or file.stat().st_size > _LIMIT:
        raise InputError(f"{file} is empty or has more than {_LIMIT:,} bytes. Give a CSV with a column name.")
    if head == _OLD:
        raise InputError(
            f"{file} is an old .xls workbook or an encrypted one. Save it as .xlsx or CSV UTF-8."
        )
    if head == _ZIPPED:
        from chipflows.cli.sheets import read_rows

        return _table(read_rows(file), file)
    return _csv(file, head)


def _csv(file: Path, head: bytes) -> pd.DataFrame:
    """Return the customers of a CSV in any usual encoding."""
    import pandas as pd

    for encoding in ("utf-16",) if head[:2] in (b"\xff\xfe", b"\xfe\xff") else _ENCODINGS:
        try:
            with file.open(encoding=encoding, newline="") as text:
                between = _separator(text.readline(_LONGEST))
            frame = pd.read_csv(file, sep=between, header=None, dtype=str, keep_default_na=False,
                                skip_blank_lines=False, encoding=encoding)  # fmt: skip
            return _table(frame.itertuples(index=False, name=None), file)
        except UnicodeDecodeError:
            continue
        except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as problem:
            raise InputError(f"{file} is not a CSV table: {problem}. It needs a header row.") from None
    raise InputError(f"{file} is neither UTF-8, UTF-16 nor GB18030 text. Save it as CSV UTF-8.")


def _separator(header: str) -> str:
    """Return what stands between the columns: a comma, unless there are more semicolons or tabs."""
    return max(",;\t", key=header.count)


def _table(rows: Iterable[Sequence[str]], file: Path) -> pd.DataFrame:
    """Return the columns that are used of rows with a header; raises InputError for none or several names."""
    import pandas as pd

    lines = iter(rows)
    header = [str(cell).strip() for cell in next(filter(any, lines), ())]
    wanted = {_name_column(header, file): "name"}
    for field in _FIELDS:
        places = [at for at, cell in enumerate(header) if cell.lower() == field]
        if len(places) > 1:
            raise InputError(f"{file} has {len(places)} columns called {field}. Keep one.")
        wanted |= dict.fromkeys(places, field)
    kept, letters = [], 0
    for number, row in enumerate(lines, 1):
        cells = [row[at] if at < len(row) else "" for at in wanted]
        longest = max(map(len, cells))
        letters += sum(map(len, cells))
        if longest > _LONGEST:
            raise InputError(
                f"{file} has a cell of {longest:,} letters in row {number:,}; at most {_LONGEST:,} are read."
            )
        if letters > _MOST_LETTERS:
            raise InputError(
                f"{file} holds more than {_MOST_LETTERS:,} letters by row {number:,}. Screen it in parts."
            )
        kept.append(cells)
    return pd.DataFrame(kept, columns=list(wanted.values()), dtype=str)


def _name_column(header: Sequence[str], file: Path) -> int:
    """Return the place of the one column that holds names: one called name, or the only other of _NAMES."""
    lowered = [cell.lower() for cell in header]
    found = [at for at, cell in enumerate(lowered) if cell == "name"]
    found = found or [at for at, cell in enumerate(lowered) if cell in _NAMES]
    if len(found) != 1:
        names = ", ".join(header[at] for at in found)
        what = f"several name columns ({names})" if found else "no column that holds names"
        raise InputError(
            f"{file} has {what}. Its columns are: {', '.join(header)[:120]}. Call the one meant name."
        )
    return found[0]
