"""Office files as packages: templates opened as documents, and the same bytes for the same content."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

from chipflows.errors import InputError

__all__ = ["as_document", "stable"]

_EPOCH = (1980, 1, 1, 0, 0, 0)
_TEMPLATE_TYPES = {
    b"wordprocessingml.template.main+xml": b"wordprocessingml.document.main+xml",
    b"presentationml.template.main+xml": b"presentationml.presentation.main+xml",
}
_CLOCK = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")
_MOST_BYTES = 60_000_000


def as_document(template: Path, suffixes: tuple[str, str]) -> BytesIO:
    """Return a *template* (a .dotx or .potx, or a document that serves as one) as a document to fill.

    suffixes: what is allowed, the document's first. Raises InputError for another kind of file, one that is
    not whole, one with macros, or one far larger than a template is.
    """
    if template.suffix.lower() not in suffixes:
        raise InputError(f"{template} is not a template. Allowed: a {' or '.join(suffixes)} file.")
    if not template.is_file():
        raise InputError(f"no such file: {template}. Name a {' or '.join(suffixes)} file.")
    try:
        with zipfile.ZipFile(template) as package:
            if sum(item.file_size for item in package.infolist()) > _MOST_BYTES:
                raise InputError(f"{template} unpacks to more than 60 MB. Use a template without pictures.")
            files = {item.filename: package.read(item) for item in package.infolist()}
    except (BadZipFile, OSError, EOFError) as problem:
        raise InputError(f"{template} cannot be read: {problem}. Save it again as {suffixes[1]}.") from None
    if any(name.endswith("vbaProject.bin") for name in files):
        raise InputError(f"{template} holds macros. Save it without them, as {suffixes[1]}.")
    types = files.get("[Content_Types].xml", b"")
    for template_type, document_type in _TEMPLATE_TYPES.items():
        types = types.replace(template_type, document_type)
    if not any(document_type in types for document_type in _TEMPLATE_TYPES.values()):
        raise InputError(f"{template} holds no presentation or document. Save it again as {suffixes[1]}.")
    return BytesIO(_packed(files | {"[Content_Types].xml": types}))


def stable(package: bytes, day: datetime) -> bytes:
    """Return an office file with *day* for every clock time in it: the same content is the same bytes."""
    with zipfile.ZipFile(BytesIO(package)) as held:
        files = {item.filename: held.read(item) for item in held.infolist()}
    stamp = day.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    for name, content in files.items():
        if name.endswith(".xlsx"):
            files[name] = stable(content, day)
        elif name == "docProps/core.xml":
            files[name] = _CLOCK.sub(rb"\g<1>" + stamp + rb"\g<3>", content)
    return _packed(files)


def _packed(files: dict[str, bytes]) -> bytes:
    """Return a zip of *files*, in their order, without a clock time."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            item = zipfile.ZipInfo(name, _EPOCH)
            item.compress_type = zipfile.ZIP_DEFLATED
            item.external_attr = 0o600 << 16
            package.writestr(item, content)
    return out.getvalue()
