"""Incidents, reviews and paces over the API: what a screen can do, a program can."""

import base64
from datetime import timedelta

import pytest

from config.core.models import Pace
from marketplaces.models import Account
from tests import factories
from tests.api.test_writes import post
from tests.factories import NOON
from tickets.health import seed
from tickets.models import Evidence, Incident, WeeklyReview

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(north, noon) -> Account:
    seed.seed()
    return factories.account()


def test_it_works_an_incident(program, shop):
    incident = Incident.objects.create(
        account=shop, effect="late", state="open", severity="S2", title="late", counted_at=NOON, detected_at=NOON,
        opened_at=NOON,
    )  # fmt: skip
    incident.steps.create(position=1, title="ship", owner="operations")
    robot, at = program("tickets"), f"incidents/{incident.pk}"
    assert post(robot, f"{at}/step", {"position": 1}).json()["steps"][0]["done_by"] == "token robot"
    assert post(robot, f"{at}/comment", {"text": "ringing"}).status_code == 200
    letter = {"name": "letter.pdf", "content": base64.b64encode(b"lost").decode(), "media_type": "application/pdf"}
    assert post(robot, f"{at}/attach", letter).status_code == 200
    assert bytes(Evidence.objects.get().body) == b"lost"
    assert post(robot, f"{at}/attach", {**letter, "content": "no base64!"}).status_code == 400


def test_it_runs_a_review(program, shop):
    robot = program("tickets")
    review = post(robot, "weekly-reviews/begin", {"week_on": "2026-10-01"}).json()
    assert (review["week_on"], len(review["answers"])) == ("2026-09-28", 10)
    at = f"weekly-reviews/{review['id']}"
    assert post(robot, f"{at}/sign", {}).status_code == 422
    for answer in review["answers"]:
        post(robot, f"{at}/answer", {"position": answer["position"]})
    assert post(robot, f"{at}/sign", {"note": "go on"}).json()["signed_by"] == "token robot"
    assert WeeklyReview.objects.get().is_signed


def test_it_sets_and_ends_a_pace(program, shop):
    robot, until = program("sync"), (NOON + timedelta(hours=3)).isoformat()
    made = post(robot, "paces/begin", {"account": shop.key, "until": until, "reason": "a big day"}).json()
    assert made["factors"] == {"less": "4", "least": "12"}
    assert post(robot, "paces/begin", {"until": until, "reason": "x", "factors": {"never": "4"}}).status_code == 422
    assert post(robot, f"paces/{made['id']}/end").json()["ended_by"] == "token robot"
    assert Pace.objects.count() == 1
