"""The panel: the widgets of `Controls` on the left, on the right what follows, quickly and then finely.

Answers are made beside the kernel's loop, so that a change made meanwhile is heard: only the latest is
answered, and refining stops as soon as something is changed again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import ipywidgets as widgets

from chipflows.errors import ChipflowsError, InputError
from chipflows.explore import markup
from chipflows.explore.answer import Answer, law_in_force
from chipflows.explore.controls import Controls
from chipflows.explore.export import export_folder, zipped
from chipflows.explore.figures import FIGURES, figure_of
from chipflows.explore.model import QUICK, REFINED, Explorer, StoppedError
from chipflows.explore.scenario import changes, command, save, yaml_text
from chipflows.explore.state import State, decode, encode, preset
from chipflows.reports.cells import FIGURES_VARIABLE

__all__ = ["Panel", "panel"]

_STYLE = Path(__file__).with_name("style.css")
_START = "letter-h20"
_LINK = "state"


@dataclass(frozen=True)
class _Shown:
    """What one answer puts on the page."""

    state: State
    answer: Answer
    sentence: str
    table: str
    figure: str


def panel(
    start: str = _START, link: str = "", *, draws: int = QUICK, refined: int = REFINED, seed: int = 1
) -> Panel:
    """Return the explorer's panel, from the preset *start* or a *link* copied from it.

    A page's own address comes first. It answers on *draws* draws, then on *refined*. Raises InputError for
    an unknown preset; a link that cannot be read is told on the panel, which then starts from the preset.
    """
    return Panel(Explorer(draws, refined, seed), preset(start), link or _asked_for())


def _asked_for() -> str:
    """Return the link in the address a page was asked for, "" in a notebook."""
    return (parse_qs(os.environ.get("QUERY_STRING", "")).get(_LINK) or [""])[0]


def _is_page() -> bool:
    return os.environ.get("VOILA_BASE_URL") is not None


class Panel:
    """The widgets and what they show. `box` is the widget; displaying the panel displays it."""

    def __init__(self, explorer: Explorer, state: State, link: str = "") -> None:
        self.explorer = explorer
        problem = ""
        try:
            state = decode(link) if link else state
        except InputError as refused:
            problem = str(refused)
        self._shown = self._made(state, explorer.draws, "over_time")
        self._turn, self._wanted = 0, state
        self._task: asyncio.Task[None] | None = None
        self.controls = Controls(state, self._on_change, self._on_preset)
        self._build(link)
        self._put(self._shown)
        self._put_beside(state, self._law(state))
        self._problem(problem)
        if not os.environ.get(FIGURES_VARIABLE):
            self._refine(state)

    @property
    def state(self) -> State:
        """Return the state last answered."""
        return self._shown.state

    @property
    def answer(self) -> Answer:
        """Return the answer on show."""
        return self._shown.answer

    # -- building ------------------------------------------------------------------------------------------

    def _build(self, link: str) -> None:
        self.error, self.status = widgets.HTML(), widgets.HTML()
        self.sentence, self.table, self.figure = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.law, self.assumed, self.saved = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.permalink = widgets.HTML()
        self.link_in = widgets.Text(value=link, description="Link to open")
        self.link_in.add_class("cf-link-in")
        self.which = widgets.ToggleButtons(options=[(words, name) for name, words in FIGURES.items()])
        self.name = widgets.Text(description="Name", placeholder="my-h20-variant")
        save_button = self._button("Save as scenario", self._on_save)
        export_button = self._button("Export figure", self._on_export)
        self.link_in.observe(lambda event: self._on_link(event["new"]), "value")
        self.which.observe(lambda _: self._in_words(lambda: self._ask(self.state)), "value")
        left = _classed(
            widgets.VBox(
                [
                    self.controls.basics(),
                    *_on_request("Levers", self.controls.more()),
                    *_on_request(
                        "Save and share",
                        widgets.VBox([self.name, save_button, export_button, self.saved, self.permalink]),
                    ),
                ]
            ),
            "cf-left",
        )
        answer = _classed(widgets.Box([widgets.VBox([self.which, self.figure]), self.table]), "cf-answer")
        law = widgets.VBox(
            [
                widgets.HTML("<h2>The law in force: what would have been needed</h2>"),
                self.controls.case(),
                self.law,
            ]
        )
        assumed = widgets.VBox(
            [widgets.HTML("<h2>What is assumed</h2>"), _classed(self.assumed, "cf-changes")]
        )
        right = widgets.VBox(
            [self.error, self.sentence, _classed(self.status, "cf-status"), answer,
             _classed(law, "cf-section"), _classed(assumed, "cf-section")]
        )  # fmt: skip
        columns = _classed(widgets.Box([left, right]), "cf-columns")
        style = widgets.HTML(f"<style>{_STYLE.read_text(encoding='utf-8')}</style>")
        hidden = _classed(widgets.VBox([self.link_in]), "cf-hidden")
        self.box = _classed(widgets.VBox([style, columns, hidden]), "cf-panel")

    def _button(self, words: str, act: Callable[[], None]) -> widgets.Button:
        button = widgets.Button(description=words)
        button.on_click(lambda _: self._in_words(act))
        return button

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        """Return the widget; while a report is made, the answer as a table and its claim instead."""
        if not os.environ.get(FIGURES_VARIABLE):
            return self.box._repr_mimebundle_(include=include, exclude=exclude)
        claims = [dict(claim) for claim in self.answer.sentence.claims]
        text = self.answer.sentence.text
        table = markup.headline_table(self.answer)
        return {"text/html": f"<p>{text}</p>{table}", "text/plain": text}, {"chipflows": {"claims": claims}}

    # -- what a reader does --------------------------------------------------------------------------------

    def _in_words(self, act: Callable[[], None]) -> None:
        """Do *act*; an error a reader can cause is told on the panel, anything else as a fault of ours."""
        try:
            act()
            self._problem("")
        except ChipflowsError as problem:
            self._problem(str(problem))
        except OSError as problem:
            self._problem(f"{problem.strerror or problem}. Check the folder's permissions and free space.")

    def _on_change(self) -> None:
        self._in_words(lambda: self._ask(self.controls.state()))

    def _on_preset(self, name: str) -> None:
        if name:
            kept = {field: getattr(self.state, field) for field in ("metric", "quarter", "chip", "to", "on")}
            self._in_words(lambda: self._start(preset(name).changed(**kept)))

    def _on_link(self, link: str) -> None:
        if link and link != encode(self.state):
            self._in_words(lambda: self._start(decode(link)))

    def _start(self, state: State) -> None:
        self.controls.show(state)
        self._ask(state)

    def _on_save(self) -> None:
        name, state = self.name.value.strip(), self.state
        text = yaml_text(state, name)
        target = save(state, name)
        again = command(state, name, self.explorer.refined, self.explorer.seed)
        link = markup.download(f"{name}.yaml", text.encode(), "text/yaml", f"Download {name}.yaml")
        self.saved.value = (
            f"<p>Saved as scenarios/{target.name}. The same numbers: <code>{escape(again)}</code></p>{link}"
        )

    def _on_export(self) -> None:
        figure = self._figure(self.answer, str(self.which.value))
        folder = export_folder(figure)
        link = markup.download(f"{figure.id}.zip", zipped(figure), "application/zip", "Download the figure")
        self.saved.value = f"<p>Written to runs/explore/{folder.name}: picture, data and words.</p>{link}"

    # -- answering -----------------------------------------------------------------------------------------

    def _ask(self, state: State) -> None:
        """Answer *state*, now if nothing runs, else as soon as what runs has noticed."""
        self.controls.follow(state)
        self._turn += 1
        self._wanted = state
        self.status.value = "<p>Working …</p>"
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no loop: a script or a test
            self._put(self._made(state, self.explorer.draws, str(self.which.value)))
            self._put_beside(state, self._law(state))
            return
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._work())

    def _refine(self, state: State) -> None:
        """Refine the first answer too, where there is a loop to do it beside."""
        with suppress(RuntimeError):
            loop = asyncio.get_running_loop()
            self._wanted = state
            self._task = loop.create_task(self._work())

    async def _work(self) -> None:
        """Answer the latest state until none is newer, quickly; then refine it unless it is changed."""
        answered = -1
        while answered != self._turn:
            answered = self._turn
            found = await self._beside(self._wanted, self.explorer.draws, answered)
            if found is None or answered != self._turn:
                continue
            self._put(found, refining=True)
            self._put_beside(found.state, await asyncio.to_thread(self._law, found.state))
            finer = await self._beside(self._wanted, self.explorer.refined, answered)
            if finer is not None and answered == self._turn:
                self._put(finer)

    async def _beside(self, state: State, draws: int, turn: int) -> _Shown | None:
        """Return the answer, made in a thread; None when it is not wanted any more or cannot be made."""
        which = str(self.which.value)
        try:
            return await asyncio.to_thread(self._made, state, draws, which, lambda: self._turn != turn)
        except StoppedError:
            return None
        except ChipflowsError as problem:
            text = str(problem)
        except Exception as fault:  # noqa: BLE001 - whatever it is, the reader must not wait for ever
            text = f"A fault of ours ({type(fault).__name__}: {fault}). Change something else, or reload."
        if turn == self._turn:
            self._problem(text)
            self.status.value = "<p>The last answer is still shown.</p>"
        return None

    def _made(self, state: State, draws: int, which: str, stop: Callable[[], bool] = lambda: False) -> _Shown:
        answer = Answer(state, self.explorer.run(state, draws, stop))
        figure = markup.figure_html(self._figure(answer, which))
        return _Shown(state, answer, markup.sentence_html(answer), markup.headline_table(answer), figure)

    def _figure(self, answer: Answer, which: str) -> Any:
        return figure_of(which, answer, lambda: self.explorer.drivers(answer.state))

    def _put(self, found: _Shown, *, refining: bool = False) -> None:
        """Show an answer, whole."""
        self._shown = found
        self.sentence.value, self.table.value, self.figure.value = found.sentence, found.table, found.figure
        self.status.value = f"<p>{_progress(found.answer.run.size, self.explorer.refined, refining)}</p>"

    def _law(self, state: State) -> str:
        """Return the law of the state's case, or why it cannot be told."""
        try:
            return markup.law_html(law_in_force(state))
        except ChipflowsError as problem:
            return markup.error_box(str(problem))

    def _put_beside(self, state: State, law: str) -> None:
        """Show what depends on the state alone: the law, the assumptions, the link."""
        self.law.value = law
        self.assumed.value = markup.changes_table(changes(state))
        link = encode(state)
        if _is_page():
            words = f'<a class="cf-permalink" href="?{_LINK}={link}">Link to what is shown</a>'
        else:
            words = f'To come back here: <code>cf.explore.panel(link="{link}")</code>'
        self.permalink.value = f"<p>{words}</p>"

    def _problem(self, text: str) -> None:
        self.error.value = markup.error_box(text)


def _progress(size: int, refined: int, refining: bool) -> str:
    """Return what is being done, in words that a test and a screen reader wait for."""
    return f"A first answer; refining to {refined:,} draws …" if refining else f"Answered on {size:,} draws."


def _classed(widget: Any, *names: str) -> Any:
    for name in names:
        widget.add_class(name)
    return widget


def _on_request(words: str, inside: Any) -> tuple[Any, Any]:
    """Return a button and what it opens, shut at first."""
    button = widgets.ToggleButton(description=f"{words} …", layout=widgets.Layout(margin="10px 0 4px"))
    inside.layout.display = "none"

    def turn(event: dict[str, Any]) -> None:
        inside.layout.display = "flex" if event["new"] else "none"

    button.observe(turn, "value")
    return button, inside
