# Every target creates what it needs on a machine that has only Python 3.11+ and pip.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.installed

.PHONY: demo test lint fuzz bench bench-batches clients clean

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1' -c constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --group dev --editable .
	touch $@

demo: $(STAMP)          ## the main job: a server, a correct and a faulty agent, and what the contracts find
	$(BIN)/claudemock demo

test: $(STAMP)          ## all tests, offline and without keys
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(STAMP)          ## formatter, linter and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fuzz: $(STAMP)          ## ten thousand made-up requests: no 5xx, no hang
	CLAUDEMOCK_FUZZ=10000 $(BIN)/python -m pytest -n 2 --timeout 900 tests/fuzz

bench: $(STAMP)         ## throughput, start-up and memory, as ratios to a floor measured in the same run
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench --files
	$(BIN)/python -m tests.bench --plugin

bench-batches: $(STAMP) ## a batch of 100,000 requests: time, memory, and what others have to wait
	$(BIN)/python -m tests.bench.batches

clients: $(STAMP)       ## other people's clients against the server (installs them from the registries)
	$(BIN)/python -m tests.clients

clean:
	rm -rf $(VENV) build dist
