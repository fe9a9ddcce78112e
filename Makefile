# The project's commands; `make help` lists them. Needs Python >= 3.11 and make.
PYTHON ?= python3
# A Python other than the default has a .venv of its own: .venv-3.13
VERSION := import sys; print("%d.%d" % sys.version_info[:2])
VENV := .venv$(if $(filter-out python3,$(PYTHON)),-$(shell $(PYTHON) -c '$(VERSION)'))
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --constraint constraints.txt
PORT ?= 8000
OPERATOR := deploy/kubernetes/monitoring/prometheusrule.yaml
NODE_MODULES := tests/typescript/node_modules tests/browser/node_modules
.DEFAULT_GOAL := help
.PHONY: help cli tools install run demo test quick soak portability lint format bench dashboard rules screenshots lock clean

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 20

install: $(VENV)/installed ## Install into .venv; the command is then .venv/bin/claude-proxy

run: $(VENV)/installed cli ## Serve on 127.0.0.1:8000 (or HOST, PORT)
	@echo 'In another terminal: $(BIN)/claude-proxy check, login, env; Ctrl-C ends this.'
	@exec $(BIN)/claude-proxy serve

demo: $(VENV)/installed cli ## Serve the real CLI against a stub, without an account
	@printf '%s\n' 'Look at http://localhost:$(PORT)/ or try, in another terminal:' \
	  '  curl -s localhost:$(PORT)/health' \
	  '  curl -s localhost:$(PORT)/health/detailed' \
	  '  curl -s localhost:$(PORT)/health/live' \
	  '  $(BIN)/claude-proxy check' 'Ctrl-C ends it.'
	@exec $(BIN)/python -m tests.support.demo $(BIN)/claude-proxy serve

test: $(VENV)/clients cli tools $(NODE_MODULES) ## Run every test, those against the real CLI included
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses 3 --dist loadfile --durations 15 $(TESTS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

quick: $(VENV)/dev ## Run the tests that take seconds: no server, no browser, no real CLI
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --ignore tests/service --ignore tests/deploy --ignore tests/browser -m "not real_cli"

soak: $(VENV)/dev cli ## Do random faults to a service for an hour (SOAK_SECONDS, SOAK_REQUESTS, SOAK_SEED)
	SOAK_SECONDS=$${SOAK_SECONDS:-3600} SOAK_REQUESTS=$${SOAK_REQUESTS:-500} \
	  $(BIN)/python -m pytest -s tests/service/test_soak.py tests/service/test_leftovers.py \
	  tests/service/test_one_upstream.py

portability: ## Try all this on a bare Debian 12 and 13 (root, debootstrap, half an hour)
	tests/portability/run bookworm trixie

lint: $(VENV)/dev ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy deploy/grafana/dashboard.py

format: $(VENV)/dev ## Put every file into the one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/bench cli tools ## Measure speed and memory, as ratios in one run
	$(BIN)/python -m bench.cost
	$(BIN)/python -m bench.load
	$(BIN)/python -m bench.restarts
	$(BIN)/python -m bench.health
	$(BIN)/python -m bench.pool
	$(BIN)/python -m bench.front
	$(BIN)/python -m bench.messages
	$(BIN)/python -m bench.agent
	$(BIN)/python -m bench.page
	$(BIN)/python -m bench.openai

dashboard: $(VENV)/dev ## Write deploy/grafana/dashboard.json from the Python beside it
	$(BIN)/python deploy/grafana/dashboard.py > deploy/grafana/dashboard.new
	@mv deploy/grafana/dashboard.new deploy/grafana/dashboard.json

rules: ## Copy the rules of Prometheus to where Kubernetes takes them
	@{ sed '/^spec:/q' $(OPERATOR); sed '/^#/d; s/^./  &/' deploy/prometheus/rules.yml; } > $(OPERATOR).new
	@mv $(OPERATOR).new $(OPERATOR)

screenshots: $(VENV)/dev tools ## Take the pictures of docs/images anew
	$(BIN)/python -m pytest -q tests/browser/screenshots.py

lock: $(VENV)/clients ## Write the versions in use to constraints.txt
	$(BIN)/python -m pip freeze --exclude-editable --exclude claude-code-proxy > constraints.txt

clean: ## Remove each .venv and what the tools left
	rm -rf .venv .venv-* $(NODE_MODULES) build *.egg-info .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Installs Debian packages where that is possible, and says which where it is not.
apt_get = { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null || { \
    echo "Install $(1), then try again; on Debian or Ubuntu: sudo apt-get install $(1)"; exit 1; }; \
  echo "Installing $(1)"; export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1; apt-get update -qq \
  && apt-get install -qqy --no-install-recommends $(1) >/dev/null; }

# pip is what a .venv gets last: one without it is half, and is made anew. Debian's
# python3 cannot make one before python3-venv is there.
$(BIN)/pip:
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(call apt_get,$(notdir $(PYTHON))-venv)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo 'Python 3.11 or newer is needed; say which with make PYTHON=...'; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/installed: $(BIN)/pip setup.cfg constraints.txt
	$(PIP) --editable .
	@touch $@

$(VENV)/dev: $(VENV)/installed
	$(PIP) --editable '.[dev]'
	@touch $@

# LangChain, llm and Pydantic AI, clients in the tests.
$(VENV)/clients: $(VENV)/dev
	$(PIP) --editable '.[clients]'
	@touch $@

$(VENV)/bench: $(VENV)/dev
	$(PIP) --editable '.[bench]'
	@touch $@

# An installed claude always wins; the bundled one is loaded where there is none.
cli: $(VENV)/installed
	@$(BIN)/python -c 'from app.claude.locate import main; main()' || { \
	  echo 'No claude found: loading the one bundled in claude-agent-sdk (about 170 MB).'; \
	  $(PIP) --editable '.[bundled-cli]' && $(BIN)/python -c 'from app.claude.locate import main; main()'; }

# What the tests run beside Python, with its package where that has another name; a
# missing one is installed where that is possible.
TOOLS := curl jq prometheus nginx haproxy socat apache2 npm shellcheck systemd-nspawn:systemd-container \
  podman buildah runc catatonit netavark aardvark-dns iptables podman-compose debootstrap \
  kubectl:kubernetes-client chromium chromedriver:chromium-driver
tools:
	@PATH=$$PATH:/usr/sbin:/usr/lib/podman; for tool in $(TOOLS); do \
	  command -v $${tool%:*} >/dev/null || missing="$${missing:+$$missing }$${tool#*:}"; done; \
	[ -z "$$missing" ] || $(call apt_get,$$missing)

# The official TypeScript SDK, a client in the tests; axe-core, which looks at the page.
$(NODE_MODULES): %/node_modules: %/package-lock.json | tools
	@npm ci --prefix $* --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@
