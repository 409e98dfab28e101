"""Account health as measured, the bands that it is judged by, and what marketplaces ask of sellers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from config.core.api import Named, Rows
from tickets import filters
from tickets.models import HealthBand, HealthDay, ServiceLimit


class HealthDaySerializer(serializers.ModelSerializer):
    """One metric of one account on one day; `value` null was not measured, `why` says the reason.

    `used` is the used part of the marketplace's limit (1: all of it), `left` how many failures more it allows.
    """

    account = Named("key")

    class Meta:
        model = HealthDay
        fields = (
            "id", "account", "metric", "day", "value", "numerator", "denominator", "samples", "as_of", "why", "band",
            "limit", "used", "left", "facts",
        )  # fmt: skip


class HealthBandSerializer(serializers.ModelSerializer):
    account = Named("key", or_null=True)

    class Meta:
        model = HealthBand
        fields = ("id", "metric", "marketplace", "account", "stable", "watch", "is_of_limit", "valid_from", "source")


class ServiceLimitSerializer(serializers.ModelSerializer):
    class Meta:
        model = ServiceLimit
        fields = (
            "id", "marketplace", "metric", "level", "limit", "window", "window_days", "counts", "least_failures",
            "tiers", "consequence", "valid_from", "source",
        )  # fmt: skip


class HealthDayViews(Rows):
    queryset = HealthDay.objects.select_related("account")
    serializer_class = HealthDaySerializer
    filterset_class = filters.HealthFilter


class HealthBandViews(Rows):
    queryset = HealthBand.objects.select_related("account")
    serializer_class = HealthBandSerializer
    filterset_fields = ("metric", "marketplace")


class ServiceLimitViews(Rows):
    queryset = ServiceLimit.objects.all()
    serializer_class = ServiceLimitSerializer
    filterset_class = filters.ServiceLimitFilter


VIEWS: dict[str, Any] = {
    "health-days": HealthDayViews,
    "health-bands": HealthBandViews,
    "service-limits": ServiceLimitViews,
}
