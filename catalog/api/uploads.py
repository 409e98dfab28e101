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
from config.core.api import Lists, MoneyField, Reason, Rows, actor, write
from config.core.permissions import Action, may
from config.core.sheets import reading


class UploadSerializer(serializers.ModelSerializer):
    """Rows by state; `unapproved` rows wait for somebody else than who uploaded the sheet."""

    rows = serializers.IntegerField(source="total", read_only=True)
    good, approved, rejected, known, declined, applied = (
        serializers.IntegerField(source=f"{state}_rows", read_only=True)
        for state in ("good", "approved", "rejected", "known", "declined", "applied")
    )
    unapproved = serializers.IntegerField(read_only=True)

    class Meta:
        model = Upload
        fields = (
            "id", "kind", "name", "sha256", "state", "rows", "good", "approved", "rejected", "known", "declined",
            "applied", "unapproved", "uploaded_at", "uploaded_by", "expires_at", "closed_at", "closed_by",
            "closed_reason",
        )  # fmt: skip


class UploadFile(serializers.Serializer):
    kind = serializers.CharField(max_length=20)
    file = serializers.FileField(max_length=200)

    def validate_kind(self, given: str) -> str:
        if given not in KINDS:
            raise serializers.ValidationError(f"write one of {', '.join(key for key, _ in KINDS)}")
        return given

    def validate_file(self, given: Any) -> Any:
        if given.size > reading.LARGEST:
            raise serializers.ValidationError(f"the file is larger than {reading.LARGEST // 2**20} MB; split it")
        return given


class ChosenUploadRows(serializers.Serializer):
    """Numbers of rows in the file; all that wait when none is named."""

    rows = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False, allow_null=True)


class UploadViews(Rows):
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
        sheet, _ = uploads.upload(given["kind"], file.read(), name=file.name, by=_uploader(request))
        return self.answer(sheet)

    @write(Action.EDIT_PRODUCTS, gives=UploadSerializer)
    def check(self, request: Request, pk: str) -> Response:
        """Judge the rows again by what is known now."""
        sheet: Upload = self.get_object()
        uploads.check(sheet)
        return self.answer(sheet)

    @write(Action.APPROVE_UPLOADS, takes=ChosenUploadRows, gives=UploadSerializer)
    def approve(self, request: Request, pk: str) -> Response:
        """Agree to rows as a second person."""
        sheet: Upload = self.get_object()
        uploads.approve(sheet, by=_uploader(request), **self.given(request))
        return self.answer(sheet)

    @write(Action.APPROVE_UPLOADS, takes=ChosenUploadRows, gives=UploadSerializer)
    def decline(self, request: Request, pk: str) -> Response:
        """Leave rows out."""
        sheet: Upload = self.get_object()
        uploads.decline(sheet, by=actor(request), **self.given(request))
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
        return self.answer(uploads.again(self.get_object(), by=_uploader(request)))

    @write(Action.EDIT_PRODUCTS, takes=Reason, gives=UploadSerializer)
    def drop(self, request: Request, pk: str) -> Response:
        """Give the sheet up; nothing of it counts."""
        sheet: Upload = self.get_object()
        return self.answer(uploads.drop(sheet, by=actor(request), **self.given(request)))


def _require(request: Request, kind: str) -> None:
    """What a kind of sheet writes needs that right as well."""
    needs, token = KINDS.get(kind).needs, getattr(request, "auth", None)
    if not (token.allows(needs) if token is not None else may(request.user, needs)):
        raise PermissionDenied(f"this needs the right: {str(needs).replace('_', ' ')}")


def _uploader(request: Request) -> str:
    """Who uploads; behind a token stands whoever made it, and that person is not the second one."""
    person = getattr(getattr(request, "auth", None), "created_by", None)
    return f"{person.get_username()} ({actor(request)})" if person else actor(request)


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
