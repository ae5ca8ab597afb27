# One command for each habit; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help demo install install-dev frontend catalogues check format test bench soak pins schema clean

VENV := .venv
PY := $(VENV)/bin/python
# Variables given to make (VIDEO, CMS_PORT, SITE_PORT, S3_PORT, STATE_DIR, PYTHON) reach the
# recipes through the environment, so a name with blanks or quotes stays whole.

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: install frontend catalogues ## Run everything on this machine (VIDEO=clip.mp4 takes your own clip; CMS_PORT, SITE_PORT, S3_PORT, STATE_DIR)
	@$(PY) -m cms.embedded demo

install: $(VENV)/.installed ## Make .venv and install the pins

install-dev: $(VENV)/.installed-dev ## The same, with what tests and checks need

$(VENV)/.installed: requirements.txt
	@sh cms/embedded/install.sh requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements.txt requirements-dev.txt tests/html/package-lock.json tests/netlify/package-lock.json
	@sh cms/embedded/install.sh requirements-dev.txt
	@$(PY) -m tests.html.checker
	@$(PY) -m tests.netlify.rules
	@touch $(VENV)/.installed $@

frontend: install ## Assemble scripts and styles (finds Node, or uses the one from PyPI)
	@$(PY) site_builder/frontend/build.py

catalogues: install ## Compile the Indonesian and English catalogues
	@$(PY) -m cms.i18n compile

check: install-dev ## Seconds: style, types, layers, migrations, the GraphQL contract and its queries
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(VENV)/bin/lint-imports --no-logo
	$(PY) -m mypy
	$(PY) manage.py makemigrations --check --dry-run --settings cms.settings.test
	$(PY) manage.py export_schema --check --settings cms.settings.test

format: install-dev ## Put imports and layout in order
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

# The parts that use the database on PostgreSQL, then everything on SQLite: one summary ends the log.
test: install-dev frontend catalogues ## All tests (≤ 20 minutes); a part: make test ARGS=tests/media
	POLICETUBE_TESTS_ON=postgresql $(PY) -m pytest -p tests.postgresql -n 3 --dist loadgroup $(ARGS); \
	status=$$?; $(PY) -m pytest -n 3 --dist loadgroup $(ARGS) && exit $$status

bench: install-dev frontend catalogues ## Benchmarks, written to bench/results/
	$(PY) -m bench $(ARGS)

soak: install-dev frontend catalogues ## The long runs whole: fuzz, kill loops, faults, crawls
	SOAK=1 $(PY) -m pytest -n 3 --dist loadgroup --timeout 7200 $(ARGS)

schema: install-dev ## Write schema.graphql anew
	$(PY) manage.py export_schema --settings cms.settings.test

pins: install-dev ## Renew requirements.txt and requirements-dev.txt
	$(PY) .ci/pins.py

clean: ## Remove what the demo and the builds made; .venv and node_modules stay
	@if [ -d var/run ] && ! $(PY) -m cms.embedded is-stopped; then exit 1; fi
	rm -rf var dist site_builder/assets/build cms/static_built
	rm -rf .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
	find . -name '*.mo' -not -path './$(VENV)/*' -delete
