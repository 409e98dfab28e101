"""Reference rates, once for all clients. Lives in `public` and is read by key, never by a foreign key."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models

from config.core import clock


class Rate(models.Model):
    """How many units of a currency one EUR bought on a bank day, who said so, and since when it is known.

    A correction is one more row of the same day; the row known last holds.
    """

    day = models.DateField()
    currency = models.CharField(max_length=3)
    per_eur = models.DecimalField(max_digits=18, decimal_places=8)
    source = models.CharField(max_length=30)
    known_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["currency", "day", "known_at"], name="rate_fact_once"),
            models.CheckConstraint(condition=models.Q(per_eur__gt=0), name="rate_is_positive"),
            models.CheckConstraint(condition=~models.Q(currency="EUR"), name="rate_is_never_of_the_euro"),
        ]
        indexes = [models.Index(fields=["day"], name="rate_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.currency} {self.per_eur}"


class Peg(models.Model):
    """A currency fixed to another one: `units` of it for one unit of the anchor, from a day on, and who decided so.

    A currency that floats again gets a row without units.
    """

    currency = models.CharField(max_length=3)
    anchor = models.CharField(max_length=3, default="USD")
    units = models.DecimalField(max_digits=18, decimal_places=8, null=True, blank=True)
    valid_from = models.DateField()
    source = models.CharField(max_length=120)
    known_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["currency", "valid_from", "known_at"], name="peg_once"),
            models.CheckConstraint(condition=models.Q(units__gt=0), name="peg_is_positive"),
            models.CheckConstraint(condition=~models.Q(anchor="EUR"), name="peg_has_an_anchor_with_rates"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} from {self.valid_from}"

    def clean(self) -> None:
        """A peg ends from a day on that has no rates yet: what is told cannot be made untold."""
        for code in (self.currency, self.anchor):
            if not (len(code) == 3 and code.isalpha() and code.isupper()):
                raise ValidationError(f"{code!r} is no currency: three capital letters")
        if self.units is not None or not self.valid_from:
            return
        told = Rate.objects.filter(currency=self.currency, day__gte=self.valid_from).order_by("-day").first()
        if told:
            raise ValidationError(
                f"{self.currency} has rates from {self.valid_from} on, up to {told.day}; end it later"
            )
