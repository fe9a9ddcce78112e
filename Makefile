# The project's commands; `make help` lists them. Needs Python >= 3.11 and make.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --constraint constraints.txt
PORT ?= 8000
.DEFAULT_GOAL := help
.PHONY: help cli tools install run demo test lint format bench lock clean

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

install: .venv/installed ## Install into .venv; the command is then .venv/bin/claude-proxy

run: .venv/installed cli ## Serve on 127.0.0.1:8000 (or HOST, PORT)
	@echo 'In another terminal: $(BIN)/claude-proxy check, login, env; Ctrl-C ends this.'
	@exec $(BIN)/claude-proxy serve

demo: .venv/installed cli ## Serve the real CLI against a stub, without an account
	@printf '%s\n' 'Try, in another terminal:' \
	  '  curl -s localhost:$(PORT)/health' \
	  '  curl -s localhost:$(PORT)/health/detailed' \
	  '  curl -s localhost:$(PORT)/health/live' \
	  '  $(BIN)/claude-proxy check' 'Ctrl-C ends it.'
	@exec $(BIN)/python tests/messages_api.py $(BIN)/claude-proxy serve

test: .venv/dev cli tools ## Run every test, those against the real CLI included
	$(BIN)/coverage run -m pytest $(TESTS)
	@$(BIN)/coverage report

lint: .venv/dev ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/dev ## Put every file into the one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/bench cli ## Measure speed and memory, as ratios in one run
	$(BIN)/python -m bench.cost
	$(BIN)/python -m bench.load
	$(BIN)/python -m bench.restarts
	$(BIN)/python -m bench.health

lock: .venv/dev ## Write the versions in use to constraints.txt
	$(BIN)/python -m pip freeze --exclude-editable --exclude claude-code-proxy > constraints.txt

clean: ## Remove .venv and what the tools left
	rm -rf .venv build *.egg-info .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; say which with make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python setup.cfg constraints.txt
	$(PIP) --editable .
	@touch $@

.venv/dev: .venv/installed
	$(PIP) --editable '.[dev]'
	@touch $@

.venv/bench: .venv/dev
	$(PIP) --editable '.[bench]'
	@touch $@

# An installed claude always wins; the bundled one is loaded where there is none.
cli: .venv/installed
	@$(BIN)/python -c 'from app.claude.locate import main; main()' || { \
	  echo 'No claude found: loading the one bundled in claude-agent-sdk (about 170 MB).'; \
	  $(PIP) --editable '.[bundled-cli]' && $(BIN)/python -c 'from app.claude.locate import main; main()'; }

# What the tests run beside Python; a missing one is installed where that is possible.
TOOLS := curl jq prometheus nginx haproxy socat apache2
tools:
	@PATH=$$PATH:/usr/sbin; for tool in $(TOOLS); do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	[ -z "$$missing" ] || { apt-get update -qq && RUNLEVEL=1 apt-get install -qqy --no-install-recommends $$missing; }
