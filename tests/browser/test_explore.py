"""The explorer's page in a real Chromium: what a reader does, what goes wrong, and who is kept out."""

from __future__ import annotations

import base64
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

import chipflows as cf
from chipflows.explore.state import decode

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-for-tests-only-0123456789"  # noqa: S105 - guards nothing
PATIENCE = 120_000  # milliseconds: the machine may be slow and shared
DONE = "Answered on 16,384 draws"
PICTURES = "CHIPFLOWS_EXPLORE_PICTURES"  # names a folder: the screenshots for docs/ are written there

pytestmark = pytest.mark.slow


def arguments(process: psutil.Process) -> list[str]:
    """What a process was started with; nothing for one that has just ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


class Server:
    """`chipflows explore` on a copy of the scenarios, so that saving touches nothing of ours."""

    def __init__(self, home: Path, *options: str) -> None:
        command = [sys.executable, "-m", "chipflows", "explore", *options]
        environment = {**os.environ, "CHIPFLOWS_HOME": str(home), "CHIPFLOWS_EXPLORE_TOKEN": TOKEN}
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None
        self.said = self.process.stdout.readline()
        self.address = self.said.split()[-1]
        self.root = self.address.partition("?")[0]

    def kernels(self) -> list[psutil.Process]:
        """The kernels' processes."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if "ipykernel_launcher" in " ".join(arguments(child))]

    def stop(self, by: int = signal.SIGINT) -> list[psutil.Process]:
        """Stop it and return what it left running."""
        kernels = self.kernels()
        self.process.send_signal(by)
        self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return psutil.wait_procs(kernels, timeout=20)[1]

    def status(self, path: str = "", **headers: str) -> int:
        """The status of a plain request."""
        asked = urllib.request.Request(self.root + path, headers=headers)  # noqa: S310 - our own server
        try:
            with urllib.request.urlopen(asked, timeout=60) as reply:  # noqa: S310 - as above
                return int(reply.status)
        except urllib.error.HTTPError as refused:
            return refused.code


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("home")
    for name in ("data", "notebooks"):
        (place / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "scenarios", place / "scenarios")
    return place


@pytest.fixture(scope="module")
def server(chromium: Any, home: Path) -> Iterator[Server]:
    running = Server(home, "--port", "8970", "--sessions", "4")
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture
def visit(chromium: Any, server: Server) -> Iterator[Any]:
    """Opens pages, each as another reader, and closes them at the end."""
    contexts = []

    def open_page(address: str = "", width: int = 1366, height: int = 768) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(address or server.address)
        page.wait_for_selector("html[data-chipflows=ready]", state="attached")
        return page

    yield open_page
    for context in contexts:
        for page in context.pages:
            page.close(run_before_unload=True)
    time.sleep(2)  # a closed tab ends its session
    for context in contexts:
        context.close()


STEADY = """done => {
    const status = document.querySelector('.cf-status'), sentence = document.querySelector('.cf-sentence');
    const ready = status && status.textContent.includes(done);
    const shown = ready ? location.search + '|' + (sentence ? sentence.textContent : '') : null;
    if (shown === null || shown !== window.cfShown) {
        window.cfShown = shown; window.cfSince = Date.now(); return false;
    }
    return Date.now() - window.cfSince > 3000;
}"""


def settled(page: Any) -> None:
    """Wait until the answer is whole and has stood for three seconds: a change takes a moment to begin."""
    page.wait_for_function(STEADY, arg=DONE)


def choose(page: Any, label: str, option: str) -> None:
    page.get_by_label(label, exact=True).select_option(label=option)


def told(page: Any, column: int = 2) -> tuple[float, float, float]:
    """The exact numbers behind a cell of the total's row: ours, the other's, the change."""
    cell = page.locator(".cf-table tbody tr").first.locator(".cf-value").nth(column)
    return tuple(float(cell.get_attribute(f"data-{name}")) for name in ("p05", "p50", "p95"))


def state_of(page: Any) -> Any:
    return decode(page.url.partition("state=")[2])


