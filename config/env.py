"""Typed readers of the environment: a wrong or missing value refuses to start and says which, and what to do."""

import os
import secrets
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

from config.core import files

Value = TypeVar("Value")

ROOT = Path(__file__).resolve().parent.parent
TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}

environ.Env.read_env(str(ROOT / ".env"))
if os.environ.get("REDIS_URL"):  # the name that hosts give to the one Redis that they offer: broker, and so cache too
    os.environ.setdefault("BROKER_URL", os.environ["REDIS_URL"])


def text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, "").strip() or default
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set; see .env.example for what it means")
    return value


def flag(name: str, default: bool | None = None) -> bool:
    value = text(name, None if default is None else str(default)).lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} is {value!r}; write one of {sorted(TRUE | FALSE)}")
    return value in TRUE


def number(name: str, default: int, *, at_least: int = 0, at_most: int | None = None) -> int:
    value = parsed(name, str(default), int, "a whole number")
    if value < at_least or (at_most is not None and value > at_most):
        limits = f"at least {at_least}" + ("" if at_most is None else f" and at most {at_most}")
        raise ImproperlyConfigured(f"{name} is {value}; it must be {limits}")
    return value


def listed(name: str, default: str | None = None) -> list[str]:
    """A comma-separated list, without empty entries."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def url(name: str, default: str | None = None, *, schemes: Collection[str]) -> str:
    value = text(name, default)
    if value.split("://")[0] not in schemes or "://" not in value:
        raise ImproperlyConfigured(f"{name} must begin with one of {[f'{s}://' for s in sorted(schemes)]}")
    return value


def path(name: str, default: Path) -> Path:
    """An absolute path; a relative one counts from the project folder."""
    return (ROOT / Path(text(name, str(default))).expanduser()).resolve()


def secret(name: str, *, at_least: int = 32) -> str:
    """A secret that must be given; its value never appears in the message."""
    value = text(name)
    if len(value) < at_least:
        raise ImproperlyConfigured(f"{name} is shorter than {at_least} characters; generate a longer one")
    return value


def kept_secret(name: str, folder: Path, make: Callable[[], str] = lambda: secrets.token_urlsafe(48)) -> str:
    """The secret from the environment, or one made once and kept in a file that only its owner can read."""
    if os.environ.get(name):
        return secret(name)
    return files.write_once(folder / name.lower(), make)


def parsed(name: str, default: str | None, parse: Callable[[str], Value], what: str) -> Value:
    value = text(name, default)
    try:
        return parse(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {value!r}; it must be {what}") from error
