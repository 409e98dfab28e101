"""What the marketplace says it would charge, and what it should charge by the schedules that were agreed."""

from __future__ import annotations

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from config.core import clock
from marketplaces.canonical import LineClass

_CLASSES = frozenset(line_class.value for line_class in LineClass)


class FeeQuote(models.Model):
    """The latest fee estimate for one piece of a listing at `price`; `total` and parts are negative."""

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="fee_quotes")
    channel = models.CharField(max_length=20, blank=True)
    external_id = models.CharField(max_length=160)
    remote_id = models.CharField(max_length=160, blank=True)
    price = models.DecimalField(max_digits=19, decimal_places=4)
    total = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    parts = models.JSONField(default=list)
    includes_vat = models.BooleanField(null=True)
    quoted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "channel", "external_id"], name="fee_quote_once")]
        indexes = [models.Index(fields=["account", "remote_id"], name="fee_quote_remote")]

    def __str__(self) -> str:
        return f"{self.remote_id} {self.total} {self.currency}"


class FeeBasis(models.TextChoices):
    """What a rate is a share of. Bases are what the buyer paid (VAT as the rule says) or another fee of the line."""

    ITEM = "item", "goods less their discounts"
    PAID = "paid", "goods, shipping and wrap less discounts"
    COMMISSION = "commission", "the commission of the line"
    FEES = "fees", "the other fees of the line"
    NOTHING = "nothing", "no share, amounts per unit or line only"


class Rounding(models.TextChoices):
    HALF_UP = "half_up", "half up"
    HALF_EVEN = "half_even", "half to even"
    DOWN = "down", "down"


class VatTreatment(models.TextChoices):
    """Whether a charged fee contains VAT, gets it on top, or is billed without (reverse charge)."""

    INCLUDED = "included"
    ON_TOP = "on_top"
    REVERSE_CHARGE = "reverse_charge"


class VolumeUnit(models.TextChoices):
    CUBIC_METRE = "m3", "m³"
    CUBIC_FOOT = "ft3", "ft³"


class FeeSource(models.TextChoices):
    """Who says what a fee should be; the first that says anything counts."""

    AGREED = "agreed", "the account's own schedule"
    ORDER = "order", "the marketplace's estimate on the order"
    QUOTE = "quote", "the marketplace's quote for the listing"
    PUBLISHED = "published", "the marketplace's published schedule"


class FeeRule(models.Model):
    """One row of a fee schedule: fee = clamp(rate x basis + per unit x units + per line + part of per order), positive here.

    It is charged negative. What is per order is spread over its lines by what they are worth, to the minor unit.

    The most specific row wins: account before marketplace, then channel, category, programme, currency (blank holds for
    all; categories in lower case). A blank class with an account says that fees without a row are not agreed.
    A tier is a row of its own: `price_from`/`price_below` of the basis per piece, `weight_from_g`/`weight_below_g`; with
    `is_marginal` each part of the price is charged by its own tier; or `longest_mm`, `middle_mm`, `shortest_mm`, the most
    that the sides of a packed piece may measure, where the smallest tier that fits counts. With `volume_divisor` (cubic
    centimetres per kilogram) the greater of weight and volume weight counts. The tiers of one key and day are one version: it
    holds until the next `valid_from` of the key; `is_end` ends it. Rows are never changed: a mistake is withdrawn.
    `per_volume` is for the goods that a month stores on average, per `volume_unit`; `is_charged_later`: in the month after.
    `is_limit_per_piece`: minimum and maximum are per piece. With `vat` on top, the fee is charged with `vat_rate` more, or
    where the row does not say how much, with what holds for that fee of the account (`FeeVat`).
    """

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, null=True, blank=True, related_name="fee_rules")
    marketplace = models.CharField(max_length=40, blank=True)
    channel = models.CharField(max_length=20, blank=True)
    category = models.CharField(max_length=120, blank=True)
    programme = models.CharField(max_length=12, blank=True)
    line_class = models.CharField(max_length=20, blank=True)
    valid_from = models.DateField()
    is_end = models.BooleanField(default=False)
    currency = models.CharField(max_length=3, blank=True)
    basis = models.CharField(max_length=10, choices=FeeBasis, default=FeeBasis.NOTHING)
    rate = models.DecimalField(max_digits=9, decimal_places=6, default=Decimal(0))
    per_unit = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    per_line = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    per_order = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    per_volume = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal(0))
    volume_unit = models.CharField(max_length=3, choices=VolumeUnit, default=VolumeUnit.CUBIC_METRE)
    is_charged_later = models.BooleanField(default=False)
    minimum = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    maximum = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    is_limit_per_piece = models.BooleanField(default=False)
    price_from = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    price_below = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    is_marginal = models.BooleanField(default=False)
    weight_from_g = models.PositiveIntegerField(null=True, blank=True)
    weight_below_g = models.PositiveIntegerField(null=True, blank=True)
    longest_mm = models.PositiveIntegerField(null=True, blank=True)
    middle_mm = models.PositiveIntegerField(null=True, blank=True)
    shortest_mm = models.PositiveIntegerField(null=True, blank=True)
    volume_divisor = models.PositiveIntegerField(null=True, blank=True)
    rounding = models.CharField(max_length=10, choices=Rounding, default=Rounding.HALF_UP)
    vat = models.CharField(max_length=15, choices=VatTreatment, default=VatTreatment.INCLUDED)
    vat_rate = models.DecimalField(max_digits=6, decimal_places=4, null=True, blank=True)
    basis_includes_vat = models.BooleanField(default=True)
    tolerance = models.DecimalField(max_digits=9, decimal_places=4, default=Decimal("0.01"))
    tolerance_rate = models.DecimalField(max_digits=7, decimal_places=4, default=Decimal("0.02"))
    source = models.CharField(max_length=200)
    entered_at = models.DateTimeField(default=clock.now)
    entered_by = models.CharField(max_length=150, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "account", "marketplace", "channel", "category", "programme", "line_class", "currency",
                    "valid_from", "price_from", "weight_from_g", "longest_mm", "middle_mm", "shortest_mm",
                ],
                condition=Q(withdrawn_at=None), nulls_distinct=False, name="fee_rule_once",
            ),
            models.CheckConstraint(
                condition=Q(account=None) ^ Q(marketplace=""), name="fee_rule_of_account_or_marketplace"
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["line_class", "marketplace", "valid_from"], name="fee_rule_lookup")]

    def __str__(self) -> str:
        return f"{self.line_class} {self.marketplace or self.account_id} {self.channel} from {self.valid_from}"

    def clean(self) -> None:
        """Say what is wrong with a row before it can charge anybody."""
        errors = {name: why for name, why in self._faults().items() if why}
        if errors:
            raise ValidationError(errors)

    def _faults(self) -> dict[str, str]:
        amounts = (
            self.per_unit, self.per_line, self.per_order, self.per_volume, self.minimum, self.maximum, self.price_from,
            self.price_below,
        )  # fmt: skip
        is_known = self.line_class in _CLASSES or (self.line_class == "" and self.account_id is not None)
        has_rate, is_shared = self.rate != 0, self.basis != FeeBasis.NOTHING
        return {
            "line_class": "" if is_known else f"{self.line_class!r} is no class of fee",
            "currency": "say in which currency the amounts are" if any(amounts) and not self.currency else "",
            "basis": "a rate needs something that it is a share of" if has_rate and not is_shared else "",
            "rate": "a rate is a share from 0 to 1, such as 0.15" if not 0 <= self.rate <= 1 else "",
            "per_unit": "amounts are positive here"
            if any(amount is not None and amount < 0 for amount in amounts)
            else "",
            "price_below": _crossed(self.price_from, self.price_below),
            "weight_below_g": _crossed(self.weight_from_g, self.weight_below_g),
            "minimum": _crossed(self.minimum, self.maximum),
            "middle_mm": _crossed(self.middle_mm, self.longest_mm),
            "shortest_mm": _crossed(self.shortest_mm, self.middle_mm),
            "per_volume": "only what is stored is charged by volume"
            if self.per_volume and self.line_class != LineClass.STORAGE
            else "",
            "volume_divisor": "divide by at least one" if self.volume_divisor == 0 else "",
        }


