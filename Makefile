# SPDX-License-Identifier: MIT
# `make demo` shows the main job, `make test` runs the tests; both create .venv if it is missing.

PYTHON ?= python3
LOCK ?= --upgrade
BIN := .venv/bin

GROUPS := browser bench check docs test
# `make lock` pins every release with its hashes (docs/decisions/0023).
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PINNED := $(INSTALL) --require-hashes --no-deps --requirement
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--no-annotate --custom-compile-command "make lock"
BROWSERS := chromium chromium-browser google-chrome
CHROMIUM := $(strip $(foreach name,$(BROWSERS),$(shell command -v $(name) 2>/dev/null)))

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench soak torture docs messages pictures lock newest lowest clean

help: ## List the targets
	@grep -E '^[a-z ]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 15

# One stamp for each group of dependencies; make installs a group again when its pins change.
.venv/made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed, for example: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/run: .venv/made requirements/run.txt pyproject.toml
	$(PINNED) requirements/run.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(GROUPS:%=.venv/%): .venv/%: .venv/run requirements/%.txt
	$(PINNED) requirements/$*.txt
	@touch $@

.venv/uv: .venv/made
	$(INSTALL) --upgrade uv
	@touch $@

demo: .venv/run ## Send to an invented community, and show an e-mail (DATA=FOLDER: your archives)
	$(BIN)/python scripts/demo.py $(if $(DATA),--data "$(DATA)")

# The tests start our programs a thousand times: let Python keep the compiled modules.
test: .venv/test $(if $(CHROMIUM),.venv/browser) ## Run the whole test suite
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST)

check: .venv/check ## Check lint, format, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/check ## Format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: .venv/bench ## Measure the speed and the memory (BENCH=--quick, BENCH="enrol resume")
	$(BIN)/python -m benchmarks $(BENCH)

soak: .venv/bench ## Send to a million members, and check that nothing grows (SOAK="--members 200000")
	$(BIN)/python -m benchmarks.soak $(SOAK)

torture: .venv/test ## Kill sendprofile a thousand times, and count the mails (TORTURE=options)
	PYTHONPATH=tests $(BIN)/python -m torture $(TORTURE)

docs: .venv/docs ## Build the manual in build/docs: HTML, and one PDF
	$(BIN)/sphinx-build --fail-on-warning --quiet docs build/docs
	$(BIN)/sphinx-build --fail-on-warning --quiet --builder pdf docs build/docs/pdf
	@echo "The manual is in build/docs/index.html and build/docs/pdf/sendprofile.pdf"

messages: .venv/test ## Update the catalogues of the site's languages
	$(BIN)/python scripts/messages.py

pictures: .venv/test .venv/browser ## Draw the pictures of the README with the real programs
	$(BIN)/python scripts/pictures.py

lock: .venv/uv ## Update the pinned releases (LOCK= adds only missing ones)
	$(COMPILE) $(LOCK) pyproject.toml --all-extras $(GROUPS:%=--group %) -o requirements/constraints.txt
	$(COMPILE) --generate-hashes -c requirements/constraints.txt \
		pyproject.toml --extra site --group build -o requirements/run.txt
	for group in $(GROUPS); do $(COMPILE) --generate-hashes -c requirements/constraints.txt \
		--group $$group -o requirements/$$group.txt || exit; done

newest lowest: .venv/uv ## Run the test suite with the newest (lowest) releases instead of the pinned ones
	$(BIN)/python scripts/releases.py $@ $(if $(CHROMIUM),--group browser)

clean: ## Remove everything that make has created
	rm -rf .venv build dist
