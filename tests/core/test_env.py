"""A wrong value refuses to start and names itself; a secret is never named."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


@pytest.mark.parametrize(
    ("value", "read", "message"),
    [
        ("perhaps", lambda: env.flag("SETTING"), "SETTING is 'perhaps'"),
        ("ten", lambda: env.number("SETTING", 1), "SETTING is 'ten'; it must be a whole number"),
        ("0", lambda: env.number("SETTING", 1, at_least=1), "SETTING is 0; it must be at least 1"),
        ("70000", lambda: env.number("SETTING", 1, at_most=65535), "at most 65535"),
        ("mysql://x", lambda: env.url("SETTING", schemes={"postgresql"}), "must begin with one of"),
        ("", lambda: env.text("SETTING"), "SETTING is not set"),
    ],
)
def test_it_refuses_a_wrong_value_and_says_what_is_right(value, read, message, monkeypatch):
    monkeypatch.setenv("SETTING", value)
    with pytest.raises(ImproperlyConfigured, match=message):
        read()


@pytest.mark.parametrize(("value", "meant"), [("yes", True), ("ON", True), ("0", False), (" false ", False)])
def test_it_reads_flags_as_people_write_them(value, meant, monkeypatch):
    monkeypatch.setenv("SETTING", value)
    assert env.flag("SETTING") is meant


def test_it_never_repeats_a_secret_that_is_too_short(monkeypatch):
    monkeypatch.setenv("SETTING", "hunter2")
    with pytest.raises(ImproperlyConfigured) as refused:
        env.secret("SETTING")
    assert "hunter2" not in str(refused.value)


def test_it_makes_a_secret_once_and_keeps_it_for_its_owner_alone(tmp_path, monkeypatch):
    monkeypatch.delenv("SETTING", raising=False)
    first = env.kept_secret("SETTING", tmp_path)
    assert env.kept_secret("SETTING", tmp_path) == first
    assert len(first) >= 48
    assert stat.S_IMODE((tmp_path / "setting").stat().st_mode) == 0o600


@pytest.mark.parametrize("missing", ["SECRET_KEY", "FIELD_KEYS", "ALLOWED_HOSTS", "DATABASE_URL", "BROKER_URL"])
def test_it_does_not_start_in_production_when_something_is_missing(missing):
    given = {
        "SECRET_KEY": "s" * 60,
        "FIELD_KEYS": "a:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "ALLOWED_HOSTS": ".example.com",
        "CSRF_TRUSTED_ORIGINS": "https://*.example.com",
        "DATABASE_URL": "postgresql://u:p@db/n",
        "BROKER_URL": "redis://broker/0",
        "CACHE_URL": "redis://broker/1",
    }
    assert start_production(given).returncode == 0
    refused = start_production({name: value for name, value in given.items() if name != missing})
    assert refused.returncode == 1
    assert f"ImproperlyConfigured: {missing} is not set" in refused.stderr


def start_production(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import config.settings.production"]
    root = Path(env.ROOT)
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("given", "broker"),
    [
        ({"REDIS_URL": "redis://one/0"}, "redis://one/0"),
        ({"REDIS_URL": "redis://one/0", "BROKER_URL": "redis://two/0"}, "redis://two/0"),
    ],
)
def test_it_takes_the_one_redis_of_a_host_as_broker_unless_a_broker_is_named(given, broker):
    code = "import config.env, os; print(os.environ['BROKER_URL'])"
    answer = subprocess.run(
        [sys.executable, "-c", code], env=given, cwd=env.ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == broker
