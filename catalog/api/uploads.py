"""Sheets of products, prices and stock over the API, from the upload to the day they are applied."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import filters
from catalog.models import Upload, UploadRow
from catalog.services import uploads
from catalog.uploads import selectors
from catalog.uploads.kinds import KINDS
from config.core.api import Lists, MoneyField, actor, write
from config.core.permissions import Action, may
from config.core.sheets.api import FIELDS, SheetFile, SheetSerializer, decided_by, uploader


class UploadSerializer(SheetSerializer):
    class Meta:
        model = Upload
        fields = ("id", "kind", *FIELDS)


class UploadFile(SheetFile):
    kind = serializers.CharField(max_length=20)

    def validate_kind(self, given: str) -> str:
        if given not in KINDS:
            raise serializers.ValidationError(f"write one of {', '.join(key for key, _ in KINDS)}")
        return given


Decisions: Any = decided_by(uploads, UploadSerializer, edit=Action.EDIT_PRODUCTS, approve=Action.APPROVE_UPLOADS)


class UploadViews(Decisions):
    queryset = selectors.sheets()
    serializer_class = UploadSerializer
    filterset_class = filters.UploadFilter

    @write(
        Action.EDIT_PRODUCTS, takes=UploadFile, gives=UploadSerializer, detail=False, parser_classes=[MultiPartParser]
    )
    def upload(self, request: Request) -> Response:
        """CSV or XLSX; its rows are judged and nothing counts before it is applied. The same file is the same sheet."""
        given = self.given(request)
        _require(request, given["kind"])
        file = given["file"]
        sheet, _ = uploads.upload(given["kind"], file.read(), name=file.name, by=uploader(request))
        return self.answer(sheet)

    @write(Action.EDIT_PRODUCTS, gives=UploadSerializer)
    def apply(self, request: Request, pk: str) -> Response:
        """Carry out all rows that can be used, or none."""
        sheet: Upload = self.get_object()
        _require(request, sheet.kind)
        uploads.apply(sheet, by=actor(request))
        return self.answer(sheet)

    @write(Action.EDIT_PRODUCTS, gives=UploadSerializer)
    def again(self, request: Request, pk: str) -> Response:
        """Let the rows of an expired or dropped sheet wait once more; answers the sheet in which they do."""
        return self.answer(uploads.again(self.get_object(), by=uploader(request)))


def _require(request: Request, kind: str) -> None:
    """What a kind of sheet writes needs that right as well."""
    needs, token = KINDS.get(kind).needs, getattr(request, "auth", None)
    if not (token.allows(needs) if token is not None else may(request.user, needs)):
        raise PermissionDenied(f"this needs the right: {str(needs).replace('_', ' ')}")


class UploadRowSerializer(serializers.ModelSerializer):
    """One row of a file: what it says, what holds now, what is wrong with it, and why somebody must approve it."""

    effect = MoneyField()

    class Meta:
        model = UploadRow
        fields = (
            "id", "upload", "row_no", "state", "cells", "problems", "approvals", "what", "said", "before", "effect",
            "decided_by", "decided_at",
        )  # fmt: skip


class UploadRowViews(Lists):
    queryset = UploadRow.objects.all()
    serializer_class = UploadRowSerializer
    filterset_class = filters.UploadRowFilter
    ordering = ("upload_id", "row_no")


VIEWS: dict[str, Any] = {"uploads": UploadViews, "upload-rows": UploadRowViews}
