"""Incidents with their timelines, playbooks and proof."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import Named, Rows, actor, write
from config.core.permissions import Action
from tickets import filters
from tickets.models import Evidence, Incident, IncidentEvent, IncidentState, IncidentStep, PlaybookStep
from tickets.services import incidents


class IncidentStepSerializer(serializers.ModelSerializer):
    class Meta:
        model = IncidentStep
        fields = ("position", "title", "detail", "owner", "done_by", "done_at")


class IncidentSerializer(serializers.ModelSerializer):
    """From `detected_at` (the first bad measure) to `recovered_at` (the first good one). `tickets` are ids."""

    account = Named("key")
    steps = IncidentStepSerializer(many=True, read_only=True)
    tickets = serializers.PrimaryKeyRelatedField(many=True, read_only=True)

    class Meta:
        model = Incident
        fields = (
            "id", "account", "effect", "state", "severity", "title", "causes", "affected", "detected_at", "opened_at",
            "recovered_at", "closed_at", "steps", "tickets",
        )  # fmt: skip


class IncidentEventSerializer(serializers.ModelSerializer):
    class Meta:
        model = IncidentEvent
        fields = ("id", "incident", "kind", "actor", "text", "at")


class EvidenceSerializer(serializers.ModelSerializer):
    """What is known of a file; its bytes are in the incident's archive."""

    class Meta:
        model = Evidence
        fields = ("id", "incident", "name", "media_type", "size", "sha256", "note", "added_by", "added_at")


class PlaybookStepSerializer(serializers.ModelSerializer):
    class Meta:
        model = PlaybookStep
        fields = ("id", "effect", "position", "title", "detail", "owner")


class StepDone(serializers.Serializer):
    position = serializers.IntegerField(min_value=1, max_value=1000)


class Remark(serializers.Serializer):
    text = serializers.CharField(max_length=10_000)


class ProofFile(serializers.Serializer):
    """`content` is the file in base64, at most 5 MB of bytes."""

    name = serializers.CharField(max_length=200)
    content = serializers.CharField(max_length=incidents.LARGEST * 4 // 3 + 4)
    media_type = serializers.CharField(max_length=120, default="application/octet-stream")
    note = serializers.CharField(max_length=300, default="", allow_blank=True)

    def validate_content(self, value: str) -> bytes:
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise serializers.ValidationError("this is not base64") from error


class IncidentViews(Rows):
    queryset = (
        Incident.objects.exclude(state=IncidentState.WATCHING)
        .select_related("account")
        .prefetch_related("steps", "tickets")
    )
    serializer_class = IncidentSerializer
    filterset_class = filters.IncidentFilter

    @write(Action.WORK_TICKETS, takes=StepDone, gives=IncidentSerializer)
    def step(self, request: Request, pk: str) -> Response:
        """A step of the playbook is done."""
        incident: Incident = self.get_object()
        incidents.do_step(incident, by=actor(request), **self.given(request))
        return self.answer(incident)

    @write(Action.WORK_TICKETS, takes=Remark, gives=IncidentSerializer)
    def comment(self, request: Request, pk: str) -> Response:
        incident: Incident = self.get_object()
        return self.answer(incidents.comment(incident, by=actor(request), **self.given(request)))

    @write(Action.WORK_TICKETS, takes=ProofFile, gives=IncidentSerializer)
    def attach(self, request: Request, pk: str) -> Response:
        """Keep a file as proof; the same bytes are kept once."""
        incident: Incident = self.get_object()
        given = self.given(request)
        incidents.attach(incident, given.pop("name"), given.pop("content"), by=actor(request), **given)
        return self.answer(incident)


class IncidentEventViews(Rows):
    queryset = IncidentEvent.objects.all()
    serializer_class = IncidentEventSerializer
    filterset_fields = ("incident", "kind", "actor")


class EvidenceViews(Rows):
    queryset = Evidence.objects.defer("body")
    serializer_class = EvidenceSerializer
    filterset_fields = ("incident",)


class PlaybookStepViews(Rows):
    queryset = PlaybookStep.objects.all()
    serializer_class = PlaybookStepSerializer
    filterset_fields = ("effect", "owner")


VIEWS: dict[str, Any] = {
    "incidents": IncidentViews,
    "incident-events": IncidentEventViews,
    "evidence": EvidenceViews,
    "playbook-steps": PlaybookStepViews,
}
