# make corpus   build the sample corpus (examples/raw) into build/corpus
# make test     run every check: tests, types, style
# Both set up what they need in .venv; nothing is installed outside this folder.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v $$p; break; }; done)
BIN := .venv/bin

.PHONY: corpus test quick bench docs clean

corpus: .venv/.run
	$(BIN)/python scripts/build_corpus.py examples/raw --out build/corpus \
	  --recipe examples/corpus.toml --sources examples/sources.jsonl

test: .venv/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest -n auto

quick: .venv/.test
	$(BIN)/pytest -n auto -m "not slow"

docs: .venv/.run
	$(BIN)/python scripts/write_reference.py

bench: .venv/.bench
	$(BIN)/python scripts/bench.py build examples/raw --print

clean:
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/.run: pyproject.toml hatch_build.py
	@sh scripts/set_up.sh "$(PYTHON)"
	@touch $@

.venv/.test: pyproject.toml hatch_build.py
	@sh scripts/set_up.sh "$(PYTHON)" test
	@touch $@ .venv/.run

.venv/.bench: pyproject.toml hatch_build.py
	@sh scripts/set_up.sh "$(PYTHON)" test bench
	@touch $@ .venv/.run .venv/.test
