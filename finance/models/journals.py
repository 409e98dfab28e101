"""The books: which account stands for what, and the double entries of statements and bank bookings."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from finance.journals import Purpose
from finance.models.deposits import Deposit
from finance.models.settlements import Settlement

PURPOSES = [(purpose.value, purpose.value.replace("_", " ")) for purpose in Purpose]


class TaxClass(models.TextChoices):
    """Where a supply goes, seen from the seller's country."""

    DOMESTIC = "domestic"
    EU = "eu", "EU consumers"
    EU_BUSINESS = "eu_business", "EU businesses"
    EXPORT = "export"


class Books(models.Model):
    """How a client keeps its books; one row. `home_country` decides the tax class of each sale.

    The DATEV fields are those of the header of a posting batch; without consultant and client no batch is made.
    """

    key = models.SlugField(max_length=20, unique=True, default="books")
    home_country = models.CharField(max_length=2, blank=True)
    rounding_limit = models.DecimalField(max_digits=9, decimal_places=2, default="5.00")
    datev_consultant = models.PositiveIntegerField(null=True, blank=True)
    datev_client = models.PositiveIntegerField(null=True, blank=True)
    chart = models.CharField(max_length=4, default="03", blank=True)
    account_digits = models.PositiveSmallIntegerField(default=4)
    year_begins = models.PositiveSmallIntegerField(default=1)

    class Meta:
        verbose_name_plural = "books"
        constraints = [
            models.CheckConstraint(
                condition=Q(year_begins__range=(1, 12), account_digits__range=(1, 8)), name="books_in_range"
            )
        ]

    def __str__(self) -> str:
        return self.key


class AccountRule(models.Model):
    """One row of the account map. A blank field holds for all; the most specific row wins.

    `tax_key` is DATEV's posting key, `tax_rate` the name of the rate in Xero, `name` the account's name in QuickBooks.
    """

    purpose = models.CharField(max_length=20, choices=PURPOSES)
    account = models.ForeignKey("marketplaces.Account", models.CASCADE, null=True, blank=True, related_name="+")
    currency = models.CharField(max_length=3, blank=True)
    line_class = models.CharField(max_length=20, blank=True)
    tax_class = models.CharField(max_length=12, choices=TaxClass, blank=True)
    country = models.CharField(max_length=2, blank=True)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=80, blank=True)
    tax_key = models.CharField(max_length=4, blank=True)
    tax_rate = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "account", "currency", "line_class", "tax_class", "country"],
                nulls_distinct=False,
                name="account_rule_once",
            ),
            models.CheckConstraint(condition=~Q(code=""), name="account_rule_has_a_code"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.code}"


class JournalKind(models.TextChoices):
    STATEMENT = "statement"
    DEPOSIT = "deposit"
    RETURN = "return", "returned payout"
    EXCHANGE = "exchange", "exchanged payout"


class Journal(models.Model):
    """One entry: a month's part of a statement, or a bank booking. Its lines sum to zero, held by the database.

    `number` is the document number; it is made of the statement's own number and stays when the entry is built again.
    A locked one is never written again, held by the database as well.
    """

    account = models.ForeignKey("marketplaces.Account", models.PROTECT, related_name="journals")
    month = models.DateField()
    kind = models.CharField(max_length=10, choices=JournalKind)
    settlement = models.ForeignKey(Settlement, models.PROTECT, null=True, blank=True, related_name="journals")
    deposit = models.ForeignKey(Deposit, models.PROTECT, null=True, blank=True, related_name="journals")
    number = models.CharField(max_length=140)
    currency = models.CharField(max_length=3)
    booked_on = models.DateField()
    text = models.CharField(max_length=200, blank=True)
    debit = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    is_locked = models.BooleanField(default=False)
    built_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["settlement", "month"], condition=Q(kind="statement"), name="journal_part_once"
            ),
            models.UniqueConstraint(
                fields=["deposit", "month", "kind"], condition=~Q(kind="statement"), name="journal_deposit_once"
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="journal_month_begins"),
        ]
        indexes = [
            models.Index(fields=["account", "month", "kind"], name="journal_month"),
            models.Index(fields=["-booked_on", "-id"], name="journal_newest"),
        ]

    def __str__(self) -> str:
        return self.number


class JournalLine(models.Model):
    """One posting, plus is debit, minus credit. `late_for` is the locked month that it belonged to.

    `is_contra` marks what balances the statement: clearing, carried balance and rounding.
    """

    journal = models.ForeignKey(Journal, models.CASCADE, related_name="lines", db_index=False)
    row_no = models.PositiveIntegerField()
    purpose = models.CharField(max_length=20, choices=PURPOSES)
    line_class = models.CharField(max_length=20, blank=True)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=80, blank=True)
    tax_key = models.CharField(max_length=4, blank=True)
    tax_rate = models.CharField(max_length=60, blank=True)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    order_ref = models.CharField(max_length=120, blank=True)
    tax_class = models.CharField(max_length=12, blank=True)
    country = models.CharField(max_length=2, blank=True)
    late_for = models.DateField(null=True, blank=True)
    is_contra = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journal", "row_no"], name="journal_line_once")]

    def __str__(self) -> str:
        return f"{self.journal_id}:{self.row_no} {self.code}"