def test_a_lever_moves_the_numbers_to_those_of_simulate_and_a_saved_scenario_keeps_them(
    visit: Any, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = visit()
    choose(page, "Preset", "All four asks, letter date")
    settled(page)
    before = told(page)
    page.get_by_role("button", name="Levers").click()
    field = page.get_by_label("kyc strength", exact=True)
    field.fill("1.37")
    field.press("Enter")
    page.wait_for_function("location.search.length > 8 && document.querySelector('.cf-sentence')"
                           ".textContent.startsWith('Your scenario')")  # fmt: skip
    settled(page)
    after = told(page)
    assert after != before
    assert dict(state_of(page).levers) == {"kyc_strength": 1.37}
    choose(page, "PRC regime", "open")
    page.wait_for_function("document.querySelector('.cf-changes').textContent.includes('open, in every')")
    settled(page)
    after = told(page)

    page.get_by_role("button", name="Save and share").click()
    page.get_by_label("Name", exact=True).fill("mine-kyc-stronger")
    page.get_by_role("button", name="Save as scenario").click()
    page.get_by_text("Saved as scenarios/mine-kyc-stronger.yaml").wait_for()
    name = "mine-kyc-stronger"
    assert (home / "scenarios" / f"{name}.yaml").is_file()
    run = subprocess.run(
        [sys.executable, "-m", "chipflows", "compare", name, "actual", "--draws", "16384", "--json"],
        env={**os.environ, "CHIPFLOWS_HOME": str(home)},
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    row = next(row for row in json.loads(run.stdout) if row["quarter"] == "2028Q4")
    found = [row[f"difference_{name}"] for name in ("p05", "p50", "p95")]
    assert np.allclose(found, after, rtol=1e-4)

    page.get_by_role("button", name="Save as scenario").click()
    page.get_by_text("there is a scenario called mine-kyc-stronger already").wait_for()


def test_a_link_restores_what_was_shown(visit: Any) -> None:
    page = visit()
    choose(page, "Preset", "KYC ask, from now on")
    choose(page, "Measure", "US vendors' revenue")
    choose(page, "To", "Malaysia")
    settled(page)
    page.wait_for_function("location.search.length > 40")
    shown, sentence = state_of(page), page.locator(".cf-sentence").text_content()
    page.reload()
    page.wait_for_selector("html[data-chipflows=ready]", state="attached")
    page.get_by_text(str(sentence)).wait_for()
    settled(page)
    assert state_of(page) == shown
    assert page.locator(".cf-sentence").text_content() == sentence


def test_a_hostile_link_is_refused_in_words_and_nothing_runs(visit: Any, server: Server) -> None:
    evil = base64.urlsafe_b64encode(b'{"levers":{"kyc_strength":"<img src=x onerror=alert(1)>"}}').decode()
    page = visit(f"{server.address}&state={evil}")
    page.get_by_text("This link cannot be read").wait_for()
    assert page.locator(".cf-error img").count() == 0
    choose(page, "Preset", "CXMT ask, letter date")
    page.locator(".cf-error").wait_for(
        state="detached"
    )  # the last answer says "settled" till the next begins
    settled(page)
    assert page.locator(".cf-error").count() == 0


def test_twenty_quick_changes_leave_one_right_answer(visit: Any) -> None:
    page = visit()
    choose(page, "Preset", "KYC ask, letter date")
    page.get_by_role("button", name="Levers").click()
    field = page.get_by_label("kyc strength", exact=True)
    for step in range(20):
        field.fill(f"{0.5 + step / 20:.2f}")
        field.press("Enter")
    page.wait_for_function("document.querySelector('.cf-changes').textContent.includes('1.45')")
    settled(page)
    explorer = cf.explore.Explorer()
    state = state_of(page)
    run = explorer.run(state, explorer.refined)
    change = cf.flows.difference(run, "explored", "actual", "stock", "2028Q4")
    assert dict(state.levers) == {"kyc_strength": 1.45}
    assert told(page)[1] == pytest.approx(float(np.quantile(change, 0.5)), rel=1e-6)


def test_a_figure_is_exported_and_a_sentence_copied(visit: Any) -> None:
    page = visit()
    settled(page)
    page.get_by_role("button", name="Copy sentence").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(page.locator(".cf-sentence").text_content()) and "16,384 draws" in copied

    page.get_by_role("button", name="Save and share").click()
    page.get_by_role("button", name="Export figure").click()
    with page.expect_download() as got:
        page.get_by_text("Download the figure").click()
    packed = zipfile.ZipFile(io.BytesIO(Path(got.value.path()).read_bytes()))
    names = {Path(name).name for name in packed.namelist()}
    assert names == {"figure.yaml", "data.csv", "figure.png", "figure.svg", "figure.pdf"}


def test_everything_can_be_done_from_the_keyboard(visit: Any) -> None:
    page = visit()
    settled(page)
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(document.activeElement.labels?.[0] || document.activeElement)"
                ".textContent.trim().slice(0, 40)"
            )
        )
        if reached[-1] == "Preset":
            page.keyboard.type("KYC ask, letter")
        if reached[-1].startswith("Levers"):
            page.keyboard.press("Space")
            break
    assert "Preset" in reached and "From" in reached and reached[-1].startswith("Levers")
    page.get_by_label("kyc coverage", exact=True).wait_for(state="visible")
    page.wait_for_function("document.querySelector('.cf-sentence').textContent.startsWith('KYC ask')")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_two_readers_do_not_see_each_other(visit: Any) -> None:
    one, other = visit(), visit()
    choose(one, "Preset", "CXMT ask, letter date")
    settled(one)
    settled(other)
    assert state_of(one).asks == ("cxmt",)
    assert state_of(other).asks == ("h20",)
    assert told(one) != told(other)


