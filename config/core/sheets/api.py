"""Uploaded sheets over the API: the file, the counts of its rows, and the decisions that every kind shares."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import Reason, Rows, actor, write
from config.core.permissions import Action
from config.core.sheets import reading

FIELDS = (
    "name", "sha256", "state", "rows", "good", "approved", "rejected", "known", "declined", "applied", "unapproved",
    "uploaded_at", "uploaded_by", "expires_at", "closed_at", "closed_by", "closed_reason",
)  # fmt: skip


class SheetSerializer(serializers.ModelSerializer):
    """Rows by state; `unapproved` rows wait for somebody else than who uploaded the sheet."""

    rows = serializers.IntegerField(source="total", read_only=True)
    good, approved, rejected, known, declined, applied = (
        serializers.IntegerField(source=f"{state}_rows", read_only=True)
        for state in ("good", "approved", "rejected", "known", "declined", "applied")
    )
    unapproved = serializers.IntegerField(read_only=True)


class SheetFile(serializers.Serializer):
    file = serializers.FileField(max_length=200)

    def validate_file(self, given: Any) -> Any:
        if given.size > reading.LARGEST:
            raise serializers.ValidationError(reading.TOO_LARGE)
        return given


class ChosenRows(serializers.Serializer):
    """Numbers of rows in the file; all that wait when none is named."""

    rows = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False, allow_null=True)


def uploader(request: Request) -> str:
    """Who uploads; behind a token stands whoever made it, and that person is not the second one."""
    person = getattr(getattr(request, "auth", None), "created_by", None)
    return f"{person.get_username()} ({actor(request)})" if person else actor(request)


def decided_by(service: Any, gives: type[SheetSerializer], *, edit: Action, approve: Action) -> Any:
    """The base of the views of one kind of sheet: `service` has `check`, `approve`, `decline` and `drop`."""
    needed = approve

    class Decisions(Rows):
        @write(edit, gives=gives)
        def check(self, request: Request, pk: str) -> Response:
            """Judge the rows again by what is known now."""
            sheet = self.get_object()
            service.check(sheet)
            return self.answer(sheet)

        @write(needed, takes=ChosenRows, gives=gives)
        def approve(self, request: Request, pk: str) -> Response:
            """Agree to rows as a second person."""
            sheet = self.get_object()
            service.approve(sheet, by=uploader(request), **self.given(request))
            return self.answer(sheet)

        @write(needed, takes=ChosenRows, gives=gives)
        def decline(self, request: Request, pk: str) -> Response:
            """Leave rows out."""
            sheet = self.get_object()
            service.decline(sheet, by=actor(request), **self.given(request))
            return self.answer(sheet)

        @write(edit, takes=Reason, gives=gives)
        def drop(self, request: Request, pk: str) -> Response:
            """Give the sheet up; nothing of it counts."""
            return self.answer(service.drop(self.get_object(), by=actor(request), **self.given(request)))

    return Decisions
