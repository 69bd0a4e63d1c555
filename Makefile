# SPDX-License-Identifier: MIT
# `make demo` shows the main job, `make test` runs the tests; each sets up .venv by itself.

PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench soak torture docs messages pictures clean

help: ## Say what there is to make
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

# One stamp for each group of dependencies, renewed when pyproject.toml changes.
.venv/pip:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later, please: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	@touch $@

.venv/run: .venv/pip pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[site]"
	@touch $@

.venv/test .venv/check .venv/bench .venv/docs: .venv/%: .venv/run pyproject.toml
	$(BIN)/python -m pip install --quiet --group $*
	@touch $@

demo: .venv/run ## Send to a whole community, and show an e-mail (DATA=folder: to real archives)
	$(BIN)/python scripts/demo.py $(if $(DATA),--data "$(DATA)")

test: .venv/test ## Run the whole test suite
	$(BIN)/python -m pytest -n auto $(PYTEST)

check: .venv/check ## Lint, format, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/check ## Format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: .venv/bench ## Measure all that is promised of speed (BENCH=--quick, BENCH="enrol resume")
	$(BIN)/python -m benchmarks $(BENCH)

soak: .venv/bench ## Send to a million members, and see that nothing grows (SOAK="--members 200000")
	$(BIN)/python -m benchmarks.soak $(SOAK)

torture: .venv/test ## Kill sendprofile a thousand times, and count the mails (TORTURE=options)
	PYTHONPATH=tests $(BIN)/python -m torture $(TORTURE)

docs: .venv/docs ## Make the manual, in build/docs
	$(BIN)/sphinx-build --fail-on-warning --quiet docs build/docs
	@echo "The manual is in build/docs/index.html"

messages: .venv/test ## Bring the catalogues of the site's languages up to date
	$(BIN)/python scripts/messages.py

pictures: .venv/test ## Make the pictures of the README from the real thing
	$(BIN)/python scripts/pictures.py

clean: ## Remove all that was made
	rm -rf .venv build dist
