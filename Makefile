# Needs Python 3.11 or later with pip, and make. Everything else is fetched into .venv on first use.
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
SEEDS ?= 50
ROUNDS ?= 200
JOBS ?= 8
READY := .venv/.ready

.PHONY: help run test lint types lengths bench faults fuzz properties permutations together previews browser clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(READY) ## Start everything and play the story (ONCE=1: end after it; STOREFRONT=woocommerce or shopify)
	@$(BIN)/comeback demo $(if $(ONCE),--once) $(if $(STOREFRONT),--storefront $(STOREFRONT))

test: $(READY) browser ## Run the whole suite (ARGS="tests/unit -k money" for a part)
	@$(BIN)/python -m pytest $(ARGS)

fuzz: $(READY) ## Strangers for longer: schemathesis and bent webhooks (FUZZ_EXAMPLES, FUZZ_MUTATIONS, FUZZ_SEED)
	@FUZZ_EXAMPLES=$(or $(FUZZ_EXAMPLES),500) FUZZ_MUTATIONS=$(or $(FUZZ_MUTATIONS),10000) TIMING_SAMPLES=$(or $(TIMING_SAMPLES),1000) $(BIN)/python -m pytest tests/strangers $(ARGS)

lint: $(READY) ## Style, formatting, and which module may import which
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/lint-imports --no-logo

types: $(READY) ## Strict type check
	@$(BIN)/mypy

lengths: ## Every Python file under 300 lines
	@.ci/lengths

faults: $(READY) ## Strike at every point with SEEDS=50 seeds, JOBS=8 towns side by side; the table (ARGS=--resume goes on)
	@$(BIN)/python -m tests.faults --seeds $(SEEDS) --jobs $(JOBS) --nemeses-every 7 --mass 1000 $(ARGS); played=$$?; \
	$(BIN)/python -m tests.faults --report >/dev/null; exit $$played

bench: $(READY) ## Run the benchmarks; they print ratios
	@$(BIN)/python -m benchmarks

properties: $(READY) ## 20,000 random steps of a shop, money by the ten thousand, every world of the model (EXAMPLES, STEPS)
	@EXAMPLES=$(or $(EXAMPLES),750) STEPS=$(or $(STEPS),30) MONEY_EXAMPLES=$(or $(MONEY_EXAMPLES),20000) \
	$(BIN)/python -m pytest tests/properties tests/model $(ARGS)

permutations: $(READY) ## The same events in 5,000 orders: one state (PERMUTATIONS)
	@PERMUTATIONS=$(or $(PERMUTATIONS),5000) $(BIN)/python -m pytest tests/properties/test_any_order_of_events.py $(ARGS)

together: $(READY) ## Many at once, ROUNDS=200 times over: tabs, workers, stores, staff, codes (ARGS="-k codes" for a part)
	@ROUNDS=$(ROUNDS) $(BIN)/python -m pytest tests/concurrency $(ARGS)

previews: $(READY) ## Render every message in every language to files
	@$(BIN)/comeback previews

browser: ## Install Debian's chromium for the browser tests, where that is possible
	@.ci/browser

clean: ## Remove the environment and all caches; .data, with its database and keys, stays
	@rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Comeback needs Python 3.11 or later; none was found on the PATH." >&2; exit 1; }
	@echo "Setting up .venv with $$($(PYTHON) --version): a minute or two, once."
	@$(PYTHON) -m venv .venv >/dev/null 2>&1 || $(PYTHON) -m venv --without-pip .venv
	@pip=".venv/bin/python -m pip"; \
	$$pip --version >/dev/null 2>&1 || pip="$(PYTHON) -m pip --python .venv/bin/python"; \
	$$pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
