# One line per job; each makes .venv when it is missing or when requirements.txt changed.
PYTHON ?= python3
A ?=
BIN := .venv/bin
STAMP := .venv/.installed-$(shell cksum < requirements.txt | cut -d' ' -f1)
WORKERS ?= 2

.PHONY: run test check format bench reset

run: $(STAMP)
	@exec $(BIN)/python manage.py up

test: $(STAMP)
	@$(BIN)/python -m pytest $(if $(A),tests/contract tests/marketplaces/adapters/$(A) --adapter $(A),-n $(WORKERS) --dist load --maxschedchunk 4)

check: $(STAMP)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python manage.py check

format: $(STAMP)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(STAMP)
	@$(BIN)/python -m bench

reset: $(STAMP)
	@$(BIN)/python manage.py reset --yes

$(STAMP):
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@rm -f .venv/.installed-*
	@touch $@
