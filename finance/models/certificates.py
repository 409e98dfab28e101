"""What a locked month leaves behind: a signed certificate and the archive that proves it."""

from __future__ import annotations

from django.db import models

from finance.models.closing import AccountMonth


class Certificate(models.Model):
    """The certificate of one locked month. `body` is certificate.json byte by byte; the archive lies in a file."""

    month = models.OneToOneField(AccountMonth, models.PROTECT, related_name="certificate")
    body = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    public_key = models.CharField(max_length=64)
    signature = models.CharField(max_length=128)
    path = models.CharField(max_length=300)
    bundle_sha256 = models.CharField(max_length=64)
    bundle_size = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.path
