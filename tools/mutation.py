"""Change one thing in the code, run the tests that reach it, and see whether any of them notices.

    sh tools/mutation.sh chipflows/law                       every mutant of the law
    sh tools/mutation.sh chipflows/flows --sample 400        as many, at random, of the flow model

The changes are those of mutmut 3 (its operators, used as a library). Its runner is not used: it leaves out
decorated functions and module-level values, and forks from a process in which the original code has run, so
that what was cached survives with it. Here every mutant is imported anew by a forked process that has only
the layers below it, and meets the tests that reached its line, worked cases and quick ones first, until one
fails. No file of the project is written; the answers go to ``--out``, and a second run goes on from them.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.util
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE))
TESTS = {
    "chipflows/law": ["tests/unit/test_law_*.py", "tests/unit/test_rules_*.py"],
    "chipflows/flows": [
        "tests/unit/test_flows_*.py",
        "tests/unit/test_units.py",
        "tests/unit/test_assumptions*.py",
    ],
    "chipflows/lists/screening": ["tests/unit/test_lists_screening*.py"],
}
BELOW = {
    "chipflows/law": ["chipflows.tables", "chipflows.tables.rules", "chipflows.tables.scenarios"],
    "chipflows/flows": ["chipflows.law", "chipflows.tables.assumptions"],
    "chipflows/lists/screening": ["chipflows.lists.shipped", "chipflows.lists.ownership"],
}
HEAVY = ["numpy", "pandas", "scipy.stats", "scipy.special", "pydantic", "yaml", "pytest", "hypothesis"]
HEAVY += ["_hypothesis_pytestplugin", "hypothesis.extra.pytestplugin", "lxml.etree", "click"]
PLAIN = {"string", "arg_removal", "assignment", "dict_arguments"}  # every call, text and assignment has some
KINDS = "logic: operators, numbers, conditions, keywords; plain: texts, arguments, assignments to None"
MOST_SECONDS, MOST_TESTS = 120, 150
BY_HAND = ("_edges.py", "_by_hand.py", "_formulas.py")  # written for single lines: they come first


@dataclass(frozen=True)
class Mutant:
    """One change: where, the operator that made it, the line before and after."""

    file: str
    line: int
    operator: str
    before: str
    after: str


def main() -> int:
    """Run the mutants of one package; returns 0 when every one was judged."""
    options = _options()
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    os.chdir(HERE)
    reached = _reached(options.package, out, fresh=options.fresh, budget=options.budget)
    mutants = [
        change
        for path in sorted(Path(options.package).glob("*.py"))
        if options.only in path.name
        for change in changes_of(path)
        if options.kind == "all" or (change.operator in PLAIN) == (options.kind == "plain")
    ]
    chosen = mutants
    if options.sample:  # a longer sample of the same seed holds the shorter
        random.Random(options.seed).shuffle(mutants)  # noqa: S311 - a sample
        chosen = mutants[: options.sample]
    print(f"{len(mutants)} mutants, {len(chosen)} to judge", flush=True)
    _prepare(options.package)
    for file in sorted({str(change.path) for change in chosen}):  # a broken measure would kill everything
        plain, few = Path(file).read_text("utf-8"), _whole(reached, file)[:20]
        state = _try(Mutant(file, 0, "none", "", ""), plain, few)
        assert state in ("survived", "not reached"), f"unchanged, {file} is {state}: nothing can be judged"
    answers = _judge(chosen, reached, out / f"{Path(options.package).name}.jsonl", again=options.again)
    _report(answers)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("package", choices=sorted(TESTS))
    parser.add_argument("--only", default="", help="only modules whose file name holds this")
    parser.add_argument("--kind", choices=["all", "logic", "plain"], default="all", help=KINDS)
    parser.add_argument("--sample", type=int, default=0, help="judge so many, drawn at random (0: all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="judge anew what was not killed before")
    parser.add_argument("--budget", type=float, default=0, help="leave out slow tests past so many seconds")
    parser.add_argument("--fresh", action="store_true", help="measure anew which test reaches which line")
    parser.add_argument("--out", default="runs/mutation", help="where the answers are kept")
    return parser.parse_args()


@dataclass(frozen=True)
class Change:
    """One change not yet made: the file's parsed source, the node, what takes its place, the operator."""

    path: Path
    module: Any
    node: Any
    changed: Any
    operator: str

    def made(self) -> tuple[Mutant, str]:
        """Return the mutant and the whole changed source."""
        code = self.module.deep_replace(self.node, self.changed).code
        pairs = zip(self.module.code.splitlines(), code.splitlines(), strict=False)
        at, before, after = next((i, one, two) for i, (one, two) in enumerate(pairs, 1) if one != two)
        return Mutant(str(self.path), at, self.operator, before.strip(), after.strip()), code


