"""The weekly review over trading, finance and operations: its checklist, its answers, its sign-off."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from config.core.models import Stamped


class ReviewItem(Stamped):
    """One question of the weekly checklist, the domain it belongs to and the role that owns it."""

    position = models.PositiveSmallIntegerField(unique=True)
    domain = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    detail = models.CharField(max_length=500, blank=True)
    owner = models.CharField(max_length=30)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position"]

    def __str__(self) -> str:
        return self.title


class WeeklyReview(models.Model):
    """The review of one week, Monday to Sunday in UTC. Once signed nothing in it changes; `figures` are as they were."""

    week_on = models.DateField(unique=True)
    note = models.TextField(blank=True)
    figures = models.JSONField(default=dict)
    signed_by = models.CharField(max_length=150, blank=True)
    signed_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(signed_at=None, signed_by="") | Q(signed_at__isnull=False) & ~Q(signed_by=""),
                name="review_signed_by_somebody",
            ),
            models.CheckConstraint(condition=Q(week_on__iso_week_day=1), name="review_begins_on_monday"),
        ]
        ordering = ["-week_on"]

    def __str__(self) -> str:
        return f"week of {self.week_on}"

    @property
    def is_signed(self) -> bool:
        return self.signed_at is not None


class ReviewAnswer(models.Model):
    """A question as it was asked in one review, and its answer."""

    review = models.ForeignKey(WeeklyReview, models.CASCADE, related_name="answers")
    position = models.PositiveSmallIntegerField()
    domain = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    detail = models.CharField(max_length=500, blank=True)
    owner = models.CharField(max_length=30)
    note = models.CharField(max_length=500, blank=True)
    done_by = models.CharField(max_length=150, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "position"], name="review_answer_once")]
        ordering = ["position"]

    def __str__(self) -> str:
        return self.title
