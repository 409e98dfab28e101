"""The weekly review: asked once, answered by people, signed by one, and then as it is."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from config.core import clock
from config.core.management.demo import reviews as demo
from tickets import reviewing
from tickets.health import seed
from tickets.models import HealthDay, Rehearsal, ReviewItem, WeeklyReview
from tickets.services import reviews

pytestmark = pytest.mark.django_db
MONDAY = date(2026, 9, 28)


@pytest.fixture
def review(noon):
    seed.seed()
    return reviews.begin(MONDAY + timedelta(days=3))


def measured(shop, days_ago, value, band):
    HealthDay.objects.create(
        account=shop, metric="late_dispatch", day=clock.now().date() - timedelta(days=days_ago), value=value, band=band,
        as_of=clock.now(),
    )  # fmt: skip


def answer_all(review):
    for found in review.answers.all():
        reviews.answer(review, found.position, by=found.owner, note="fine")


def test_a_week_is_asked_once_with_the_questions_of_that_day(review):
    ReviewItem.objects.filter(position=1).update(title="another question")
    assert reviews.begin(MONDAY).pk == review.pk
    assert (review.week_on, review.answers.count()) == (MONDAY, 10)
    assert review.answers.get(position=1).title == "Every order that exists is here"


def test_it_is_signed_when_every_question_is_answered_and_stays_as_it_is(review, shop):
    with pytest.raises(ValidationError, match="10 questions"):
        reviews.sign(review, by="olga")
    measured(shop, 1, Decimal("0.02"), "watch")
    measured(shop, 8, Decimal("0.05"), "risk")
    answer_all(review)
    signed = reviews.sign(review, by="olga", note="two carriers for the peak")
    HealthDay.objects.update(value=9)
    assert (signed.signed_by, signed.signed_at) == ("olga", clock.now())
    assert WeeklyReview.objects.get().figures["metrics"] == [
        {"account": "Shop", "metric": "Late dispatch", "said": "2.00%", "band": "watch", "former": "5.00%",
         "former_band": "risk"}
    ]  # fmt: skip
    for change in (lambda: reviews.answer(review, 1, by="piet"), lambda: reviews.sign(review, by="piet")):
        with pytest.raises(ValidationError, match="olga has signed this week"):
            change()
    assert review.answers.get(position=1).done_by == "operations"


def test_the_worst_band_of_the_week_is_compared_with_the_week_before(shop, noon):
    for days_ago, value, band in ((0, "0.01", "stable"), (2, "0.05", "risk"), (8, "0.02", "watch")):
        measured(shop, days_ago, Decimal(value), band)
    figure = reviewing.figures(MONDAY)[0]
    assert (figure.said, figure.band, figure.former_band, figure.trend) == ("1.00%", "risk", "watch", "worse")


def test_a_week_that_has_not_begun_cannot_be_reviewed(noon):
    with pytest.raises(ValidationError):
        reviews.begin(MONDAY + timedelta(days=7))


def test_the_database_keeps_weeks_on_mondays(noon):
    with pytest.raises(IntegrityError), transaction.atomic():
        WeeklyReview.objects.create(week_on=MONDAY + timedelta(days=1), begun_at=clock.now())


def test_the_demo_signs_its_last_three_weeks_once_and_leaves_this_one(noon):
    seed.seed()
    for _ in range(2):
        demo.hold()
    signed = list(WeeklyReview.objects.values_list("week_on", "signed_by").order_by("week_on"))
    assert signed == [(MONDAY - timedelta(weeks=back), "owner") for back in (3, 2, 1)]
    assert Rehearsal.objects.count() == 2
