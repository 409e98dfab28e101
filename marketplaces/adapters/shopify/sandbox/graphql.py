"""A small GraphQL: one operation per document, fields with aliases, arguments and directives, variables, `... on`.

An answer holds exactly the fields that were asked for; a field that an object does not have is an error, as with the real one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_TOKEN = re.compile(r'\.\.\.|[{}()\[\]:!$@=]|"(?:\\.|[^"\\])*"|-?\d+(?:\.\d+)?|[A-Za-z_]\w*')
_NEVER = object()
MUTATION_COST = 10


class Refused(ValueError):
    """A document that cannot be answered."""


@dataclass(slots=True)
class Field:
    """`alias` is what it is called in the answer."""

    name: str
    alias: str
    arguments: dict[str, Any] = field(default_factory=dict)
    directives: dict[str, dict[str, Any]] = field(default_factory=dict)
    fields: list[Field] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Document:
    kind: str
    name: str
    fields: list[Field]

    def cost(self) -> int:
        """Scalars 0, objects 1, connections by their page size, mutations 10 more."""
        return sum(map(_cost, self.fields)) + (MUTATION_COST * len(self.fields) if self.kind == "mutation" else 0)


class _Reader:
    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self.tokens: list[str] = _TOKEN.findall(text)
        self.variables = variables
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise Refused(f"syntax error, unexpected {token or 'end of file'}")
        self.at += 1
        return token

    def document(self) -> Document:
        kind, name = "query", ""
        if self.peek() in ("query", "mutation"):
            kind = self.take()
            name = self.take() if self.peek() not in ("(", "{") else ""
            self._skip_definitions()
        return Document(kind, name, self.selection())

    def _skip_definitions(self) -> None:
        if self.peek() == "(":
            while self.take() != ")":
                continue

    def selection(self) -> list[Field]:
        self.take("{")
        found: list[Field] = []
        while self.peek() != "}":
            if self.peek() == "...":
                self.at += 3
                found += self.selection()
            else:
                found.append(self._field())
        self.take("}")
        return found

    def _field(self) -> Field:
        alias = name = self.take()
        if self.peek() == ":":
            self.take()
            name = self.take()
        made = Field(name, alias, self._arguments())
        while self.peek() == "@":
            self.take()
            name = self.take()
            made.directives[name] = self._arguments()
        if self.peek() == "{":
            made.fields = self.selection()
        return made

    def _arguments(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.peek() != "(":
            return found
        self.take()
        while self.peek() != ")":
            name = self.take()
            self.take(":")
            found[name] = self._value()
        self.take(")")
        return found

    def _value(self) -> Any:
        token = self.take()
        if token == "$":  # noqa: S105 - a sign of the language
            return self.variables.get(self.take())
        if token == "[":  # noqa: S105
            items = []
            while self.peek() != "]":
                items.append(self._value())
            self.take("]")
            return items
        known = {"true": True, "false": False, "null": None}
        if token in known:
            return known[token]
        return json.loads(token) if token[0] in '"-0123456789' else token


def parse(text: str, variables: Mapping[str, Any]) -> Document:
    return _Reader(text, variables).document()


def pick(value: Any, fields: list[Field]) -> Any:
    """Of a resolved value only what was asked for."""
    if isinstance(value, list):
        return [pick(item, fields) for item in value]
    if not isinstance(value, Mapping):
        return value
    if not fields:
        raise Refused("an object was asked for without its fields")
    return dict(_picked(value, fields))


def _picked(value: Mapping[str, Any], fields: list[Field]) -> Iterator[tuple[str, Any]]:
    for wanted in fields:
        found = value.get(wanted.name, _NEVER)
        if found is _NEVER:
            raise Refused(f"Field '{wanted.name}' doesn't exist")
        yield wanted.alias, pick(found, wanted.fields)


def _cost(wanted: Field) -> int:
    if not wanted.fields:
        return 0
    first = wanted.arguments.get("first")
    return 1 + (first if isinstance(first, int) else 0) + sum(map(_cost, wanted.fields))


def connection(found: list[Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A page of a list; the cursor is the place of its last item."""
    after = str(arguments.get("after") or "0")
    start = int(after) if after.isdigit() else 0
    size = arguments.get("first") if isinstance(arguments.get("first"), int) else len(found)
    shown = found[start : start + (size or 0)]
    end = start + len(shown)
    return {
        "nodes": shown,
        "edges": [{"node": node} for node in shown],
        "pageInfo": {"hasNextPage": end < len(found), "endCursor": str(end) if shown else None},
    }
