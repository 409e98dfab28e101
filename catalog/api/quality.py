"""What each element of a listing counts for its quality, over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from catalog.models import QualityWeight
from config.core.api import Lists


class QualityWeightSerializer(serializers.ModelSerializer):
    class Meta:
        model = QualityWeight
        fields = ("id", "element", "weight", "marketplace", "category", "valid_from", "source")


class QualityWeightViews(Lists):
    queryset = QualityWeight.objects.all()
    serializer_class = QualityWeightSerializer
    filterset_fields = ("element", "marketplace", "category")


VIEWS: dict[str, Any] = {"quality-weights": QualityWeightViews}
