# Every verb of the project. `make` alone lists them.
PYTHON ?= python3
PY := .venv/bin/python
# What Hypothesis tries is the same in each run: what it finds by chance belongs to who looks for it, with `make fuzz`.
PYTEST := $(PY) -m pytest --hypothesis-profile=ci
# Three tiers. The fast one and the slow one use every core; what is timed, killed or starved has the machine to itself.
FAST := not bot and not e2e and not faults and not slow and not alone
ALONE := faults or alone or (e2e and bot)

# PATH may hold a virtual environment of somebody else's.
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME
# Some machines forbid bytecode: each of the hundreds of processes that the tests start would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONUNBUFFERED := 1

.DEFAULT_GOAL := help
.PHONY: help run setup setup-gateway train net matters test test-fast fuzz lint types words format bench requirements requirements-check \
	browser node hooks clean clean-all

help: ## list these verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' Makefile

run: setup ## set up and start everything; Ctrl-C stops it
	@exec .venv/bin/frontdoor up

setup: ## build both environments, .venv and .venv-bot, and stop
	@$(PYTHON) tools/bootstrap.py

setup-gateway:
	@$(PYTHON) tools/bootstrap.py --only gateway

train: setup ## train the bot's model when its files have changed
	@.venv-bot/bin/python -m bot.train

net: setup-gateway ## train the net under the risk rules from its rows (a quarter of an hour)
	@OMP_NUM_THREADS=2 $(PY) -m tools.net

matters: setup-gateway ## train what guesses the topic of a text from its rows (four minutes)
	@OMP_NUM_THREADS=2 $(PY) -m tools.matters

test: setup browser node ## everything: lint, types, unit, integration, bot, end to end, faults
	@$(MAKE) --no-print-directory --jobs 2 train test-fast
	@$(PYTEST) -n auto --dist loadfile --durations 60 --durations-min 5 -m "not ($(FAST)) and not ($(ALONE))"
	@$(PYTEST) --durations 20 --durations-min 5 -m "$(ALONE)"

test-fast: setup-gateway lint types ## the tier for every commit: no bot, no browser, no kills, nothing slow
	@$(PYTEST) -n auto -p no:schemathesis -m "$(FAST)"

fuzz: setup-gateway ## the tests that make up their cases, with cases that nobody tried before
	@$(PYTEST) -n auto --hypothesis-profile=default -m 'hypothesis and not bot'

lint: setup-gateway requirements-check ## ruff, and whether the requirement files are up to date
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --check --quiet . || { echo 'run `make format`'; exit 1; }

types: setup-gateway ## mypy, strict: the gateway and the tools on 3.12, the bot on 3.10
	@$(PY) -m mypy --no-error-summary
	@$(PY) -m mypy --no-error-summary --python-version 3.10 --cache-dir .mypy_cache/bot --package bot

words: setup-gateway ## gather the words of the console; new ones wait for their Spanish in gateway/translations/es.po
	@$(PY) -m tools.console_words

format: setup-gateway ## bring the code into shape
	@$(PY) -m ruff check --fix --quiet . || true
	@$(PY) -m ruff format .

bench: setup ## how long a resident waits, at 1, 8 and 32 at once; memory of each process
	@$(PY) -m bench

requirements: setup-gateway ## compile the hash-pinned requirement files (UPGRADE=1 takes newer versions)
	@$(PY) -m tools.requirements $(if $(UPGRADE),--upgrade)

requirements-check: setup-gateway ## say whether the requirement files are older than pyproject.toml
	@$(PY) -m tools.requirements --check

browser:
	@sh tools/browser.sh

node:
	@sh tools/node.sh

hooks: setup-gateway ## install the pre-commit hooks into this clone
	@$(PY) -m pre_commit install

clean: ## remove caches and what was built; var/, models/ and the environments stay
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .rasa build test-results *.egg-info
	@find . -name __pycache__ -type d -not -path './.venv*' -not -path './.uv/*' -prune -exec rm -rf {} +

clean-all: clean ## also remove the environments and the models; asks before it removes var/
	@rm -rf .venv .venv-bot .uv models
	@if [ -e var ] && [ -t 0 ]; then \
		printf 'var/ holds every message, the keys and the logs. Type "forget" to delete it: '; read -r word; \
		if [ "$$word" = forget ]; then rm -rf var; else echo 'var/ stays'; fi; \
	fi
