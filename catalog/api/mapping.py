"""Taxonomies, mapping rules and places over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.mapping import placing
from catalog.models import Attribute, AttributeRule, Category, CategoryRule, Mapping, Placement, Taxonomy
from catalog.services import mappings, words
from config.core.api import Lists, Named, Question, Rows, actor, write
from config.core.permissions import Action

VERSION = (
    "id", "marketplace", "name", "state", "source", "made_at", "made_by", "activated_at", "activated_by",
)  # fmt: skip


class TaxonomySerializer(serializers.ModelSerializer):
    class Meta:
        model = Taxonomy
        fields = VERSION


class WeightSerializer(serializers.Serializer):
    """Offers and units, and what they brought in 30 days by currency."""

    offers, units = serializers.IntegerField(), serializers.IntegerField()
    revenue = serializers.DictField(child=serializers.DecimalField(max_digits=19, decimal_places=4))


class ImpactSerializer(serializers.Serializer):
    category = serializers.CharField(source="change.key")
    name = serializers.CharField(source="change.name")
    what = serializers.CharField(source="change.what")
    skus = serializers.IntegerField()
    weight = WeightSerializer()


class TaxonomyViews(Rows):
    queryset = Taxonomy.objects.all()
    serializer_class = TaxonomySerializer
    filterset_fields = ("marketplace", "state")

    @write(Action.EDIT_PRODUCTS, gives=TaxonomySerializer)
    def activate(self, request: Request, pk: str) -> Response:
        """Let the version count; ask for its impact first."""
        version = self.get_object()
        mappings.activate(version, by=actor(request))
        return self.answer(version)


class TaxonomyAsked(serializers.Serializer):
    taxonomy = serializers.IntegerField(min_value=1)


class ImpactView(Question):
    """Categories that a version treats otherwise than the active one, and in which products of today stand."""

    asks = TaxonomyAsked
    gives = ImpactSerializer

    def get(self, request: Request) -> Response:
        found = _asked(request, TaxonomyAsked, Taxonomy)
        return Response(ImpactSerializer(placing.impact(found), many=True).data)


def _asked(request: Request, asks: type[serializers.Serializer], model: Any) -> Any:
    asked = asks(data=request.query_params)
    asked.is_valid(raise_exception=True)
    (pk,) = asked.validated_data.values()
    found = model.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound("there is no such version")
    return found


class CategorySerializer(serializers.ModelSerializer):
    class Meta:
        model = Category
        fields = ("id", "taxonomy", "key", "name", "parent_key", "is_leaf", "fee_category")


class CategoryViews(Lists):
    queryset = Category.objects.all()
    serializer_class = CategorySerializer
    filterset_fields = ("taxonomy", "key", "is_leaf")


class AttributeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Attribute
        fields = (
            "id", "taxonomy", "category_key", "key", "kind", "is_required", "max_length", "choices", "unit", "asked_if",
        )  # fmt: skip


class AttributeViews(Lists):
    queryset = Attribute.objects.all()
    serializer_class = AttributeSerializer
    filterset_fields = ("taxonomy", "category_key", "key")


class MappingSerializer(serializers.ModelSerializer):
    class Meta:
        model = Mapping
        fields = VERSION


class ShiftSerializer(serializers.Serializer):
    before, after = serializers.CharField(), serializers.CharField()
    skus = serializers.IntegerField()
    weight = WeightSerializer()


class RuleWanted(serializers.Serializer):
    """Blank conditions hold for all; `target` is the key of a category of the active taxonomy."""

    marketplace = serializers.CharField(max_length=40)
    category, brand, title_has = (
        serializers.CharField(required=False, allow_blank=True, max_length=120) for _ in range(3)
    )
    target = serializers.CharField(max_length=120)


class Wished(serializers.Serializer):
    changed = serializers.IntegerField(read_only=True)


class MappingViews(Rows):
    queryset = Mapping.objects.all()
    serializer_class = MappingSerializer
    filterset_fields = ("marketplace", "state")

    @write(Action.EDIT_PRODUCTS, takes=RuleWanted, gives=MappingSerializer, detail=False)
    def rule(self, request: Request) -> Response:
        """Add or change a category rule in the newest draft; answers the draft."""
        given = self.given(request)
        return self.answer(mappings.set_rule(given.pop("marketplace"), rule=given, by=actor(request)))

    @write(Action.EDIT_PRODUCTS, gives=MappingSerializer)
    def activate(self, request: Request, pk: str) -> Response:
        """Let the version count; ask for its preview first."""
        version = self.get_object()
        mappings.activate(version, by=actor(request))
        return self.answer(version)

    @write(Action.WRITE_MARKETPLACE, gives=Wished)
    def wish(self, request: Request, pk: str) -> Response:
        """Have offers say what the active rules of this version's marketplace make of their products."""
        return Response({"changed": words.wish_as_mapped(self.get_object().marketplace, by=actor(request))})


class MappingAsked(serializers.Serializer):
    mapping = serializers.IntegerField(min_value=1)


class PreviewView(Question):
    """Which products a version of the rules would move, from where to where."""

    asks = MappingAsked
    gives = ShiftSerializer

    def get(self, request: Request) -> Response:
        found = _asked(request, MappingAsked, Mapping)
        return Response(ShiftSerializer(placing.preview(found), many=True).data)


class CategoryRuleSerializer(serializers.ModelSerializer):
    class Meta:
        model = CategoryRule
        fields = ("id", "mapping", "category", "brand", "title_has", "target")


class CategoryRuleViews(Lists):
    queryset = CategoryRule.objects.all()
    serializer_class = CategoryRuleSerializer
    filterset_fields = ("mapping", "mapping__marketplace", "target")


class AttributeRuleSerializer(serializers.ModelSerializer):
    class Meta:
        model = AttributeRule
        fields = ("id", "mapping", "target", "attribute", "source", "constant", "values")


class AttributeRuleViews(Lists):
    queryset = AttributeRule.objects.all()
    serializer_class = AttributeRuleSerializer
    filterset_fields = ("mapping", "mapping__marketplace", "attribute")


class PlacementSerializer(serializers.ModelSerializer):
    sku = Named("code")

    class Meta:
        model = Placement
        fields = ("id", "sku", "marketplace", "category_key", "category_name", "fee_category", "problems")


class PlacementViews(Lists):
    queryset = Placement.objects.select_related("sku")
    serializer_class = PlacementSerializer
    filterset_fields = ("marketplace", "sku__code", "category_key")


VIEWS: dict[str, Any] = {
    "taxonomies": TaxonomyViews,
    "categories": CategoryViews,
    "attributes": AttributeViews,
    "mappings": MappingViews,
    "category-rules": CategoryRuleViews,
    "attribute-rules": AttributeRuleViews,
    "placements": PlacementViews,
}
QUESTIONS: dict[str, Any] = {"taxonomy-impact": ImpactView, "mapping-preview": PreviewView}
