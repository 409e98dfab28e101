"""Files that the books give: exports, the pack of a claim, the archive of a certificate."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import Question
from config.core.permissions import Action
from finance.claim_packs import packed
from finance.models import Certificate, Claim, JournalExport
from finance.services import certificates, claims, exports

PART = 4 * 2**20


class FileAsked(serializers.Serializer):
    id = serializers.IntegerField()


class FileTold(serializers.Serializer):
    """The file byte by byte, in base64."""

    name = serializers.CharField()
    sha256 = serializers.CharField()
    base64 = serializers.CharField()


class _File(Question):
    needs = Action.VIEW_MONEY
    asks: type[serializers.Serializer] | None = FileAsked
    gives: type[serializers.Serializer] = FileTold
    gives_one = True


class ExportFileView(_File):
    """A file of the books, byte by byte as it was exported."""

    def get(self, request: Request) -> Response:
        made = JournalExport.objects.filter(pk=self.given(request)["id"]).first()
        if made is None:
            raise Http404("no such export")
        body = base64.b64encode(exports.content(made)).decode()
        return Response({"name": made.name, "sha256": made.sha256, "base64": body})


class ClaimPackView(_File):
    """The evidence of a claim as a zip, as it was submitted or as it is now."""

    def get(self, request: Request) -> Response:
        found = Claim.objects.select_related("discrepancy").filter(pk=self.given(request)["id"]).first()
        if found is None:
            raise Http404("no such claim")
        body = packed(found.evidence or claims.evidence(found))
        told = {"name": f"claim-{found.pk}.zip", "sha256": hashlib.sha256(body).hexdigest()}
        return Response({**told, "base64": base64.b64encode(body).decode()})


class PartAsked(FileAsked):
    """`offset`: from which byte on; a part has four mebibytes at most."""

    offset = serializers.IntegerField(min_value=0, default=0)


class PartTold(FileTold):
    """A part of the file; `sha256` and `size` are of the whole, `next` is where the next part begins, null at the end."""

    size = serializers.IntegerField()
    next = serializers.IntegerField(allow_null=True)


class CertificateArchiveView(_File):
    """The archive of a certificate, with every file it speaks of and the script that verifies it, part by part."""

    asks = PartAsked
    gives = PartTold

    def get(self, request: Request) -> Response:
        asked = self.given(request)
        made = Certificate.objects.filter(pk=asked["id"]).first()
        if made is None or not (path := certificates.bundle(made)).exists():
            raise Http404("no such archive on this machine")
        with path.open("rb") as file:
            file.seek(asked["offset"])
            part = file.read(PART)
        end = asked["offset"] + len(part)
        told = {"name": path.name, "sha256": made.bundle_sha256, "size": made.bundle_size}
        body = base64.b64encode(part).decode()
        return Response({**told, "base64": body, "next": end if end < made.bundle_size else None})


VIEWS: dict[str, Any] = {}
QUESTIONS: dict[str, Any] = {
    "journal-exports/file": ExportFileView, "claims/pack": ClaimPackView, "certificates/archive": CertificateArchiveView,
}  # fmt: skip
