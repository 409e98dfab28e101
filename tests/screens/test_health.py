"""The board of account health, an account's own page, and the limits."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from config.core import clock, paces
from config.core.permissions import Role
from tests.factories import NOON
from tickets.health import seed
from tickets.models import HealthDay, Incident, WeeklyReview
from tickets.services import incidents

pytestmark = pytest.mark.django_db


def measured(account, value, band, *, days_ago=0, metric="late_dispatch", **changes):
    day = NOON.date() - timedelta(days=days_ago)
    values = {"numerator": 3, "denominator": 100, "samples": 100, "used": Decimal("0.75"), "left": 1, **changes}
    return HealthDay.objects.create(
        account=account, metric=metric, day=day, value=value, band=band, as_of=clock.now(), **values
    )


def test_the_board_says_each_figure_with_its_band_and_why_there_is_none(owner, shop, budget):
    seed.seed()
    measured(shop, Decimal("0.03"), "watch")
    measured(shop, Decimal("0.09"), "risk", days_ago=1)
    measured(shop, None, "", metric="variance", numerator=None, denominator=None, why="nothing is settled yet")
    with budget("health_board"):
        answer = owner.get("/health/")
    text = answer.content.decode()
    assert answer.context["counts"] == {"stable": 0, "watch": 1, "risk": 0}
    assert "3.00%" in text
    assert "3 of 100 · 1 left" in text
    assert "nothing is settled yet" in text


def test_an_account_shows_its_trend_and_what_is_asked_of_it(owner, shop, budget):
    seed.seed()
    for days_ago, value in enumerate(("0.03", "0.09", "0.02")):
        measured(shop, Decimal(value), "risk" if value == "0.09" else "watch", days_ago=days_ago)
    with budget("health_account"):
        answer = owner.get(f"/health/of/{shop.key}/")
    trend = next(each for each in answer.context["trends"] if each.cell.metric.key == "late_dispatch")
    assert (trend.values, trend.at_risk) == ([Decimal("0.02"), Decimal("0.09"), Decimal("0.03")], 1)
    assert "1 of 3" in answer.content.decode()


def test_limits_are_listed_with_their_source(owner, shop, budget):
    seed.seed()
    with budget("health_limits"):
        answer = owner.get("/health/limits/?metric=late_dispatch")
    assert "NOON-perf" not in owner.get("/health/limits/?metric=order_defect").content.decode()
    assert "NOON-perf" in answer.content.decode()


@pytest.fixture
def late(shop):
    """An open incident of two bad days."""
    seed.seed()
    for days_ago in (2, 1):
        measured(shop, Decimal("0.06"), "risk", days_ago=days_ago)
    incidents.follow([NOON.date() - timedelta(days=days_ago) for days_ago in (2, 1)])
    return Incident.objects.get()


def test_incidents_are_listed_and_each_is_worked_on_its_own_page(owner, late, budget):
    with budget("incidents"):
        board = owner.get("/health/incidents/")
    assert late.title in board.content.decode()
    with budget("incident"):
        page = owner.get(f"/health/incidents/{late.pk}/")
    assert page.context["proposes_peak"]
    for given in (
        {"action": "step", "position": 1}, {"action": "comment", "text": "ringing"},
        {"action": "attach", "file": SimpleUploadedFile("letter.html", b"<script>")}, {"action": "degrade"},
    ):  # fmt: skip
        owner.post(f"/health/incidents/{late.pk}/", given)
    kinds = set(late.events.values_list("kind", "actor"))
    assert kinds == {("opened", "health"), ("step", "owner"), ("comment", "owner"), ("evidence", "owner")}
    assert paces.active().get().account_id == late.account_id
    piece = owner.get(f"/health/incidents/{late.pk}/evidence/{late.evidence.get().pk}/")
    assert (piece["Content-Type"], piece["Content-Disposition"]) == (
        "application/octet-stream", 'attachment; filename="letter.html"',
    )  # fmt: skip
    assert owner.get(f"/health/incidents/{late.pk}/archive/")["Content-Type"] == "application/zip"


@pytest.mark.parametrize(("action", "given"), [("step", {"position": 1}), ("degrade", {}), ("comment", {"text": "x"})])
def test_whoever_may_only_look_changes_no_incident(sign_in, late, action, given):
    viewer = sign_in(Role.VIEWER)
    assert viewer.post(f"/health/incidents/{late.pk}/", {"action": action, **given}).status_code == 403
    assert (late.events.count(), paces.active().count()) == (1, 0)


def test_a_week_is_answered_and_signed_and_looking_writes_nothing(owner, late, budget):
    with budget("review"):
        assert owner.get("/health/review/2026-10-01/").context["left"] == 10
    assert not WeeklyReview.objects.exists()
    for position in range(1, 11):
        owner.post("/health/review/2026-09-28/", {"action": "answer", "position": position, "note": "fine"})
    owner.post("/health/review/2026-09-28/", {"action": "sign", "note": "go on"})
    assert WeeklyReview.objects.values_list("signed_by", "note").get() == ("owner", "go on")
    text = owner.get("/health/review/2026-09-28/").content.decode()
    assert late.title in text
    assert "Looked at" not in text


@pytest.mark.parametrize("week", ["2026-10-05", "never", "1999-01-04"])
def test_there_is_no_review_of_a_week_that_is_none(owner, shop, week):
    assert owner.get(f"/health/review/{week}/").status_code == 404


def test_a_peak_is_begun_and_ended_by_hand(owner, shop, budget):
    owner.post("/health/peaks/", {"action": "begin", "account": shop.key, "hours": "6", "reason": "a big day"})
    with budget("peaks"):
        answer = owner.get("/health/peaks/")
    pace = answer.context["running"][0].pace
    assert (pace.account_id, pace.factors, pace.decided_by) == (shop.pk, {"less": "4", "least": "12"}, "owner")
    owner.post("/health/peaks/", {"action": "end", "pace": pace.pk})
    assert owner.get("/health/peaks/").context["running"] == []
