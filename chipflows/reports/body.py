"""One run notebook as a piece of HTML without code, and what it declares: title, figures, claims, sources."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from lxml import html as lxml_html

from chipflows.errors import NotebookError
from chipflows.reports.sanitise import sanitise
from chipflows.reports.tables import mend_table

__all__ = ["Body", "body_of", "claims_of", "declared", "parameters_of", "shifted", "title_of"]

_TEMPLATES = Path(__file__).parent / "templates"
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Body:
    """A rendered notebook: html has no code, script, style or address to load."""

    name: str
    title: str
    html: str
    headings: tuple[tuple[str, str], ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    claims: tuple[Mapping[str, Any], ...] = ()
    figures: tuple[Mapping[str, Any], ...] = ()
    sources: tuple[str, ...] = ()


def body_of(name: str, notebook: Any) -> Body:
    """Return the Body of a run *notebook* (an nbformat node), its ids prefixed with *name*.

    Raises NotebookError when it would load something from outside, or shows a picture without alt text.
    """
    raw, _ = _exporter().from_notebook_node(notebook)
    root = lxml_html.fragment_fromstring(raw, create_parent="div")
    _refuse_outside(root, name)
    sanitise(root)
    headings = tuple(_prefix_ids(root, name))
    _mend_tables(root, name)
    outputs, claims = list(declared(notebook)), tuple(claims_of(notebook))
    figures = [item for item in outputs if "figure" in item]
    return Body(
        name=name,
        title=title_of(notebook) or name,
        html=lxml_html.tostring(root, encoding="unicode"),
        headings=headings,
        parameters=parameters_of(notebook),
        claims=claims,
        figures=tuple({key: item[key] for key in ("figure", "title")} for item in figures),
        sources=tuple(_source_ids(outputs, claims)),
    )


@lru_cache(maxsize=1)
def _exporter() -> Any:
    """Return nbconvert's exporter with our template and no network address."""
    from nbconvert import HTMLExporter

    return HTMLExporter(
        template_name="report",
        extra_template_basedirs=[str(_TEMPLATES)],
        exclude_input=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        mathjax_url="",
        require_js_url="",
    )


def declared(notebook: Any) -> Iterator[Mapping[str, Any]]:
    """Yield what our displays wrote into the outputs' metadata: figures, claims, sources."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if ours := output.get("metadata", {}).get("chipflows"):
                yield ours


def claims_of(notebook: Any) -> Iterator[dict[str, Any]]:
    """Yield the claims of a run notebook, each with its code cell and the sources it rests on.

    A number that names no source was worked out in the notebook: it rests on what the notebook's table of
    sources lists.
    """
    named = [source for item in declared(notebook) if "claims" not in item for source in item["sources"]]
    listed = [item["sources"] for item in declared(notebook) if set(item) == {"sources"}]
    rests = ";".join(
        dict.fromkeys(source for sources in listed for source in sources) or dict.fromkeys(named)
    )
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            for claim in output.get("metadata", {}).get("chipflows", {}).get("claims", ()):
                sources = claim.get("source_ids") or rests
                yield {**claim, "cell": cell.get("id", ""), "source_ids": sources}


def title_of(notebook: Any) -> str:
    """Return the notebook's first heading, "" if it has none."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := _HEADING.search(cell.source)):
            return found.group(2)
    return ""


def parameters_of(notebook: Any) -> dict[str, Any]:
    """Return the values the run used: the defaults of the `parameters` cell, then what was injected."""
    values: dict[str, Any] = {}
    for wanted in ("parameters", "injected-parameters"):
        for cell in notebook.cells:
            if cell.cell_type == "code" and wanted in cell.metadata.get("tags", ()):
                values |= dict(_assignments(cell.source))
    return values


def _assignments(source: str) -> Iterator[tuple[str, Any]]:
    """Yield (name, value) for each plain assignment of a literal."""
    for line in ast.parse(source).body:
        target = line.targets[0] if isinstance(line, ast.Assign) else getattr(line, "target", None)
        literal = getattr(line, "value", None)
        if isinstance(target, ast.Name) and literal is not None:
            yield target.id, ast.literal_eval(literal)


def shifted(body: Body) -> str:
    """Return the body's HTML with every heading one level down, for a page that has its own title."""
    return re.sub(r"(</?h)([1-5])(?=[\s>])", lambda found: f"{found[1]}{int(found[2]) + 1}", body.html)


def _prefix_ids(root: Any, name: str) -> Iterator[tuple[str, str]]:
    """Make ids unique across notebooks, give headings one; yield (id, text) of the headings of level two."""
    taken: set[str] = set()
    for element in root.iter():
        if element.tag in ("h2", "h3"):
            element.set("id", _slug(element.text_content(), taken))
        if element.get("id"):
            element.set("id", f"{name}--{element.get('id')}")
        if element.tag == "a" and str(element.get("href", "")).startswith("#"):
            element.set("href", f"#{name}--{element.get('href')[1:]}")
        if element.tag == "h2":
            yield element.get("id"), element.text_content().strip()


def _slug(text: str, taken: set[str]) -> str:
    """Return an id made from a heading's words, numbered when two headings have the same words."""
    base = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "section"
    slug = next(
        slug for number in range(1, 1000) if (slug := f"{base}-{number}" if number > 1 else base) not in taken
    )
    taken.add(slug)
    return slug


def _mend_tables(root: Any, name: str) -> None:
    """Mend each table (see `tables`) and let it scroll by keyboard, under a name of its own."""
    for place, table in enumerate(list(root.iter("table")), start=1):
        mend_table(table)
        parent, position = table.getparent(), table.getparent().index(table)
        box = lxml_html.Element("div")
        box.attrib.update({"class": "scroll", "tabindex": "0", "role": "region"})
        box.set("aria-label", f"table {place} of {name}")
        box.tail, table.tail = table.tail, None
        parent.insert(position, box)
        box.append(table)


def _refuse_outside(root: Any, name: str) -> None:
    """Raise NotebookError for what a browser would fetch, and for a picture that says nothing."""
    for element in root.iter("img", "iframe", "object", "embed", "video", "audio", "source"):
        address = str(element.get("src") or element.get("srcset") or element.get("data") or "")
        if not address.startswith("data:image/"):
            raise NotebookError(
                f"notebook {name}: its output loads <{element.tag}> {address[:80]!r} from outside. "
                "A report holds everything itself: show a figure with chipflows.reports.show."
            )
        if element.tag == "img" and not str(element.get("alt", "")).strip():
            raise NotebookError(
                f"notebook {name}: a picture has no alt text. Show it with chipflows.reports.show(figure)."
            )


def _source_ids(outputs: list[Mapping[str, Any]], claims: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the ids of all sources named in order: those of figures and tables, then those of claims."""
    found = [source for item in outputs for source in item.get("sources", ())]
    for claim in claims:
        found += filter(None, str(claim["source_ids"]).split(";"))
    return list(dict.fromkeys(found))
