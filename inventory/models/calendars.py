"""When a client's warehouse works and when its carrier collects."""

from __future__ import annotations

from datetime import time

from django.contrib.postgres.fields import ArrayField
from django.db import models


def working_week() -> list[int]:
    return [0, 1, 2, 3, 4]


class ShippingCalendar(models.Model):
    """One account's clock of promises; without account, the clock of every account that has none of its own.

    `country` and `region` name the public holidays (ISO 3166), `closed_on` further days; weekdays count from Monday 0.
    """

    account = models.OneToOneField(
        "marketplaces.Account", models.CASCADE, null=True, blank=True, related_name="shipping_calendar"
    )
    zone = models.CharField(max_length=40, default="Europe/Berlin")
    country = models.CharField(max_length=2, default="DE")
    region = models.CharField(max_length=10, blank=True)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=working_week)
    closed_on = ArrayField(models.DateField(), default=list, blank=True)
    cut_off = models.TimeField(default=time(16))
    handling_days = models.PositiveSmallIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account"], nulls_distinct=False, name="shipping_calendar_once")]

    def __str__(self) -> str:
        return f"calendar of {self.account_id or 'all'}"