def _crossed(low: Decimal | int | None, high: Decimal | int | None) -> str:
    return "its end lies below its beginning" if low is not None and high is not None and high < low else ""


class FeeVat(models.Model):
    """The VAT that comes on top of an account's fees from a day on, where their schedule does not say how much.

    `rate` is a fraction; zero where the seller owes it (reverse charge). A blank class holds for all fees, a blank channel
    for all storefronts; a row of the class goes before one of the storefront, and both before one for all. Rows are never
    changed: another one of the same day is known since later, and counts.
    """

    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="fee_vats")
    channel = models.CharField(max_length=20, blank=True)
    line_class = models.CharField(max_length=20, blank=True)
    valid_from = models.DateField()
    rate = models.DecimalField(max_digits=6, decimal_places=4)
    source = models.CharField(max_length=200)
    entered_at = models.DateTimeField(default=clock.now)
    entered_by = models.CharField(max_length=150, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-valid_from"], name="fee_vat_lookup")]

    def __str__(self) -> str:
        return f"{self.rate} from {self.valid_from}"

    def clean(self) -> None:
        if not 0 <= self.rate < 1:
            raise ValidationError({"rate": "a rate is a share from 0 to 1, such as 0.19"})
        if self.line_class and self.line_class not in _CLASSES:
            raise ValidationError({"line_class": f"{self.line_class!r} is no class of fee"})


class ExpectedFee(models.Model):
    """What one fee of an order line should be, and by which rule or quote; rebuilt for the lines touched.

    `amount` is negative, for all units that were not cancelled, as it is charged (VAT on top of fees is in it); None
    with `reason` where a rule exists and an input of it is unknown. `tolerance` is how much more may be charged.
    """

    order_line = models.ForeignKey("inventory.OrderLine", models.CASCADE, related_name="expected_fees")
    line_class = models.CharField(max_length=20)
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    currency = models.CharField(max_length=3)
    tolerance = models.DecimalField(max_digits=19, decimal_places=4, default=Decimal("0.01"))
    source = models.CharField(max_length=10, choices=FeeSource, default=FeeSource.AGREED)
    rule = models.ForeignKey(FeeRule, models.SET_NULL, null=True, related_name="+")
    quote = models.ForeignKey(FeeQuote, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order_line", "line_class"], name="expected_fee_once")]

    def __str__(self) -> str:
        return f"{self.order_line_id} {self.line_class} {self.amount} {self.currency}"
