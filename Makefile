# Each target works on a fresh machine with Python 3.11 or newer and make; `make help` lists them.
PYTHON ?= python3
# With `make check PYTHON=python3.13` another Python than that of .venv has an environment of its own, .venv-3.13.
VENV := .venv
version = $(shell $(1) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
ifneq ($(origin PYTHON),file)
ifneq ($(wildcard .venv/bin/python),)
ifneq ($(call version,$(PYTHON)),$(call version,.venv/bin/python))
VENV := .venv-$(call version,$(PYTHON))
endif
endif
endif
RUN := $(VENV)/bin/python
PIP := -m pip install --disable-pip-version-check --no-deps
MUTANTS := $(CURDIR)/.venv-mutants/bin
LOCK := $(VENV)/bin/uv pip compile --universal --generate-hashes --no-annotate --no-header --quiet

.DEFAULT_GOAL := help
.PHONY: help setup demo smoke check test proof soak mutants screenshots bench lint format lock clean

ifeq ($(MAKECMDGOALS)$(OUTPUTS),smoke)
$(error make smoke wants a stack: `pulumi stack output --stack dev --json > outputs.json`, then `make smoke OUTPUTS=outputs.json`)
endif

help: ## show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 13

setup: $(VENV)/.ready-dev ## make .venv with everything that the other commands need

$(VENV)/.ready: requirements-cloud.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sluice needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(RUN) $(PIP) --no-compile --require-hashes -r requirements-cloud.txt
	@$(RUN) $(PIP) --quiet --no-index --no-build-isolation -e .
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.txt
	$(RUN) $(PIP) --require-hashes -r requirements-dev.txt
	@touch $@

demo: $(VENV)/.ready ## the whole of Sluice on this machine, driven with sample data
	@$(RUN) -m sluice demo

smoke: $(VENV)/.ready ## end-to-end checks of a stack in AWS: make smoke OUTPUTS=outputs.json
	@$(RUN) -m sluice smoke --outputs $(OUTPUTS)

check: setup ## the tests to run while you work: no embedded cloud, no proofs, nothing slow
	$(RUN) -m pytest -n auto --dist worksteal -m "not e2e and not proof and not slow"

test: setup ## the whole test suite
	$(RUN) -m pytest -n auto --dist worksteal

proof: setup ## each promise of the design, in full: faults, load, sabotage; one table
	$(RUN) -m pytest tests/proof tests/e2e/test_import.py \
		tests/handlers/importer/reading/test_rows_real_files.py --full -q

screenshots: setup ## every page of the console, into .build/screenshots
	$(RUN) -m tests.e2e.console.screenshots .build/screenshots

soak: setup ## a week of use in an hour: load, faults, kills, saves; make soak ARGS='--minutes 10 --seed 7'
	$(RUN) -m pytest tests/proof/test_soak.py --minutes 60 -s -q $(ARGS)

mutants: setup .venv-mutants/.ready ## changes the modules that decide, to find mistakes that no test sees; takes hours: make mutants ARGS=rules
	rm -rf .build/mutants && mkdir -p .build/mutants && git archive --prefix=.build/mutants/ HEAD | tar -x
	cd .build/mutants && PATH="$(CURDIR)/$(VENV)/bin:$$PATH" && for each in $(or $(ARGS),$(notdir $(basename $(wildcard tests/mutants/*.toml)))); do \
		set -e; set -- tests/mutants/$$each.toml $$each.sqlite; \
		$(MUTANTS)/cosmic-ray init $$@; $(MUTANTS)/cr-filter-operators $$2 tests/mutants/filters/operators.toml; \
		nice $(MUTANTS)/cosmic-ray exec $$@; $(MUTANTS)/cr-report --surviving-only --show-diff $$2; \
	done

.venv-mutants/.ready: requirements-mutants.txt
	$(PYTHON) -m venv .venv-mutants
	.venv-mutants/bin/python $(PIP) --require-hashes -r requirements-mutants.txt
	@touch $@

bench: setup .venv-bench/.ready ## the peers side by side, one table; make bench ARGS=--quick
	@.venv-bench/bin/python -m benchmarks $(ARGS)

.venv-bench/.ready: requirements-bench.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python $(PIP) --require-hashes -r requirements-bench.txt
	@touch $@

lint: setup ## format check, lint, types
	$(RUN) -m ruff format --check .
	$(RUN) -m ruff check .
	$(RUN) -m pyright

format: setup ## format the code
	$(RUN) -m ruff format .
	$(RUN) -m ruff check --fix .

lock: setup ## resolve the dependencies of pyproject.toml again
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) pyproject.toml --extra cloud --group dev --override tests/overrides.txt -o requirements-dev.txt
	$(LOCK) pyproject.toml --extra cloud --group demo --override tests/overrides.txt -c requirements-dev.txt -o requirements-cloud.txt
	$(LOCK) --no-config --group pyproject.toml:bench -o requirements-bench.txt
	$(LOCK) --no-config --group pyproject.toml:mutants -o requirements-mutants.txt

clean: ## remove everything that is made
	rm -rf .venv .venv-* .build .sluice .pytest_cache .ruff_cache .hypothesis *.egg-info