def changes_of(path: Path) -> Iterator[Change]:
    """Yield every change of one file.

    Annotations, docstrings, decorators, imports, ``__all__`` and the words of errors are left alone; of a
    string's changes one is taken.
    """
    import libcst as cst
    from mutmut.mutation.mutators import mutation_operators, operator_string

    module = cst.parse_module(path.read_text("utf-8"))
    found: list[Change] = []

    class Visitor(cst.CSTVisitor):
        def on_visit(self, node: cst.CSTNode) -> bool:
            if isinstance(node, cst.Annotation | cst.Decorator | cst.Raise | cst.Import | cst.ImportFrom):
                return False
            if isinstance(node, cst.Expr) and isinstance(node.value, cst.SimpleString):
                return False
            if isinstance(node, cst.Assign) and getattr(node.targets[0].target, "value", "") == "__all__":
                return False
            for kind, operator in mutation_operators:
                if isinstance(node, kind):
                    made = list(operator(node))
                    kept = made[:1] if operator is operator_string else made
                    name = operator.__name__.removeprefix("operator_")
                    found.extend(Change(path, module, node, one, name) for one in kept)
            return True

    module.visit(Visitor())
    yield from found


def _reached(package: str, out: Path, *, fresh: bool, budget: float) -> dict[str, dict[int, list[str]]]:
    """Return, by file and line, the tests that reach it, quickest first; measured once and kept.

    A *budget* leaves out the slowest, past so many seconds in all: for a first look only.
    """
    kept = out / f"{Path(package).name}-reached.json"
    if fresh or not kept.exists():
        _measure(package, out, kept)
    read = json.loads(kept.read_text())
    seconds = json.loads((out / f"{Path(package).name}.seconds").read_text())
    return {
        file: {int(line): _within(tests, seconds, budget) for line, tests in lines.items()}
        for file, lines in read.items()
    }


def _within(tests: list[str], seconds: dict[str, float], budget: float) -> list[str]:
    """Return tests in order: worked cases first, those of a file together, so that few files are read."""
    spent, kept = 0.0, []
    for name in sorted(tests, key=lambda name: not any(word in name for word in BY_HAND)):
        spent += seconds.get(name, 0.0)
        if budget and kept and spent > budget:
            break
        kept.append(name)
    first = {file: place for place, file in reversed(list(enumerate(name.split("::")[0] for name in kept)))}
    return sorted(kept, key=lambda name: first[name.split("::")[0]])


def _measure(package: str, out: Path, kept: Path) -> None:
    data = out / f"{Path(package).name}.coverage"
    files = sorted(str(path) for pattern in TESTS[package] for path in Path().glob(pattern))
    run = [sys.executable, __file__, "--measure", str(data), package, *files]
    subprocess.run(run, check=True)
    from coverage import CoverageData

    measured = CoverageData(str(data))
    measured.read()
    seconds = json.loads(data.with_suffix(".seconds").read_text())
    sharing = json.loads(data.with_suffix(".sharing").read_text())
    found: dict[str, dict[int, list[str]]] = {}
    for file in measured.measured_files():
        name = str(Path(file).relative_to(HERE))
        by_line = measured.contexts_by_lineno(file)
        found[name] = {
            line: sorted(_with_sharing(tests, sharing), key=lambda one: seconds.get(one, 0.0))
            for line, tests in by_line.items()
        }
    kept.write_text(json.dumps(found))


def _with_sharing(tests: list[str], sharing: dict[str, list[str]]) -> set[str]:
    """Add to the tests that reached a line those that look at what the first of them set up for all."""
    shared = {fixture for test in tests for fixture in sharing.get(test, ())}
    others = {test for test, fixtures in sharing.items() if shared.intersection(fixtures)}
    return {test for test in tests if test} | others


def measure(data: str, package: str, files: list[str]) -> int:
    """Run the tests under coverage, the test's id as context; keeps how long each took, set-up included."""
    import coverage
    import pytest

    watch = coverage.Coverage(data_file=data, branch=False, source=[package], config_file=False)
    seconds: Counter[str] = Counter()
    sharing: dict[str, list[str]] = {}  # of each test, the fixtures that are set up once for several

    class Plugin:
        def pytest_runtest_setup(self, item: Any) -> None:
            held = item._fixtureinfo.name2fixturedefs
            sharing[item.nodeid] = [
                f"{found[-1].baseid}::{name}"
                for name, found in held.items()
                if found[-1].scope != "function" and found[-1].baseid
            ]

        def pytest_runtest_logstart(self, nodeid: str) -> None:
            watch.switch_context(nodeid)

        def pytest_runtest_logreport(self, report: Any) -> None:
            seconds[report.nodeid] += report.duration

    watch.start()
    code = pytest.main(["-q", "-p", "no:cacheprovider", "--hypothesis-seed=0", *files], plugins=[Plugin()])
    watch.stop()
    watch.save()
    Path(data).with_suffix(".seconds").write_text(json.dumps(seconds))
    Path(data).with_suffix(".sharing").write_text(json.dumps(sharing))
    return int(code)


def _prepare(package: str) -> None:
    """Import what lies below the package, and read its tables once: forks inherit both."""
    for name in [*HEAVY, *BELOW[package]]:
        importlib.import_module(name)
    from chipflows import tables
    from chipflows.tables.rules import load_rules
    from chipflows.tables.scenarios import reforms, scenarios

    for read in (load_rules, reforms, scenarios, tables.chips, tables.country_groups, tables.corrections):
        read()
    above = package.replace("/", ".")
    loaded = [name for name in sys.modules if name == above or name.startswith(above + ".")]
    assert not loaded, f"{loaded} are loaded before they are changed"


