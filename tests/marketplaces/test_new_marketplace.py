"""A new marketplace begins as a copy that works."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

import marketplaces.adapters
from marketplaces import plain, registry
from marketplaces.canonical import Rejected
from marketplaces.contract import Page

KEY = "shopfair_two"


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    call_command("new_marketplace", KEY, into=tmp_path, verbosity=0)
    monkeypatch.setattr(marketplaces.adapters, "__path__", [*marketplaces.adapters.__path__, str(tmp_path)])
    yield tmp_path / KEY
    for name in [name for name in sys.modules if name.startswith(f"marketplaces.adapters.{KEY}")]:
        del sys.modules[name]


def test_it_puts_the_key_everywhere_in_the_place_of_the_example(copy):
    texts = {file: file.read_text() for file in copy.rglob("*") if file.is_file() and "__pycache__" not in file.parts}
    assert len(texts) >= 17
    assert [file.name for file, text in texts.items() if "example" in text.lower()] == []
    adapter = importlib.import_module(f"marketplaces.adapters.{KEY}.adapter").ADAPTER
    assert (adapter.key, adapter.label, adapter.vocabulary) == (KEY, "Shopfair Two", frozenset({KEY, "Shopfair Two"}))
    assert [account.key for account in adapter.sandbox_accounts] == [KEY]


def test_it_copies_parts_that_read_the_copied_samples(copy):
    mappers = importlib.import_module(f"marketplaces.adapters.{KEY}.mapping").MAPPERS
    for part in ("client", "actions", "events", "sandbox"):
        assert importlib.import_module(f"marketplaces.adapters.{KEY}.{part}").__file__.startswith(str(copy))
    for key, mapper in mappers.items():
        found = list(mapper(Page(resource=key, body=(copy / "samples" / f"{key}.json").read_bytes())))
        rows = [plain.row(row) for row in found if not isinstance(row, Rejected)]
        assert rows == json.loads((copy / "samples" / f"{key}.expected.json").read_text())["rows"]


@pytest.mark.parametrize("key", ["", "x", "Shop", "9lives", "two words", "../up", "class", "_hidden", "a" * 31])
def test_it_refuses_what_cannot_be_a_key(tmp_path, key):
    with pytest.raises(CommandError, match="is no key"):
        call_command("new_marketplace", key, into=tmp_path, verbosity=0)
    assert list(tmp_path.iterdir()) == []


def test_it_refuses_a_key_that_is_taken(copy):
    with pytest.raises(CommandError, match="exists already"):
        call_command("new_marketplace", KEY, into=copy.parent, verbosity=0)
    taken = next(registry.all_adapters()).key
    with pytest.raises(CommandError, match="exists already"):
        call_command("new_marketplace", taken, into=copy.parent, verbosity=0)
    assert [path.name for path in copy.parent.iterdir()] == [KEY]
