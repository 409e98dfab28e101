"""Limits as rows, subjects that wait to be judged, and what was found beyond a limit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal, DecimalException

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from config.core.models import Stamped
from tickets.rules.conditions import HOLDS, Condition, Step, conditions
from tickets.rules.hysteresis import Patience


class Severity(models.TextChoices):
    """S1 needs a person now; S4 is a notice. As text the worse one sorts first."""

    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"


class Threshold(Stamped):
    """When a measure is a breach, and how bad. Empty selectors mean *all*; the most specific enabled row wins.

    `ladder` is `[{"severity": "S1", "when": [["fact", "at_least", "3"]]}]`, `money_ladder` `[["S1", "500"]]` in the
    client's reporting currency, `clears_when` further conditions for clearing. `clear_factor` is the relative margin
    by which a value must be better than the trigger. `freshness_minutes` overrides the flow's own freshness budget.
    """

    detector = models.CharField(max_length=60)
    account = models.ForeignKey("marketplaces.Account", models.CASCADE, null=True, blank=True, related_name="+")
    channel = models.CharField(max_length=20, blank=True)
    brand = models.ForeignKey("catalog.Brand", models.CASCADE, null=True, blank=True, related_name="+")
    sku = models.ForeignKey("catalog.Sku", models.CASCADE, null=True, blank=True, related_name="+")
    comparison = models.CharField(max_length=10, choices=[(name, name.replace("_", " ")) for name in HOLDS])
    warn = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    trigger = models.DecimalField(max_digits=19, decimal_places=4)
    unit = models.CharField(max_length=20)
    severity = models.CharField(max_length=2, choices=Severity, default=Severity.S4)
    ladder = models.JSONField(default=list, blank=True)
    money_ladder = models.JSONField(default=list, blank=True)
    clears_when = models.JSONField(default=list, blank=True)
    min_samples = models.PositiveIntegerField(default=0)
    opens_after = models.PositiveSmallIntegerField(default=2, validators=[MinValueValidator(1)])
    clears_after = models.PositiveSmallIntegerField(default=2, validators=[MinValueValidator(1)])
    spacing_minutes = models.PositiveIntegerField(default=15)
    clear_factor = models.DecimalField(
        max_digits=5, decimal_places=4, default=Decimal("0.1"), validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    freshness_minutes = models.PositiveIntegerField(null=True, blank=True)
    is_enabled = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["detector", "account", "channel", "brand", "sku"], nulls_distinct=False, name="threshold_once"
            )
        ]
        ordering = ["detector", "id"]

    def __str__(self) -> str:
        return f"{self.detector} {self.comparison.replace('_', ' ')} {self.trigger.normalize():f} {self.unit}"

    def clean(self) -> None:
        for name in ("ladder", "money_ladder", "clears_when"):
            try:
                getattr(self, f"read_{name}")()
            except (TypeError, ValueError, KeyError, DecimalException) as error:
                raise ValidationError({name: f"cannot be read: {error!r}"}) from error

        if self.warn is not None and self.condition.holds({"value": self.warn}):
            raise ValidationError({"warn": "must lie on the good side of the trigger"})

    def is_near(self, value: Decimal | None) -> bool:
        """Not a breach, but within the warning band before it."""
        if self.warn is None or self.condition.holds({"value": value}):
            return False
        return Condition("value", self.comparison, self.warn).holds({"value": value})

    @property
    def condition(self) -> Condition:
        return Condition("value", self.comparison, self.trigger)

    @property
    def patience(self) -> Patience:
        return Patience(self.opens_after, self.clears_after, timedelta(minutes=self.spacing_minutes))

    def read_ladder(self) -> tuple[Step, ...]:
        return tuple(Step(Severity(row["severity"]), conditions(row["when"])) for row in self.ladder)

    def read_money_ladder(self) -> tuple[Step, ...]:
        return tuple(
            Step(Severity(name), (Condition("money", "at_least", Decimal(line)),)) for name, line in self.money_ladder
        )

    def read_clears_when(self) -> tuple[Condition, ...]:
        return conditions(self.clears_when)


class PendingCheck(models.Model):
    """A subject that changed and waits to be judged: a thousand changes of one subject are one row."""

    kind = models.CharField(max_length=30)
    subject = models.CharField(max_length=120)
    due_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="pending_check_once")]
        indexes = [models.Index(fields=["due_at"], name="pending_check_due")]

    def __str__(self) -> str:
        return f"{self.kind}:{self.subject}"


class BreachState(models.TextChoices):
    WATCHING = "watching"
    OPEN = "open"
    CLEARED = "cleared"


class Breach(models.Model):
    """A subject beyond its limit. Watching: not yet often enough in a row. `money` is at risk per day, plus is ours."""

    detector = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=BreachState, default=BreachState.WATCHING)
    account = models.ForeignKey("marketplaces.Account", models.CASCADE, null=True, blank=True, related_name="+")
    brand = models.ForeignKey("catalog.Brand", models.SET_NULL, null=True, blank=True, related_name="+")
    ticket = models.ForeignKey("tickets.Ticket", models.SET_NULL, null=True, blank=True, related_name="breaches")
    threshold = models.ForeignKey(Threshold, models.SET_NULL, null=True, related_name="breaches")
    scope_key = models.CharField(max_length=200)
    group_key = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=300)
    severity = models.CharField(max_length=2, choices=Severity)
    value = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    money = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    currency = models.CharField(max_length=3, blank=True)
    evidence = models.JSONField(default=dict)
    params = models.JSONField(default=dict)
    bad = models.PositiveSmallIntegerField(default=0)
    good = models.PositiveSmallIntegerField(default=0)
    counted_at = models.DateTimeField(null=True)
    measured_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "breaches"
        constraints = [
            models.UniqueConstraint(
                fields=["detector", "subject"], condition=Q(state__in=["watching", "open"]), name="breach_one_open"
            )
        ]
        indexes = [models.Index(fields=["ticket", "state"], name="breach_ticket")]

    def __str__(self) -> str:
        return f"{self.detector} {self.subject} {self.state}"