def test_nothing_is_loaded_from_elsewhere_and_no_source_is_shown(visit: Any, server: Server) -> None:
    page = visit()
    settled(page)
    outside = [url for url in page.asked if not url.startswith((server.root, "data:", "blob:"))]
    assert outside == []
    text = page.content()
    assert "explore.panel(" not in text and "import explore" not in text
    assert TOKEN not in page.url


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080)])
def test_it_has_no_serious_fault_of_accessibility_and_fits_the_screen(
    visit: Any, size: tuple[int, int]
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = visit("", *size)
    settled(page)
    _picture(page, f"explore-{size[0]}")
    page.get_by_role("button", name="Levers").click()
    page.get_by_role("button", name="Save and share").click()
    faults = [
        f"{fault['id']}: {node['html'][:200]}"
        for fault in axe.run(page).response["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for words, says in (("By channel and year", "Compute acquired"), ("What drives it", "one input alone")):
        page.get_by_role("button", name=words).click()
        page.locator(".cf-figure figcaption", has_text=says).wait_for()
        settled(page)
        assert page.locator(".cf-figure img").get_attribute("alt")
        _picture(page, f"explore-{words.split()[-1]}-{size[0]}")


def _picture(page: Any, name: str) -> None:
    """Write a screenshot, small, when a folder for them is named."""
    from PIL import Image

    if folder := os.environ.get(PICTURES):
        drawn = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        drawn.quantize(48, dither=Image.Dither.NONE).save(Path(folder) / f"{name}.png", optimize=True)


def test_who_has_no_token_or_another_host_name_is_kept_out(server: Server) -> None:
    token = f"?token={TOKEN}"
    assert server.status(token, Host="evil.example") == 403
    assert server.status(token, Host="127.0.0.1.evil.example:8970") == 403
    assert server.status("?token=guessed") in (200, 403)  # the log-in form, or a refusal
    assert server.status("api/kernels/00000000-0000-0000-0000-000000000000") == 403
    assert server.status("chipflows/alive/00000000-0000-0000-0000-000000000000") == 403
    assert server.status("voila/files/notebooks/90-explore.ipynb" + token) in (403, 404)
    assert len(server.kernels()) <= 5
    listening = psutil.Process(server.process.pid).net_connections("inet")
    assert {c.laddr.ip for c in listening if c.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


def test_a_session_whose_process_is_killed_says_so(visit: Any, server: Server) -> None:
    page = visit()
    settled(page)
    kernel = json.loads(page.locator("#jupyter-config-data").text_content())["kernelId"]
    mine = next(child for child in server.kernels() if kernel in " ".join(arguments(child)))
    mine.kill()
    page.get_by_text("This session has ended").wait_for()
    time.sleep(4)  # longer than a manager that restarts kernels looks away
    assert not [child for child in server.kernels() if kernel in " ".join(arguments(child))]
    page.get_by_role("link", name="Load it again").click()
    page.wait_for_selector("html[data-chipflows=ready]", state="attached")


def test_a_page_whose_server_is_killed_says_so_and_its_link_restores_it_under_the_next(
    chromium: Any, home: Path
) -> None:
    first = Server(home, "--port", "8991", "--preheated", "0")
    page = chromium.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(first.address)
    page.wait_for_selector("html[data-chipflows=ready]", state="attached")
    choose(page, "Preset", "KYC ask, from now on")
    choose(page, "Measure", "Number of chips")
    settled(page)
    shown, sentence = state_of(page), page.locator(".cf-sentence").text_content()
    assert first.stop(signal.SIGKILL) == []
    page.get_by_text("The server has stopped").wait_for()

    second = Server(home, "--port", first.root.split(":")[-1].rstrip("/"), "--preheated", "0")
    try:
        assert second.root == first.root
        page.get_by_role("link", name="Load it again").click()
        page.get_by_text(str(sentence)).wait_for()
        settled(page)
        assert state_of(page) == shown
        page.close()
    finally:
        second.stop()


def test_sessions_are_limited_in_words(visit: Any, chromium: Any, server: Server) -> None:
    for _ in range(4):
        visit()
    page = chromium.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(server.address)
    page.get_by_text("All sessions are taken").wait_for()
    assert page.locator(".cf-panel").count() == 0
    page.close()


def test_an_idle_session_ends_and_a_server_that_stops_says_so_and_leaves_nothing(
    chromium: Any, home: Path
) -> None:
    other = Server(home, "--port", "8990", "--idle", "6", "--preheated", "0")
    try:
        page = chromium.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(other.address)
        page.wait_for_selector("html[data-chipflows=ready]", state="attached")
        page.get_by_text("This session has ended").wait_for()
        assert other.kernels() == []
        page.goto(other.address)
        page.wait_for_selector("html[data-chipflows=ready]", state="attached")
        assert other.said.count("http://127.0.0.1:") == 1
        assert other.stop() == []
        page.get_by_text("The server has stopped").wait_for()
        page.close()
    finally:
        if other.process.poll() is None:
            other.stop(signal.SIGKILL)
