"""The weekly review: its checklist is answered by whoever owns each question, then one person signs it for good."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from config.core import clock
from tickets import reviewing
from tickets.models import ReviewAnswer, ReviewItem, WeeklyReview

WEEK = timedelta(days=7)


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def begin(week_on: date) -> WeeklyReview:
    """The review of the week that a day lies in, with the questions as they stand now; made at the first call."""
    first = monday(week_on)
    if first > clock.now().date():
        raise ValidationError("this week has not begun")
    with transaction.atomic():
        review, is_new = WeeklyReview.objects.get_or_create(week_on=first, defaults={"begun_at": clock.now()})
        if is_new:
            ReviewAnswer.objects.bulk_create(
                ReviewAnswer(
                    review=review, position=item.position, domain=item.domain, title=item.title, detail=item.detail,
                    owner=item.owner,
                )
                for item in ReviewItem.objects.filter(is_active=True)
            )  # fmt: skip
    return review


def answer(review: WeeklyReview, position: int, *, by: str, note: str = "") -> ReviewAnswer:
    """Say that a question was looked at, and what came of it; as long as nobody has signed it may be said again."""
    with transaction.atomic():
        _open(review)
        found = review.answers.filter(position=position).first()
        if found is None:
            raise ValidationError("the checklist has no such question")
        found.note, found.done_by, found.done_at = note.strip()[:500], by, clock.now()
        found.save(update_fields=["note", "done_by", "done_at"])
    return found


def sign(review: WeeklyReview, *, by: str, note: str = "") -> WeeklyReview:
    """Close the review with the week's figures as they are now. Every question must be answered; nothing changes after."""
    with transaction.atomic():
        stored = _open(review)
        left = review.answers.filter(done_at=None).count()
        if left:
            raise ValidationError(f"{left} questions are not answered yet")
        stored.figures = _frozen(stored.week_on)
        stored.note, stored.signed_by, stored.signed_at = note.strip(), by, clock.now()
        stored.save()
    return stored


def _open(review: WeeklyReview) -> WeeklyReview:
    """The stored row, held until the end of the transaction; raises ValidationError when it was signed."""
    stored = WeeklyReview.objects.select_for_update().get(pk=review.pk)
    if stored.is_signed:
        raise ValidationError(f"{stored.signed_by} has signed this week; it stays as it is")
    return stored


def _frozen(week_on: date) -> dict[str, Any]:
    """What the page shows of the week, as text."""
    return {
        "metrics": [
            {
                "account": each.account.label, "metric": each.metric.label, "said": each.said, "band": each.band,
                "former": each.former_said, "former_band": each.former_band,
            }
            for each in reviewing.figures(week_on)
        ],
        "incidents": [
            {"title": each.title, "severity": each.severity, "state": each.state, "id": each.pk}
            for each in reviewing.incidents(week_on)
        ],
    }  # fmt: skip
