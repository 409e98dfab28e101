"""The product's own source, read as syntax trees."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("config", "marketplaces", "catalog", "inventory", "finance", "advertising", "tickets")
SKIPPED = {"migrations", "__pycache__"}


@dataclass(frozen=True)
class Module:
    path: Path

    @property
    def name(self) -> str:
        """Its path from the project folder: what exemptions and messages say."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def dotted(self) -> str:
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.name)

    @cached_property
    def imports(self) -> tuple[tuple[int, str], ...]:
        """Line and dotted name of all that is imported; `from a import b` counts as `a.b`."""
        return tuple(_imports(self.tree, self.dotted, is_package=self.path.name == "__init__.py"))

    def matches(self, pattern: str) -> bool:
        """Glob over the project path; `*` stays within a folder, `**` does not."""
        return re.fullmatch(_regex(pattern), self.name) is not None


@cache
def modules(*packages: str) -> tuple[Module, ...]:
    """Every module of the given packages (all of the product when none is named), without migrations."""
    found = (path for package in packages or PACKAGES for path in sorted((ROOT / package).rglob("*.py")))
    return tuple(Module(path) for path in found if not SKIPPED & set(path.parts))


def _imports(tree: ast.Module, dotted: str, *, is_package: bool) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = dotted.split(".")[: None if is_package and node.level == 1 else -node.level + is_package]
                base = ".".join([*parents, *([base] if base else [])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


@cache
def _regex(pattern: str) -> str:
    escaped = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*")
    return (
        re.sub(r"\\([{},])", lambda m: {"{": "(?:", "}": ")", ",": "|"}[m[1]], escaped)
        .replace(r"\*", "[^/]*")
        .replace(",", "|")
    )
