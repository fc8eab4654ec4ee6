# chipflows: type `make` for the list. Every target makes .venv when it is missing or the lock files
# changed (tools/setup.sh), and costs a few hundredths of a second when it is there.
#   ARGS="..."   more options for the command behind a target, e.g. make report ARGS="--draws 1024"
#   PYTHON=...   the interpreter to make .venv with;   UV=   (empty) install with pip even if uv is present

UV ?= uv
ARGS ?=
SCENARIOS ?=
NOTEBOOKS ?=
GRID ?=
WORKERS ?= 2
export UV PYTHON
# Relative, so that spaces or other letters in the path of this folder cannot matter.
PY := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup report batch figures lab explore refresh test check bench format docs golden lock runtime dev

help: ## list these targets
	@echo 'chipflows: what follows from US export controls on AI chips. make TARGET, where TARGET is:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-9s %s\n", $$1, $$2 }' Makefile
	@echo 'More options go in ARGS, for example: make report ARGS="--scenario now-all --draws 1024"'

setup: runtime ## make the environment in .venv and stop
	@echo 'The environment is ready: .venv'

report: runtime ## the main job: run every notebook on the snapshot data -> runs/report/index.html
	@$(PY) -m chipflows report $(ARGS)

batch: runtime ## notebooks over scenarios -> runs/index.html; SCENARIOS='letter-*' NOTEBOOKS=20-h20 GRID=file WORKERS=2
	@$(PY) -m chipflows batch --workers $(WORKERS) $(if $(SCENARIOS),--scenarios '$(SCENARIOS)') \
	  $(if $(NOTEBOOKS),--notebooks '$(NOTEBOOKS)') $(if $(GRID),--grid '$(GRID)') $(ARGS)

figures: runtime ## draw the published figures (PNG, SVG, PDF, data) -> figures/
	@$(PY) -m chipflows figures $(ARGS)

refresh: runtime ## pull live data into new dated snapshots -> live/
	@$(PY) -m chipflows refresh $(ARGS)

lab: runtime ## open the notebooks in JupyterLab, in a workspace of their own
	@exec $(PY) tools/lab.py $(ARGS)

explore: runtime ## the explorer as a web page of this machine: prints the address that opens it
	@exec $(PY) -m chipflows explore $(ARGS)

test: dev ## the whole test suite
	@$(PY) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: dev ## format, lint, types, layers, notebooks: quick checks of the code itself
	@$(PY) tools/check.py $(ARGS)

bench: runtime ## our engine beside squigglepy and EMA Workbench, in one run -> benchmarks/results.csv
	@sh tools/bench.sh
	@.venv-bench/bin/python -W ignore benchmarks/speed.py $(ARGS)
	@.venv-bench/bin/python benchmarks/prim_against_ema.py
	@.venv-bench/bin/python benchmarks/trade.py
	@$(PY) benchmarks/batch.py

format: dev ## rewrite the code in the house format and strip notebook outputs
	@$(PY) -m ruff check --quiet --fix-only . && $(PY) -m ruff format .
	@find notebooks -name '*.ipynb' -exec $(PY) -m nbstripout --keep-id {} +

docs: dev ## rewrite the outputs shown in README.md and docs/ from real runs
	@CHIPFLOWS_UPDATE_DOCS=1 $(PY) -m pytest -q -p no:cacheprovider tests/docs $(ARGS)

golden: dev ## rewrite each scenario's expected numbers and print what changed -> scenarios/*.expected.csv
	@$(PY) tools/golden.py

lock: ## re-lock the requirements from pyproject.toml (needs uv and the network)
	@sh tools/lock.sh

runtime:
	@sh tools/setup.sh runtime

dev:
	@sh tools/setup.sh dev