def _judge(
    chosen: list[Change], reached: dict[str, dict[int, list[str]]], kept: Path, *, again: bool
) -> list[dict[str, Any]]:
    known = {}
    if kept.exists():
        for text in kept.read_text().splitlines():
            answer = json.loads(text)
            known[_key(answer)] = answer
    answers = []
    with kept.open("a") as stream:
        for place, change in enumerate(chosen):
            mutant, code = change.made()
            before = known.get(_key(asdict(mutant)))
            if before is None or (again and before["state"] != "killed"):
                tests = reached.get(mutant.file, {}).get(mutant.line, []) or _whole(reached, mutant.file)
                began = time.monotonic()
                state = _try(mutant, code, tests)
                before = asdict(mutant) | {"state": state, "tests": len(tests)}
                before["seconds"] = round(time.monotonic() - began, 2)
                stream.write(json.dumps(before, ensure_ascii=False) + "\n")
                stream.flush()
                if state != "killed":
                    print(
                        f"{state} {mutant.file}:{mutant.line} {mutant.before}  ->  {mutant.after}", flush=True
                    )
            answers.append(before)
            if place % 100 == 99:
                print(f"{place + 1} judged", flush=True)
    return answers


def _key(answer: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(answer[name] for name in ("file", "operator", "before", "after"))


def _whole(reached: dict[str, dict[int, list[str]]], file: str) -> list[str]:
    """Module-level code runs on import, so every test of the file's lines may notice."""
    by_line = sorted(reached.get(file, {}).values(), key=len)
    return list(dict.fromkeys(one for tests in by_line for one in tests))[:MOST_TESTS]


def _try(mutant: Mutant, code: str, tests: list[str]) -> str:
    if not tests:
        return "not reached"
    child = os.fork()
    if child == 0:
        try:
            os._exit(_child(mutant, code, tests))
        finally:
            os._exit(9)
    until = time.monotonic() + MOST_SECONDS
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            if os.WIFSIGNALED(status):
                return "timeout" if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL) else "killed"
            return {0: "survived", 1: "killed", 2: "killed"}.get(os.WEXITSTATUS(status), "not judged")
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout"


def _child(mutant: Mutant, code: str, tests: list[str]) -> int:
    import pytest

    devnull = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(devnull, stream)
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    sys.meta_path.insert(0, _Changed(mutant.file, code))
    order = {name: place for place, name in enumerate(tests)}

    class Chosen:
        @pytest.hookimpl(trylast=True)
        def pytest_collection_modifyitems(self, items: list[Any]) -> None:
            items[:] = sorted(
                (item for item in items if item.nodeid in order), key=lambda item: order[item.nodeid]
            )

    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    arguments = [
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "_hypothesis_pytestplugin",
        "--hypothesis-seed=0",
    ]
    arguments += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # hypothesis is imported before the fork
    code = 0
    for file in dict.fromkeys(name.split("::")[0] for name in tests):  # a file is read only when it is due
        code = code or int(pytest.main([*arguments, file], plugins=[Chosen()]))
    return code


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from changed source, without writing it anywhere."""

    def __init__(self, file: str, code: str) -> None:
        self.name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self.file, self.code = str(HERE / file), code

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != self.name:
            return None
        package = self.file.endswith("__init__.py")
        spec = importlib.util.spec_from_loader(name, self, origin=self.file, is_package=package)
        assert spec is not None
        spec.has_location = True
        if package:
            spec.submodule_search_locations = [str(Path(self.file).parent)]
        return spec

    def exec_module(self, module: Any) -> None:
        exec(compile(self.code, self.file, "exec"), module.__dict__)  # noqa: S102 - our own code, changed


def _report(answers: list[dict[str, Any]]) -> None:
    by_file: dict[str, Counter[str]] = {}
    for answer in answers:
        by_file.setdefault(answer["file"], Counter())[answer["state"]] += 1
    for file, states in sorted(by_file.items()):
        print(f"{file:40} {dict(states)}")
    states = Counter(answer["state"] for answer in answers)
    noticed = states["killed"] + states["timeout"]
    low, high = wilson(noticed, len(answers))
    print(f"{noticed} of {len(answers)} noticed ({low:.1%} to {high:.1%} if a sample): {dict(states)}")


def wilson(hits: int, tried: int) -> tuple[float, float]:
    """Return the 95% interval of a share by Wilson's score: 9 of 10 give 0.596 to 0.982."""
    if not tried:
        return 0.0, 1.0
    z = 1.959964
    share, extra = hits / tried, z * z / tried
    middle = (share + extra / 2) / (1 + extra)
    half = z * ((share * (1 - share) + extra / 4) / tried) ** 0.5 / (1 + extra)
    return middle - half, middle + half


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        sys.exit(measure(sys.argv[2], sys.argv[3], sys.argv[4:]))
    sys.exit(main())
