"""Where the money of each order line stands. A cache: rebuilt from orders, statements, returns, claims and write-offs."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from finance.models.settlements import Settlement


class MoneyState(models.TextChoices):
    """`deferred`: shipped, and a statement that covers the day came without it. `locked`: closed, in locked statements."""

    EXPECTED = "expected"
    DEFERRED = "deferred"
    PARTLY_SETTLED = "partly_settled", "partly settled"
    SETTLED = "settled"
    SETTLED_WITH_VARIANCE = "settled_with_variance", "settled with variance"
    REFUND_PENDING = "refund_pending", "refund pending"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back", "charged back"
    DISPUTED = "disputed"
    RECOVERED = "recovered"
    WRITTEN_OFF = "written_off", "written off"
    LOCKED = "locked"


class OrderLineMoney(models.Model):
    """Expected, settled and variance of one order line, in the line's currency; plus is money towards the seller.

    `expected` is what the buyer pays for the units due, `settled` what statements paid of it; `variance` is settled less
    what the settled units are worth, None while nothing is settled or the price is unknown. `total` is all that
    statements say of the line, fees and refunds included. `basis` is the state before locking.
    """

    order_line = models.OneToOneField("inventory.OrderLine", models.CASCADE, primary_key=True, related_name="money")
    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=20, blank=True)
    ordered_on = models.DateField()
    currency = models.CharField(max_length=3, blank=True)
    expected = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    settled = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    variance = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    refunded = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    recovered = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    total = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    is_tax_apart = models.BooleanField(null=True)
    is_doubtful = models.BooleanField(default=False)
    state = models.CharField(max_length=24, choices=MoneyState)
    basis = models.CharField(max_length=24, choices=MoneyState)
    settlement = models.ForeignKey(
        Settlement, models.SET_NULL, null=True, related_name="+", db_index=False, db_constraint=False
    )
    line_changed_at = models.DateTimeField()
    rebuilt_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "money of order lines"
        indexes = [
            models.Index(fields=["ordered_on", "account"], name="order_line_money_day"),
            models.Index(
                fields=["state", "-ordered_on"], condition=~Q(state__in=[MoneyState.SETTLED, MoneyState.LOCKED]),
                name="order_line_money_open",
            ),
            models.Index(
                fields=["basis", "-ordered_on"], condition=~Q(basis=MoneyState.SETTLED), name="order_line_money_odd"
            ),
            models.Index(
                fields=["account", "channel", "-order_line"], condition=Q(is_tax_apart__isnull=False),
                name="order_line_money_tax",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.order_line_id} {self.state}"
