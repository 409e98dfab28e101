"""Files of the books that left the house, kept byte by byte."""

from __future__ import annotations

from django.db import models


class ExportFormat(models.TextChoices):
    GENERIC = "generic", "CSV with every posting"
    DATEV = "datev", "DATEV posting batch"
    XERO = "xero", "Xero manual journals"
    QUICKBOOKS = "quickbooks", "QuickBooks journal entries"


class JournalExport(models.Model):
    """One export of an account's month. The same content is one row, however often it is asked for.

    `body` is the file, compressed; `change` says in words how it differs from the one exported before.
    """

    account = models.ForeignKey("marketplaces.Account", models.PROTECT, related_name="journal_exports")
    month = models.DateField()
    format = models.CharField(max_length=12, choices=ExportFormat)
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    entries = models.PositiveIntegerField()
    body = models.BinaryField()
    change = models.CharField(max_length=400, blank=True)
    is_current = models.BooleanField(default=True)
    made_by = models.CharField(max_length=150)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "month", "format", "sha256"], name="journal_export_once"),
            models.UniqueConstraint(
                fields=["account", "month", "format"],
                condition=models.Q(is_current=True),
                name="journal_export_current",
            ),
        ]
        indexes = [models.Index(fields=["-made_at", "-id"], name="journal_export_newest")]

    def __str__(self) -> str:
        return self.name
