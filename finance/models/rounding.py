"""The rounding ledger: every difference that is tolerated, row by row and never netted."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from finance.models.settlements import Settlement


class RoundingKind(models.TextChoices):
    """`fee`: within the tolerance of the rule that it follows. `exchange`: a payout converted line by line."""

    FEE = "fee"
    EXCHANGE = "exchange"


class RoundingEntry(models.Model):
    """One tolerated difference; plus is money towards the seller, as `expected` and `actual` are.

    It belongs to the month (first day) in which the fee was charged or the payout arrived; where that is locked, to the
    first one after it that is open. Entries of locked months stay as they are.
    """

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="rounding", db_index=False)
    month = models.DateField()
    kind = models.CharField(max_length=8, choices=RoundingKind)
    currency = models.CharField(max_length=3)
    settlement = models.ForeignKey(Settlement, models.CASCADE, related_name="rounding")
    order_line = models.ForeignKey("inventory.OrderLine", models.CASCADE, null=True, related_name="+", db_index=False)
    line_class = models.CharField(max_length=20, blank=True)
    expected = models.DecimalField(max_digits=19, decimal_places=4)
    actual = models.DecimalField(max_digits=19, decimal_places=4)
    difference = models.GeneratedField(
        expression=F("actual") - F("expected"),
        output_field=models.DecimalField(max_digits=19, decimal_places=4),
        db_persist=True,
    )
    noted_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "rounding entries"
        constraints = [
            models.UniqueConstraint(
                fields=["order_line", "line_class"], condition=Q(order_line__isnull=False), name="rounding_fee_once"
            ),
            models.UniqueConstraint(fields=["settlement"], condition=Q(kind="exchange"), name="rounding_exchange_once"),
            models.CheckConstraint(condition=~Q(expected=F("actual")), name="rounding_is_a_difference"),
        ]
        indexes = [models.Index(fields=["account", "month", "currency"], name="rounding_month")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.difference} {self.currency}"
