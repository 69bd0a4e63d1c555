# SPDX-License-Identifier: MIT
# `make demo` shows the main job, `make test` runs the tests; each sets up .venv by itself.

PYTHON ?= python3
LOCK ?= --upgrade
BIN := .venv/bin

GROUPS := browser bench check docs test
# Every release is pinned, with its hashes, by `make lock` (docs/decisions/0023).
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PINNED := $(INSTALL) --require-hashes --no-deps --requirement
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--no-annotate --custom-compile-command "make lock"
BROWSERS := chromium chromium-browser google-chrome
CHROMIUM := $(strip $(foreach name,$(BROWSERS),$(shell command -v $(name) 2>/dev/null)))

.DEFAULT_GOAL := help
.PHONY: help demo test check format bench soak torture docs messages pictures lock newest lowest clean

help: ## Say what there is to make
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

# One stamp for each group of dependencies, renewed when its pins change.
.venv/made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later, please: make PYTHON=python3.12 …")'
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

demo: .venv/run ## Send to a whole community, and show an e-mail (DATA=folder: to real archives)
	$(BIN)/python scripts/demo.py $(if $(DATA),--data "$(DATA)")

# The tests start our programs a thousand times: none of them is to compile its modules again.
test: .venv/test $(if $(CHROMIUM),.venv/browser) ## Run the whole test suite
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --dist worksteal $(PYTEST)

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

docs: .venv/docs ## Make the manual, in build/docs: HTML, and one PDF
	$(BIN)/sphinx-build --fail-on-warning --quiet docs build/docs
	$(BIN)/sphinx-build --fail-on-warning --quiet --builder pdf docs build/docs/pdf
	@echo "The manual is in build/docs/index.html and build/docs/pdf/sendprofile.pdf"

messages: .venv/test ## Bring the catalogues of the site's languages up to date
	$(BIN)/python scripts/messages.py

pictures: .venv/test .venv/browser ## Make the pictures of the README from the real thing
	$(BIN)/python scripts/pictures.py

lock: .venv/uv ## Renew the pinned releases (LOCK= adds only what is missing)
	$(COMPILE) $(LOCK) pyproject.toml --all-extras $(GROUPS:%=--group %) -o requirements/constraints.txt
	$(COMPILE) --generate-hashes -c requirements/constraints.txt \
		pyproject.toml --extra site --group build -o requirements/run.txt
	for group in $(GROUPS); do $(COMPILE) --generate-hashes -c requirements/constraints.txt \
		--group $$group -o requirements/$$group.txt || exit; done

newest lowest: .venv/uv ## Run the test suite against the newest (lowest) releases, not the pinned
	$(BIN)/python scripts/releases.py $@ $(if $(CHROMIUM),--group browser)

clean: ## Remove all that was made
	rm -rf .venv build dist
