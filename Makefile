# 守望 Shouwang. Needs make and Python 3.11 or newer; everything else is fetched into .venv.
# The system's own Python where it is new enough: it is built with all optimisations, which one compiled at home mostly is
# not, and then everything takes up to 1.4 times as long.
PYTHON ?= $(or $(firstword $(foreach each,/usr/bin/python3 python3,$(shell $(each) -c 'import ensurepip, sys, venv; \
	sys.version_info >= (3, 11) and print("$(each)")' 2>/dev/null))),python3)
PORT ?= 8000
DATA_DIR ?= .data
DEMO ?= 1
DEMO_HOUSEHOLDS ?= 2000
ONLY ?=
TESTS ?= tests
export PORT DATA_DIR DEMO DEMO_HOUSEHOLDS

BIN := .venv/bin
PY := $(BIN)/python

.DEFAULT_GOAL := help
.PHONY: help run test test-slow lint types migrate demo bench kafka check docs format

help: ## show these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(BIN)/.run ## start everything on one port: PORT=8000 DATA_DIR=.data DEMO=1 DEMO_HOUSEHOLDS=2000
	@exec $(PY) -m services.embedded

test: $(BIN)/.dev ## run the tests; TESTS=tests/alerts for some
	@$(PY) -m pytest -n 2 -m "not slow" $(TESTS)

test-slow: $(BIN)/.dev ## run the long suites
	@$(PY) -m pytest -m slow $(TESTS)

lint: $(BIN)/.dev types ## check style, types, layers, documents
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(PY) -m tools.documents --check

types: $(BIN)/.dev ## check the types
	@$(BIN)/mypy

migrate: $(BIN)/.run ## bring the schemas at OWNER_DATABASE_URL up to date
	@$(PY) -m services.cli migrate

demo: $(BIN)/.run ## load the demo county into a running system
	@$(PY) -m demo.load --url http://127.0.0.1:$(PORT) --admin-file $(DATA_DIR)/admin.json --file $(DATA_DIR)/demo.json

bench: $(BIN)/.dev ## measure against floors in the same run; ONLY=name for one
	@$(PY) -m benchmarks $(ONLY)

kafka: $(BIN)/.dev ## run a real Apache Kafka here, without Docker
	@$(PY) -m tools.kafka.broker

docs: $(BIN)/.dev ## write the generated documents anew
	@$(PY) -m tools.documents

format: $(BIN)/.dev ## put the code in the project's style
	@$(BIN)/ruff check --fix -q . && $(BIN)/ruff format -q .

check: lint test ## what has to pass before a change lands

$(BIN)/python:
	@echo "[1/2] creating the virtual environment · 创建虚拟环境"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "The venv module is missing (Debian: apt-get install python3-venv)"; exit 1; }

$(BIN)/.run: requirements/run.txt | $(BIN)/python
	@echo "[2/2] installing the locked dependencies · 安装依赖"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt && touch $@

$(BIN)/.dev: requirements/dev.txt | $(BIN)/python
	@echo "installing the locked dependencies for development · 安装开发依赖"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt && touch $@ $(BIN)/.run
