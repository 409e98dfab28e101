"""Statements as the marketplace issued them, what each line was matched to, and whether everything ties out.

Amounts are signed from the seller's side. A statement and its lines are never deleted; a re-issued one replaces them.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from finance.classes import Scope


class SettlementState(models.TextChoices):
    """`inconsistent`: the lines do not make the total; `tied`: they do, but some are quarantined.

    A person approves a matched one; exporting and locking its month follow. `reissued`: lines of a newer issue wait.
    """

    ANNOUNCED = "announced"
    IMPORTED = "imported"
    INCONSISTENT = "inconsistent"
    TIED = "tied"
    MATCHED = "matched"
    APPROVED = "approved"
    EXPORTED = "exported"
    LOCKED = "locked"
    REISSUED = "reissued"


class PayoutState(models.TextChoices):
    """Where the money of a statement is. A bank return after it was received or sent opens the statement again."""

    ANNOUNCED = "announced"
    SENT = "sent"
    RECEIVED = "received"
    RETURNED = "returned"
    FAILED = "failed"


class SettlementSource(models.TextChoices):
    API = "api", "API"
    FILE = "file"


class Settlement(models.Model):
    """One statement. `total` is what is paid out; None while only lines are known.

    `chain` tells parallel series of one currency apart: the channel where two storefronts have statements of one time,
    else empty, because a marketplace may name another storefront on each statement of one series.
    `residual` = total - lines that stand in a named ledger; None with `residual_reason` where it cannot be told.
    Where the bank receives another currency, `payout_rate` is the stated one (units of `payout_currency` per unit), and
    `payout_fee` what the bank states to have kept, positive, in `payout_currency`.
    """

    account = models.ForeignKey("marketplaces.Account", models.PROTECT, related_name="settlements")
    external_id = models.CharField(max_length=120)
    channel = models.CharField(max_length=20, blank=True)
    chain = models.CharField(max_length=20, blank=True)
    kind = models.CharField(max_length=20, default="sales")
    currency = models.CharField(max_length=3, blank=True)
    period_start = models.DateTimeField(null=True, blank=True)
    period_end = models.DateTimeField(null=True, blank=True)
    deposit_on = models.DateField(null=True, blank=True)
    total = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=SettlementState, default=SettlementState.ANNOUNCED)
    residual = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    residual_reason = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=4, choices=SettlementSource, default=SettlementSource.API)
    page_id = models.BigIntegerField(null=True, blank=True)
    line_count = models.PositiveIntegerField(default=0)
    payout_state = models.CharField(max_length=10, choices=PayoutState, default=PayoutState.ANNOUNCED)
    payout_reason = models.CharField(max_length=200, blank=True)
    payout_changed_at = models.DateTimeField(null=True, blank=True)
    payout_currency = models.CharField(max_length=3, blank=True)
    payout_rate = models.DecimalField(max_digits=24, decimal_places=12, null=True, blank=True)
    payout_fee = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    approved_by = models.CharField(max_length=150, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approval_note = models.CharField(max_length=200, blank=True)
    imported_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "external_id"], name="settlement_once")]
        indexes = [
            models.Index(fields=["account", "currency", "period_start"], name="settlement_chain"),
            models.Index(fields=["-period_end", "-id"], name="settlement_newest"),
            models.Index(fields=["state"], name="settlement_state"),
        ]

    def __str__(self) -> str:
        return self.external_id


class SettlementLine(models.Model):
    """One amount of a statement, with the marketplace's own three labels.

    `home` is the scope by class and references; `scope` is where the line stands now (its home, or quarantine, or the
    account when the order id turned out to be no order).
    """

    settlement = models.ForeignKey(Settlement, models.CASCADE, related_name="lines", db_index=False)
    account = models.ForeignKey("marketplaces.Account", models.PROTECT, related_name="+", db_index=False)
    row_no = models.PositiveIntegerField()
    line_class = models.CharField(max_length=20)
    home = models.CharField(max_length=10, choices=[(scope.value, scope.value) for scope in Scope])
    scope = models.CharField(max_length=10, choices=[(scope.value, scope.value) for scope in Scope])
    label_type = models.CharField(max_length=120, blank=True)
    label_group = models.CharField(max_length=200, blank=True)
    label_text = models.CharField(max_length=300, blank=True)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    posted_at = models.DateTimeField(null=True, blank=True)
    order_ref = models.CharField(max_length=120, blank=True)
    line_ref = models.CharField(max_length=120, blank=True)
    shipment_ref = models.CharField(max_length=120, blank=True)
    reference = models.CharField(max_length=160, blank=True)
    remote_id = models.CharField(max_length=160, blank=True)
    product_ids = models.JSONField(default=list)
    quantity = models.IntegerField(null=True, blank=True)
    channel = models.CharField(max_length=20, blank=True)
    is_reversal = models.BooleanField(default=False)
    source_hash = models.CharField(max_length=32)
    parser_version = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["settlement", "row_no"], name="settlement_line_once"),
            models.CheckConstraint(
                condition=Q(scope__in=[scope.value for scope in Scope]), name="settlement_line_one_scope"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "order_ref"], condition=~Q(order_ref=""), name="settlement_line_order"),
            models.Index(
                fields=["account", "shipment_ref"], condition=~Q(shipment_ref=""), name="settlement_line_shipment"
            ),
            models.Index(
                fields=["settlement"], condition=Q(home="order") & ~Q(scope="order"), name="settlement_line_parked"
            ),
            models.Index(fields=["settlement"], condition=Q(scope="quarantine"), name="settlement_line_quarantine"),
            models.Index(
                fields=["settlement"], condition=Q(scope__in=["account", "shipment"]), name="settlement_line_account"
            ),
            models.Index(fields=["settlement"], condition=Q(scope="reserve"), name="settlement_line_reserve"),
            models.Index(
                fields=["settlement"], condition=Q(line_class__in=["penalty", "reimbursement", "clawback"]),
                name="settlement_line_notable",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.settlement_id}:{self.row_no} {self.line_class}"


class MatchLayer(models.IntegerChoices):
    EXACT = 1, "exact line"
    PRODUCT = 2, "order and product"
    AMOUNT = 3, "order and amount"
    REFERENCE = 4, "reference chain"
    ALLOCATION = 5, "spread over the order"
    LEDGER = 6, "ledger by class"
    QUARANTINE = 7, "quarantine"
    PERSON = 8, "a person's decision"


class MatchReason(models.TextChoices):
    LINE_ID = "line_id", "order and line id are equal"
    PRODUCT = "product", "the only line of the order with this product"
    PRODUCT_QUANTITY = "product_quantity", "the only line with this product and quantity"
    PRODUCT_AMOUNT = "product_amount", "the only line with this product and amount"
    AMOUNT = "amount", "the only line of the order with this amount"
    ONLY_LINE = "only_line", "the order has one line and nothing speaks against it"
    SAME_EVENT = "same_event", "booked together with a row that was matched"
    SHIPMENT = "shipment", "its shipment holds only this line"
    RETURN = "return", "its return names this line"
    SAME_GROUP = "same_group", "its group of rows is about this line"
    BY_VALUE = "by_value", "a charge of the whole order, spread by net value"
    PERSON = "person", "matched by a person"
    LEDGER = "ledger", "belongs to a ledger, not to an order"
    NOT_AN_ORDER = "not_an_order", "its reference is no order of this account"
    NO_ORDER = "no_order", "the order is not known here"
    NO_LINE = "no_line", "no single line of the order fits"
    NO_LEDGER = "no_ledger", "unknown label, other currency, or a sale without an order"


class Match(models.Model):
    """What a statement line was matched to. Matches of a statement are deleted and rebuilt together.

    Per line, the amounts of its parts make the line's amount. No foreign keys are enforced: rows are only written by
    the matcher, from rows that exist, a million at a time. There is no index by order line: what was matched to one
    carries its order id, so ask for the statement lines of that order first. Only layers 4 and 8 may join a line to an
    order that it does not name; these have an index.
    """

    pk = models.CompositePrimaryKey("settlement_line_id", "part")
    settlement_line = models.ForeignKey(
        SettlementLine, models.CASCADE, related_name="matches", db_constraint=False, db_index=False
    )
    part = models.PositiveSmallIntegerField(default=1)
    order_line = models.ForeignKey(
        "inventory.OrderLine", models.DO_NOTHING, null=True, related_name="matches", db_constraint=False, db_index=False
    )
    layer = models.PositiveSmallIntegerField(choices=MatchLayer)
    reason = models.CharField(max_length=16, choices=MatchReason)
    amount = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        verbose_name_plural = "matches"
        indexes = [models.Index(fields=["order_line"], condition=Q(layer__in=[4, 8]), name="match_chained")]

    def __str__(self) -> str:
        return f"{self.settlement_line_id} {self.get_layer_display()}"


class IdentityCheck(models.Model):
    """One tie-out identity of one statement as of a moment; `passed` None with a reason where it cannot be told yet."""

    settlement = models.ForeignKey(Settlement, models.CASCADE, related_name="checks")
    number = models.PositiveSmallIntegerField()
    expected = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    actual = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    passed = models.BooleanField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    as_of = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["settlement", "number"], name="identity_check_once")]

    def __str__(self) -> str:
        return f"{self.settlement_id} identity {self.number}"

    @property
    def currency(self) -> str:
        """What its amounts are in: the deposit is checked in the currency that the bank receives."""
        is_exchanged = self.number == 2 and self.settlement.payout_rate is not None
        return self.settlement.payout_currency if is_exchanged else self.settlement.currency
