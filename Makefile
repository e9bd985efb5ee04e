# Two commands need nothing but Python 3.11 or newer and make: `make demo` and `make test`.
PYTHON ?= python3
TYPE ?= ceph
TASKS ?= 20
BATCH ?= 1
SECONDS ?= 30
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup setup-train demo test bench faults load fuzz check audit format lock clean

help:  ## what there is to type
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

setup: .venv/.ready .venv-cloud/.ready  ## set everything up; afterwards .venv/bin/xray is there

.venv/.ready: requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 …")'
	@echo "setting up .venv, a minute or two" >&2
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# The embedded cloud pins its own botocore, so it has an environment of its own.
.venv-cloud/.ready: requirements/cloud.txt
	@echo "setting up .venv-cloud" >&2
	@$(PYTHON) -m venv .venv-cloud
	@.venv-cloud/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/cloud.txt
	@touch $@

setup-train: setup  ## what `xray train` needs besides: PyTorch, for the processor
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements/train.txt

demo: setup  ## one film through the whole service; IMAGE=film.jpg TYPE=ceph for one's own
	@$(BIN)/xray demo $(if $(IMAGE),"$(IMAGE)") --type $(TYPE)

test: setup  ## every test; films and hostile files of ../shared are used where present
	$(BIN)/python -m pytest

bench: setup  ## how fast it is beside the peers: tables, and build/bench.json (LONG=1: an hour)
	@$(BIN)/python -m xray.bench $(if $(LONG),--long)

fuzz: setup  ## the fuzzers, FACTOR=50 times as long as in the suite, and other input each time
	FUZZ_FACTOR=$(or $(FACTOR),50) $(BIN)/python -m pytest tests/fuzz --timeout=0 --hypothesis-show-statistics

faults: setup  ## what is lost when things break: a table and build/faults.json; TASKS=1000 for a long run, BATCH=4 for films read together
	@$(BIN)/xray faults --tasks $(TASKS) --batch $(BATCH)

load: setup  ## mixed traffic at the rate that this machine holds, and faster until something gives way; SECONDS=600 for ten minutes
	@$(BIN)/xray load --seconds $(SECONDS)

check: setup  ## lint, format, types, import rules, security, template
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml layers functions tools
	$(BIN)/cfn-lint template.yaml

# Its environment weighs 300 MB, so it is set up with the first audit.
audit: .venv-audit/.ready  ## what checkov finds in the template; each exception stands there with its reason
	.venv-audit/bin/checkov --file template.yaml --framework cloudformation --skip-download --compact --quiet

.venv-audit/.ready: requirements/audit.txt
	@echo "setting up .venv-audit, minutes" >&2
	@$(PYTHON) -m venv .venv-audit
	@.venv-audit/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/audit.txt
	@touch $@

format: setup  ## what a machine can put right
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

LOCK := uv pip compile --quiet --no-emit-index-url --no-header --no-annotate --python-version 3.11
lock:  ## choose the newest versions that the requirements allow (needs uv)
	$(LOCK) --upgrade --universal --generate-hashes pyproject.toml --extra dev -o requirements/dev.txt
	$(LOCK) --upgrade --universal --generate-hashes requirements/cloud.in -o requirements/cloud.txt
	$(LOCK) --upgrade --universal --generate-hashes requirements/audit.in -o requirements/audit.txt
	$(LOCK) --python-platform x86_64-manylinux2014 -c requirements/dev.txt layers/pipelines/requirements.in -o layers/pipelines/requirements.txt
	$(LOCK) --universal -c requirements/dev.txt functions/infer/requirements.in -o functions/infer/requirements.txt

clean:  ## back to a fresh clone
	rm -rf .venv .venv-cloud .venv-audit build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf *.egg-info
