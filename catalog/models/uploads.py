"""Sheets of products, prices or stock: a file, its rows, what each would change, and what people decided about it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from config.core.sheets.models import RowBase, SheetBase


class Upload(SheetBase):
    """One file of a kind of sheet. The same file again is the same upload, for as long as that waits or is applied."""

    kind = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "sha256"], condition=Q(state__in=["waiting", "applied"]), name="upload_once"
            )
        ]
        indexes = [models.Index(fields=["-uploaded_at", "-id"], name="upload_newest")]


class UploadRow(RowBase):
    """A row as it was understood: about `what`, it says `said` where now `before` holds, each by field and as text.

    `effect` is what it changes in 30 days at the pace of the last 30, plus towards the seller; None where unknown.
    """

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="rows", db_index=False)
    what = models.CharField(max_length=200, blank=True)
    said = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    effect = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "row_no"], name="upload_row_once")]
