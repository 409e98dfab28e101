"""The client's own bank accounts, the files that were read of them, and every booking in them."""

from __future__ import annotations

from django.db import models

from finance.models.deposits import Deposit


class BankAccount(models.Model):
    """One account at a bank; it is made when a file speaks of it first."""

    iban = models.CharField(max_length=40, unique=True)
    label = models.CharField(max_length=80, blank=True)
    currency = models.CharField(max_length=3, blank=True)

    def __str__(self) -> str:
        return self.label or self.iban


class BankLayout(models.Model):
    """How the CSV of one bank is read. `columns` maps our names to its headings: booked_on, amount or credit and debit,
    currency, reference (several with `+`), iban, bank_ref, fee; a value in quotes (`"EUR"`) holds for every row.
    """

    name = models.CharField(max_length=60, unique=True)
    delimiter = models.CharField(max_length=1, default=";")
    encoding = models.CharField(max_length=20, default="utf-8-sig")
    decimal_comma = models.BooleanField(default=True)
    day_format = models.CharField(max_length=20, default="%d.%m.%Y")
    skip_lines = models.PositiveSmallIntegerField(default=0)
    columns = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.name


class BankRule(models.Model):
    """Bookings whose text holds `text` belong to this marketplace account."""

    text = models.CharField(max_length=80)
    account = models.ForeignKey("marketplaces.Account", models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["text", "account"], name="bank_rule_once")]

    def __str__(self) -> str:
        return self.text


class BankFile(models.Model):
    """One file as it was read. `is_balanced`: opening balance and bookings make the closing one; None if not told."""

    sha256 = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=[("camt053", "CAMT.053"), ("csv", "CSV")])
    bookings = models.PositiveIntegerField(default=0)
    is_balanced = models.BooleanField(null=True)
    imported_by = models.CharField(max_length=150)
    imported_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class BankBooking(models.Model):
    """One booking, plus is money in. `deposit` is what it became where its marketplace account is known.

    The same booking is kept once, whichever file brings it; `ordinal` counts equal ones of one file from 0.
    """

    file = models.ForeignKey(BankFile, models.PROTECT, related_name="rows")
    bank_account = models.ForeignKey(BankAccount, models.PROTECT, related_name="bookings", db_index=False)
    row_no = models.PositiveIntegerField()
    booked_on = models.DateField()
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    fee = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    reference = models.CharField(max_length=200, blank=True)
    bank_ref = models.CharField(max_length=80, blank=True)
    ordinal = models.PositiveIntegerField(default=0)
    is_return = models.BooleanField(default=False)
    deposit = models.ForeignKey(Deposit, models.SET_NULL, null=True, blank=True, related_name="bookings")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bank_account", "booked_on", "amount", "currency", "reference", "bank_ref", "ordinal"],
                name="bank_booking_once",
            )
        ]
        indexes = [models.Index(fields=["-booked_on", "-id"], name="bank_booking_newest")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} on {self.booked_on}"


class BankRowState(models.TextChoices):
    OPEN = "open"
    REPLAYED = "replayed"
    DISMISSED = "dismissed"


class BankRejected(models.Model):
    """A row of a bank file that could not be read: why, and as it came; it is corrected and read again, or dismissed."""

    file = models.ForeignKey(BankFile, models.CASCADE, related_name="rejected")
    row_no = models.PositiveIntegerField()
    reason = models.CharField(max_length=300)
    raw = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=BankRowState, default=BankRowState.OPEN)
    closed_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "row_no"], name="bank_rejected_once")]

    def __str__(self) -> str:
        return f"{self.file_id}:{self.row_no} {self.reason[:60]}"
