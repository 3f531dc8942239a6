# Everything a user or a change needs: `make run`, `make test`, `make check`,
# `make bench`, `make docs`, `make lock`, `make clean`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
JOBS ?= 2

.PHONY: run test check bench docs lock clean

run: $(INSTALLED)
	$(BIN)/ratchet run quickstart

# By file, so that what a file shares is made once (loadgroup of pytest-xdist 3.8 does nothing under pytest 9.2).
# Unless told otherwise, files of few tests come last; those that start Ray are among them, and one core would wait.
test: $(INSTALLED)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_imports.py

bench: $(INSTALLED)
	mkdir -p benchmarks/results
	for name in worlds training learning networks creators population_training scale culture; do \
		$(BIN)/python benchmarks/$$name.py --json > benchmarks/results/$$name.json || exit 1; \
	done

docs: $(INSTALLED)
	$(BIN)/python docs/configuration.py > docs/configuration.md
	$(BIN)/python docs/gallery.py docs/pictures/playground > docs/probes.md

# The stamp is written last, so an installation that was cut short is made anew.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || \
		{ echo "Ratchet needs Python 3.11 to 3.14: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 2; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(INSTALLED)

# Resolves pyproject.toml anew in a fresh environment and pins what came out.
lock:
	rm -rf $(VENV)-lock
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet "setuptools>=77" torch==2.13.0
	$(VENV)-lock/bin/python -m pip install --quiet --no-build-isolation --editable ".[cluster,dev,plot]"
	{ sed -n '/^#/p' requirements.lock; \
	  $(VENV)-lock/bin/python -m pip freeze --all --exclude pip --exclude-editable | \
	  sed -e 's/+cpu$$//' \
	      -e "s/^\(pygame==.*\)/\1 ; python_version < '3.14'/"; \
	  grep '^pygame-ce==' requirements.lock; } > $(VENV)-lock/requirements.lock
	mv $(VENV)-lock/requirements.lock requirements.lock
	rm -rf $(VENV)-lock

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
