"""What came back and what was sent, as it was, compressed; queryable by order, SKU and time."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from marketplaces.models.accounts import Account


class RawPage(models.Model):
    """One page or document, stored once by hash. `subjects` are `order:<id>` and `sku:<sku>` that occur in it;
    `applied_at` tells when its rows were stored.

    Small bodies are zlib-compressed in `body`; large documents lie in a file at `path`, under the tenant.
    """

    account = models.ForeignKey(Account, models.CASCADE, related_name="pages")
    resource = models.CharField(max_length=40)
    run = models.ForeignKey("marketplaces.SyncRun", models.SET_NULL, null=True, related_name="pages_stored")
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=120)
    context = models.JSONField(default=dict)
    document_id = models.CharField(max_length=300, blank=True)
    body = models.BinaryField(null=True)
    path = models.CharField(max_length=300, blank=True)
    size = models.PositiveBigIntegerField()
    subjects = ArrayField(models.CharField(max_length=120), default=list)
    fetched_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "resource", "sha256"], name="raw_page_once"),
        ]
        indexes = [
            GinIndex(fields=["subjects"], name="raw_page_subjects"),
            models.Index(fields=["account", "resource", "document_id"], name="raw_page_document"),
            models.Index(fields=["fetched_at"], name="raw_page_age"),
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.sha256[:12]}"


class Traffic(models.Model):
    """One HTTP exchange, redacted by allow-list: what was asked, what was answered, how long it took."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="traffic")
    run_id = models.BigIntegerField(null=True, blank=True)
    command_id = models.BigIntegerField(null=True, blank=True)
    operation = models.CharField(max_length=80)
    method = models.CharField(max_length=8)
    url = models.CharField(max_length=600)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    milliseconds = models.PositiveIntegerField(default=0)
    request_id = models.CharField(max_length=120, blank=True)
    request_body = models.BinaryField(null=True)
    response_body = models.BinaryField(null=True)
    error = models.CharField(max_length=300, blank=True)
    subjects = ArrayField(models.CharField(max_length=120), default=list)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "traffic"
        indexes = [
            models.Index(fields=["account", "-at"], name="traffic_latest"),
            models.Index(fields=["at"], name="traffic_age"),
            GinIndex(fields=["subjects"], name="traffic_subjects"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.operation} {self.status}"
