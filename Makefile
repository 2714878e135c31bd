# Everything a person or CI does with the project. `make run` and `make test` need only Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LAB := $(VENV)/lab
CHECKS := $(VENV)/checks
LOCK := $(CHECKS)/bin/uv pip compile --quiet --universal --no-annotate --no-header --python-version 3.11 --generate-hashes

.PHONY: run test soak fuzz lint bench studies format demo pictures lock audit sbom licences clean

$(VENV)/run.done: requirements.lock
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Loam needs Python 3.11 or newer')"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@

$(VENV)/dev.done: $(VENV)/run.done requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

$(VENV)/lab.done: requirements.txt requirements-lab.txt
	$(PYTHON) -m venv $(LAB)
	$(LAB)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	$(LAB)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-lab.txt
	$(LAB)/bin/python -m pip check
	touch $@

$(VENV)/checks.done: requirements-checks.lock
	$(PYTHON) -m venv $(CHECKS)
	$(CHECKS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-checks.lock
	touch $@

run: $(VENV)/run.done  ## Set up, make the demo if there is no record yet, and open the desk.
	$(BIN)/python loam.py run

demo: $(VENV)/run.done  ## Make the demo anew.
	$(BIN)/python loam.py demo --reset

test: $(VENV)/dev.done  ## All tests: rules, both databases, pages, browser.
	$(BIN)/python -m pytest -n 2

soak: $(VENV)/dev.done  ## What takes long and seldom finds more: all widths and colours, and many more examples.
	SOAK_TIMES=10 $(BIN)/python -m pytest -n 2 -m "soak or hypothesis"

fuzz: $(VENV)/dev.done  ## Try each platform's reader on odd files, SECONDS for each; on Linux with an x86-64 processor.
	$(BIN)/python -m tests.fuzz all $(or $(SECONDS),120)

lint: $(VENV)/dev.done  ## Format, rules and types.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/dev.done  ## Write the format and what rules can mend.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/dev.done  ## Measure, and write benchmarks/RESULTS.md.
	$(BIN)/python -m benchmarks

studies: $(VENV)/lab.done  ## Fit and compare on real outcomes, and write benchmarks/RESULTS.md.
	$(LAB)/bin/python -m benchmarks fitting gmsc taiwan sba superlender forecast

pictures: $(VENV)/dev.done  ## Take the documents' pictures anew, on a fresh demo.
	$(BIN)/python -m docs.pictures.take

lock: $(VENV)/checks.done  ## Write the pins with hashes, for all platforms.
	$(LOCK) requirements.txt -o requirements.lock
	$(LOCK) requirements-dev.txt -o requirements-dev.lock
	$(LOCK) requirements-checks.txt -o requirements-checks.lock

audit: $(VENV)/checks.done  ## Ask whether a fault is known in what the desk runs on; needs a network.
	$(CHECKS)/bin/pip-audit --require-hashes --disable-pip -r requirements.lock

sbom: $(VENV)/checks.done $(VENV)/run.done  ## Write what the desk runs on to sbom.json, in the form of CycloneDX.
	$(CHECKS)/bin/cyclonedx-py requirements --output-reproducible -o sbom.json requirements.lock

licences: $(VENV)/run.done  ## List the licence of each library that the desk runs on.
	$(BIN)/python -m docs.licences

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
