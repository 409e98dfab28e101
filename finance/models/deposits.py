"""Money that reached the bank."""

from __future__ import annotations

from django.db import models

from finance.models.settlements import Settlement


class Deposit(models.Model):
    """One booking of a bank account, and the statement that it pays; the same booking is kept once.

    `ordinal` counts equal bookings of one file from 0: two equal payouts of one day are two. `amount` is what the
    account received, `fee` (positive) what the bank kept of it before; `returned_on`: the bank took the payout back.
    """

    account = models.ForeignKey("marketplaces.Account", models.PROTECT, related_name="deposits")
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    booked_on = models.DateField()
    reference = models.CharField(max_length=200, blank=True)
    ordinal = models.PositiveIntegerField(default=0)
    fee = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    returned_on = models.DateField(null=True, blank=True)
    settlement = models.ForeignKey(Settlement, models.SET_NULL, null=True, blank=True, related_name="deposits")
    imported_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "currency", "booked_on", "amount", "reference", "ordinal"], name="deposit_once"
            )
        ]
        indexes = [models.Index(fields=["account", "currency", "amount"], name="deposit_amount")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} on {self.booked_on}"
