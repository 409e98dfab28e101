"""GET /healthz with the real database and broker, and with dead ones."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client

from config.core import clock, tenancy
from config.core.models import Heartbeat, WorkItem

pytestmark = pytest.mark.django_db


def lives(name: str, ago: float = 0) -> None:
    with tenancy.in_public():
        Heartbeat.objects.update_or_create(name=name, defaults={"at": Now() - timedelta(seconds=ago)})


def ask(host: str = "127.0.0.1") -> tuple[int, dict]:
    answer = Client(headers={"host": host}).get("/healthz")
    return answer.status_code, answer.json()


@pytest.mark.parametrize("host", ["127.0.0.1", "north.localhost", "a-host-that-nobody-configured.example"])
def test_it_is_well_on_any_host_when_every_part_lives(host):
    lives("worker:one")
    lives("worker:two")
    lives("beat")
    status, found = ask(host)
    assert (status, found["ok"]) == (200, True)
    assert [found[part]["ok"] for part in ("database", "broker", "workers", "beat")] == [True] * 4
    assert found["workers"]["alive"] == 2
    assert found["work"] == {"ok": True, "lag_s": 0.0}


@pytest.mark.parametrize(("silent", "part"), [("worker:one", "workers"), ("beat", "beat")])
def test_it_is_unwell_when_a_process_is_silent_for_a_minute(silent, part):
    for name in ("worker:one", "beat"):
        lives(name, ago=60 if name == silent else 0)
    status, found = ask()
    assert (status, found[part]["ok"]) == (503, False)
    assert 60 <= found[part]["age_s"] < 70


def test_it_is_well_without_a_schedule_as_long_as_the_history_is_played():
    lives("worker:one")
    lives("starting", ago=20)
    status, found = ask()
    assert (status, found["ok"], found["starting"]) == (200, True, True)
    assert found["beat"] == {"ok": True, "alive": 0, "age_s": None}
    lives("starting", ago=40)
    assert (ask()[0], ask()[1]["starting"]) == (503, False)
    lives("starting")
    lives("beat")
    assert (ask()[0], ask()[1]["starting"]) == (200, False)


def test_it_is_unwell_when_nobody_ever_lived():
    assert ask()[0] == 503


def test_it_says_why_when_the_broker_is_away(settings):
    lives("worker:one")
    lives("beat")
    settings.BROKER_URL = "redis://127.0.0.1:9/0"
    status, found = ask()
    assert (status, found["broker"]["ok"], found["database"]["ok"]) == (503, False, True)
    assert found["broker"] == {"ok": False, "why": "ConnectionError"}


def test_it_tells_how_long_the_oldest_due_work_of_any_client_waits(south):
    with tenancy.in_tenant("south"):
        for number, minutes in enumerate((5, 30, -60)):
            due = clock.now() - timedelta(minutes=minutes)
            WorkItem.objects.create(
                job="x", dedupe_key=f"k{number}", queue="default", due_at=due, created_at=clock.now()
            )
    assert 1800 <= ask()[1]["work"]["lag_s"] < 1810
