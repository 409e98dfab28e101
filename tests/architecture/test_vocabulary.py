"""A marketplace's own words stay in its folder and its tests."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from marketplaces import registry
from tests.architecture.source import PACKAGES, ROOT

SEARCHED = {".py", ".html", ".js", ".css", ".toml", ".txt"}
PLACES = (*PACKAGES, "templates", "tests", "bench")
AS_EXAMPLE = {
    "config/core/management/commands/seed_demo.py": "names the demo's accounts",
}
KEYS = [adapter.key for adapter in registry.all_adapters()]


@cache
def texts() -> tuple[tuple[str, str], ...]:
    files = (file for place in PLACES for file in sorted((ROOT / place).rglob("*")) if file.suffix in SEARCHED)
    return tuple((file.relative_to(ROOT).as_posix(), file.read_text()) for file in files if not hidden(file))


def hidden(file: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in file.relative_to(ROOT).parts)


def words_of(key: str) -> re.Pattern[str]:
    """Whole words; underscores and digits separate words as well, so that names in code are found."""
    words = sorted(registry.get(key).vocabulary | {key}, key=len, reverse=True)
    return re.compile(rf"(?<![a-z])({'|'.join(map(re.escape, words))})(?![a-z])", re.IGNORECASE)


def strays(key: str) -> Iterator[str]:
    homes = (f"marketplaces/adapters/{key}/", f"tests/marketplaces/adapters/{key}/")
    pattern = words_of(key)
    for name, text in texts():
        if name.startswith(homes) or name in AS_EXAMPLE or not pattern.search(text):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if found := pattern.search(line):
                yield f"{name}:{number} says {found[0]!r}"


@pytest.mark.parametrize("key", KEYS)
def test_it_keeps_the_words_of_a_marketplace_in_its_folder(key):
    assert list(strays(key)) == []


@pytest.mark.parametrize("key", KEYS)
def test_it_knows_the_words_of_a_marketplace(key):
    adapter = registry.get(key)
    assert adapter.vocabulary, "name the item number, the fulfilment programme, the advertising products"
    assert words_of(key).search(f"a {adapter.label} order")
    assert not words_of(key).search("an order of goods")
