# Two commands on a fresh machine with Python 3.11+, git and make: `make demo`, `make test`.
PYTHON ?= python3
VENV   ?= .venv
REPO   ?= .
BENCH  ?= .bench
Q      ?= Who calls index_repository?

ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif

PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test lint types contracts unit integration bench bench-graph graph-picture openapi web pictures vscode docs lock clean help

help:
	@echo "make demo         set up, index a repository (REPO=path) and answer a question (Q=\"...\")"
	@echo "make test         set up, then lint, types, import contracts and tests"
	@echo "make integration  real servers and processes: REST, langgraph dev, golden questions"
	@echo "make bench        measure; the figures go to benchmarks/RESULTS.md by hand"
	@echo "make bench-graph  the call graph against compilers, on pinned sources (kept in $(BENCH))"
	@echo "make graph-picture  draw the compiled graph into the documents that show it"
	@echo "make openapi      describe the routes of \`clew serve\` anew in docs/openapi.json"
	@echo "make web          build the web page anew (needs Node)"
	@echo "make pictures   take the pictures of the documents and of the extension anew (needs Chromium, and vscode/ packaged)"
	@echo "make vscode       build the VS Code extension (needs Node)"
	@echo "make docs         build the documents into a site, site/index.html (needs npm, once, for two scripts)"
	@echo "make lock         resolve requirements/*.lock anew (needs uv)"

# The stamps hold what was installed, so that a changed lock installs again.
$(VENV)/runtime.stamp: requirements/runtime.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (3, 13) else f"Clew needs Python 3.11 to 3.13, this is {sys.version.split()[0]}: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing Clew into $(VENV) (once; about a minute with a warm cache)"
	@$(PIP) install --require-hashes -r requirements/runtime.lock
	@$(PIP) install --no-deps --no-build-isolation --config-settings editable_mode=compat -e .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/runtime.stamp requirements/dev.lock
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@

demo: $(VENV)/runtime.stamp
	@$(BIN)/clew index "$(REPO)"
	@echo
	@echo "clew ask \"$(Q)\""
	@echo
	@cd "$(REPO)" && "$(abspath $(BIN))/clew" ask "$(Q)"
	@echo
	@echo "Go on:  $(BIN)/clew ask \"...\"    another question (--json for scripts)"
	@echo "        $(BIN)/clew serve         an OpenAI-compatible chat endpoint on this machine: VS Code and other clients speak it"
	@echo "        $(BIN)/clew doctor        what else can be had: with Ollama running, answers are written by a local LLM"

test: $(VENV)/dev.stamp lint types contracts unit

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp
	$(BIN)/mypy

contracts: $(VENV)/dev.stamp
	$(BIN)/lint-imports

unit: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -q -n auto

integration: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -q -m integration

bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks.cli_startup
	$(BIN)/python -m benchmarks.parse_only $(REPO)

bench-graph: $(VENV)/dev.stamp $(BENCH)/tools.stamp
	@PATH="$(abspath $(BENCH))/tools/node_modules/.bin:$(abspath $(BIN)):$$PATH" $(BIN)/python -m benchmarks.graph_accuracy "$(BENCH)" --json "$(BENCH)/figures.json"

# The compilers' indexers that package registries have; without npm, TypeScript and Python are reported as not run.
$(BENCH)/tools.stamp: requirements/bench.lock $(VENV)/dev.stamp
	@mkdir -p "$(BENCH)"
	@$(PIP) install --require-hashes -r requirements/bench.lock
	@if command -v npm >/dev/null; then npm install --silent --no-fund --no-audit --prefix "$(BENCH)/tools" @sourcegraph/scip-python@0.6.6 @sourcegraph/scip-typescript@0.4.0; fi
	@touch $@

graph-picture: $(VENV)/dev.stamp
	$(BIN)/python -m app.drawing

openapi: $(VENV)/dev.stamp
	$(BIN)/python -m app.openapi

web:
	cd web && npm ci && npm test && npm run build

# Those of the editor go where its extension has them, and only those that it shows.
pictures: $(VENV)/dev.stamp
	@$(PIP) install --require-hashes -r requirements/browser.lock
	CLEW_PICTURES="$(CURDIR)/docs/pictures" $(BIN)/python -m pytest -q -m integration tests/integration/test_web_*.py tests/integration/test_tour_terminal.py tests/integration/test_slack.py
	CLEW_PICTURES="$(CURDIR)/build/pictures" $(BIN)/python -m pytest -q -m integration tests/integration/test_vscode.py
	cd build/pictures && cp callers.png drawing.png review.png "$(CURDIR)/vscode/media" && cp answer.png hover.png "$(CURDIR)/vscode/media/walkthrough"

vscode:
	cd vscode && npm ci && npm test && npm run package

# NO_MKDOCS_2_WARNING: the theme advertises its successor otherwise.
docs: $(VENV)/dev.stamp
	@$(PIP) install --require-hashes -r requirements/docs.lock
	$(BIN)/python docs/_site/parts.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet
	@echo "open site/index.html, or serve the folder"

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --extra build --extra dev --extra neo4j --extra redis --extra openai --extra anthropic --extra postgres --extra slack pyproject.toml -o requirements/dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -c requirements/dev.lock --extra build pyproject.toml -o requirements/runtime.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --no-deps -c requirements/dev.lock -o requirements/bench.lock requirements/bench.in
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -c requirements/dev.lock -o requirements/browser.lock requirements/browser.in
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate -c requirements/dev.lock -o requirements/docs.lock requirements/docs.in

clean:
	rm -rf $(VENV) build/site site .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
