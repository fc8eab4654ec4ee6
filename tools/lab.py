"""`make lab`: JupyterLab in a workspace of its own, which opens on docs/lab.md beside the notebooks.

The workspace and the settings live in the environment, not among the user's own: no question about news is
asked, and what the user has set for other work is left alone. What is opened is kept for the next time.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from chipflows import lean, paths  # noqa: F401 - lean: before anything imports JupyterLab

ROOT = Path(__file__).resolve().parent.parent
PLACE = Path(os.environ.get("CHIPFLOWS_LAB", Path(sys.prefix) / "share" / "chipflows-lab"))
NAME = "chipflows"
START = "docs/lab.md"
OPTIONS = (
    f"--LabApp.default_url=/lab/workspaces/{NAME}",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.answer_yes=True",  # one Ctrl-C is enough
    "--ServerApp.log_level=WARN",
    "--LabApp.log_level=WARN",
    f"--NotebookNotary.data_dir={PLACE / 'trust'}",
    "--KernelManager.transport=ipc",  # files of the user, not ports that others could listen to
    # Its pings and tornado's disagree about the unit of the time-out; on one machine neither is needed.
    "--ServerApp.tornado_settings={'ws_ping_interval': 0}",
    # Voila is for make explore, which closes it to other hosts; inside JupyterLab it has no business.
    "--ServerApp.jpserver_extensions={'voila.server_extension': False}",
)
WITHOUT = {"@voila-dashboards/jupyterlab-preview": True}
QUIET = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension:plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
    "@jupyterlab/notebook-extension:tracker": {"showEditorForReadOnlyMarkdown": False},
}
WORKSPACE = {
    "layout-restorer:data": {
        "main": {
            "dock": {"type": "tab-area", "currentIndex": 0, "widgets": [f"markdownviewer-widget:{START}"]},
            "current": f"markdownviewer-widget:{START}",
        },
        "left": {
            "collapsed": False,
            "visible": True,
            "current": "filebrowser",
            "widgets": ["filebrowser", "running-sessions", "@jupyterlab/toc:plugin"],
        },
        "right": {"collapsed": True, "widgets": []},
        "relativeSizes": [0.2, 0.8, 0],
    },
    "file-browser-filebrowser:cwd": {"path": "notebooks"},
    f"markdownviewer-widget:{START}": {"data": {"path": START, "factory": "Markdown Preview"}},
}


def main(arguments: list[str]) -> None:
    """Write what is missing and be JupyterLab, until Ctrl-C stops it and every kernel."""
    workspaces, settings, config = PLACE / "workspaces", PLACE / "settings", PLACE / "config"
    _lay_out(workspaces)
    _trust_stripped(PLACE / "trust")
    for plugin, values in QUIET.items():
        package, _, name = plugin.partition(":")
        _write(settings / package / f"{name}.jupyterlab-settings", values)
    _write(config / "labconfig" / "page_config.json", {"disabledExtensions": WITHOUT})
    others = os.environ.get("JUPYTER_CONFIG_PATH", "")
    os.environ |= {
        "JUPYTERLAB_WORKSPACES_DIR": str(workspaces),
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, [str(config), others])),
    }
    paths.sweep_sockets()
    os.environ["JUPYTER_RUNTIME_DIR"] = str(sockets := paths.socket_folder())
    from jupyterlab.labapp import LabApp  # reads the environment when it is imported

    try:
        LabApp.launch_instance([f"--ServerApp.root_dir={ROOT}", *OPTIONS, *arguments])
    finally:
        shutil.rmtree(sockets, ignore_errors=True)


def _lay_out(workspaces: Path) -> None:
    """Make the workspace, unless it was used before: then it opens as it was left."""
    from jupyterlab_server.workspaces_handler import WorkspacesManager

    workspaces.mkdir(parents=True, exist_ok=True)
    manager = WorkspacesManager(str(workspaces))
    if not any(known["metadata"]["id"] == NAME for known in manager.list_workspaces()):
        manager.save(NAME, json.dumps({"data": WORKSPACE, "metadata": {"id": NAME}}))


def _trust_stripped(place: Path) -> None:
    """Mark as trusted, in a store of our own, the notebooks that carry no output that could do anything."""
    import nbformat
    from nbformat.sign import NotebookNotary

    place.mkdir(parents=True, exist_ok=True)
    notary = NotebookNotary(data_dir=str(place))
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        book = nbformat.read(path, as_version=4)
        if not any(cell.get("outputs") for cell in book.cells):
            notary.sign(book)


def _write(target: Path, values: dict[str, object]) -> None:
    """Write a settings file, unless there is one."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(values), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
