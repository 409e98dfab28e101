"""What each order line earned, and its sums per day. Both are caches: rebuilt from orders, statements and costs."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from catalog.models import Sku
from finance.models.costs import Cost


class Steps(models.Model):
    """The steps from gross to contribution margin 3, in the line's currency, signed: plus is money towards the seller.

    gross + discounts + vat + refunds = net revenue; + goods = CM1; + fees + fulfilment + payment + returns +
    reimbursements = CM2; + advertising + storage + other = CM3. VAT is negative here: it is owed to the state.
    """

    gross = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    discounts = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    vat = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    refunds = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    goods = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    fees = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    fulfilment = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    payment = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    returns = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    reimbursements = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    advertising = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    storage = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    other = models.DecimalField(max_digits=19, decimal_places=4, null=True)

    class Meta:
        abstract = True


class LineProfit(Steps):
    """One order line. A margin is None where a step before it is unknown, and `missing` says which inputs are.

    `is_settled`: the sale stands on a statement, so its fees are charged ones; else they are expected ones.
    `vat_source` says who tells the VAT: the `statement`, the `order`, or the country's `rate`.
    """

    order_line = models.OneToOneField("inventory.OrderLine", models.CASCADE, primary_key=True, related_name="profit")
    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="+", db_index=False)
    channel = models.CharField(max_length=20, blank=True)
    sku = models.ForeignKey(Sku, models.PROTECT, null=True, related_name="+", db_index=False)
    day = models.DateField()
    currency = models.CharField(max_length=3)
    units = models.IntegerField()
    units_returned = models.IntegerField(default=0)
    net_revenue = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    cm1 = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    cm2 = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    cm3 = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    cost = models.ForeignKey(Cost, models.SET_NULL, null=True, related_name="+")
    cost_rate = models.DecimalField(max_digits=24, decimal_places=12, null=True)
    cost_rate_on = models.DateField(null=True)
    cost_rate_source = models.CharField(max_length=40, blank=True)
    is_settled = models.BooleanField(default=False)
    vat_source = models.CharField(max_length=10, blank=True)
    missing = ArrayField(models.CharField(max_length=30), default=list)

    class Meta:
        indexes = [
            models.Index(fields=["day", "account"], name="line_profit_day"),
            models.Index(fields=["sku", "day"], name="line_profit_sku"),
        ]

    def __str__(self) -> str:
        return f"{self.order_line_id} CM2 {self.cm2} {self.currency}"


class ProfitDay(Steps):
    """One day of one SKU in one storefront: sums over its lines, and how much of the revenue is covered by knowledge.

    Each step sums the lines where it is known. `revenue_costed` (CM1 known), `revenue_charged` (CM2), `revenue_known`
    (CM3), `revenue_settled` and `revenue_mapped` say for how much of `net_revenue` that is: ratios divide by them.
    A row `is_account_level` holds what the account was charged and no driver gives to a line.
    """

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="+")
    channel = models.CharField(max_length=20, blank=True)
    day = models.DateField()
    sku = models.ForeignKey(Sku, models.CASCADE, null=True, related_name="+", db_index=False)
    currency = models.CharField(max_length=3)
    is_account_level = models.BooleanField(default=False)
    lines = models.PositiveIntegerField()
    units = models.IntegerField()
    units_returned = models.IntegerField(default=0)
    net_revenue = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    cm1 = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    cm2 = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    cm3 = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    revenue_costed = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    revenue_settled = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    revenue_mapped = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    revenue_charged = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    revenue_known = models.DecimalField(max_digits=19, decimal_places=4, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "account", "channel", "sku", "currency", "is_account_level"],
                nulls_distinct=False,
                name="profit_day_once",
            )
        ]
        indexes = [models.Index(fields=["sku", "day"], name="profit_day_sku")]

    def __str__(self) -> str:
        return f"{self.day} {self.sku_id} CM2 {self.cm2} {self.currency}"


class VatRate(models.Model):
    """The standard rate of a country from a day on, as a fraction, valid until its next row.

    `is_contained`: shelf prices contain it and the seller owes it. Where not, tax comes on top and is never ours.
    """

    country = models.CharField(max_length=2)
    valid_from = models.DateField()
    rate = models.DecimalField(max_digits=6, decimal_places=4)
    is_contained = models.BooleanField(default=True)
    source = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["country", "valid_from"], name="vat_rate_once")]

    def __str__(self) -> str:
        return f"{self.country} {self.rate} from {self.valid_from}"
