"""What SKUs are made of and which were one, over the API."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog import selectors
from catalog.models import BundlePart, MasterRule, Merge, Sku
from catalog.services import bundles, merges, policy
from config.core.api import Lists, Named, Rows, actor, write
from config.core.permissions import Action


class BundlePartSerializer(serializers.ModelSerializer):
    bundle, component = Named("code"), Named("code")

    class Meta:
        model = BundlePart
        fields = ("id", "bundle", "component", "quantity")


class PartWanted(serializers.Serializer):
    component = serializers.CharField(max_length=120)
    quantity = serializers.IntegerField(min_value=1, max_value=bundles.MOST)


class Composition(serializers.Serializer):
    """All components of a bundle; an empty list makes it an item again."""

    bundle = Named("code", queryset=Sku.objects.all())
    parts = PartWanted(many=True)


class Composed(serializers.Serializer):
    """What a bundle is made of now."""

    bundle = serializers.CharField()
    parts = BundlePartSerializer(many=True)


class BundlePartViews(Lists):
    queryset = BundlePart.objects.select_related("bundle", "component")
    serializer_class = BundlePartSerializer
    filterset_fields = ("bundle__code", "component__code")

    @write(Action.EDIT_PRODUCTS, takes=Composition, gives=Composed, detail=False)
    def compose(self, request: Request) -> Response:
        """Say what a bundle is made of; answers its components."""
        given = self.given(request)
        parts = {part["component"]: part["quantity"] for part in given["parts"]}
        bundles.compose(given["bundle"], parts, by=actor(request))
        parts_now = list(selectors.parts_of(sku_id=given["bundle"].pk))
        return Response(Composed({"bundle": given["bundle"].code, "parts": parts_now}).data)


class MergeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Merge
        fields = (
            "id", "kind", "kept_id", "gone_id", "kept_name", "gone_name", "moved", "reason", "merged_at", "merged_by",
            "undone_at", "undone_by",
        )  # fmt: skip


class MergeWanted(serializers.Serializer):
    """Two SKUs that are one; with `products` their products are, and the SKUs become variants."""

    kept = Named("code", queryset=Sku.objects.select_related("product"))
    gone = Named("code", queryset=Sku.objects.select_related("product"))
    products = serializers.BooleanField(default=False)
    reason = serializers.CharField(max_length=200)


class MergeViews(Rows):
    queryset = Merge.objects.all()
    serializer_class = MergeSerializer
    filterset_fields = ("kind", "kept_id", "gone_id")

    @write(Action.EDIT_PRODUCTS, takes=MergeWanted, gives=MergeSerializer, detail=False)
    def merge(self, request: Request) -> Response:
        """From now on every name of `gone` means `kept`."""
        given = self.given(request)
        by, reason, kept, gone = actor(request), given["reason"], given["kept"], given["gone"]
        if given["products"]:
            return self.answer(merges.merge_products(kept.product, gone.product, by=by, reason=reason))
        return self.answer(merges.merge(kept, gone, by=by, reason=reason))

    @write(Action.EDIT_PRODUCTS, gives=MergeSerializer)
    def undo(self, request: Request, pk: str) -> Response:
        """Part again what was merged; every row gets its former id back."""
        return self.answer(merges.undo(self.get_object(), by=actor(request)))


class MasterRuleSerializer(serializers.ModelSerializer):
    class Meta:
        model = MasterRule
        fields = ("id", "field", "is_mandatory", "set_by", "set_at")


class Mandatory(serializers.Serializer):
    """The names of all fields that every SKU must have."""

    mandatory = serializers.ListField(child=serializers.CharField(max_length=20))


class MasterRuleViews(Lists):
    queryset = MasterRule.objects.all()
    serializer_class = MasterRuleSerializer
    filterset_fields = ("field", "is_mandatory")

    @write(Action.EDIT_PRODUCTS, takes=Mandatory, gives=Mandatory, detail=False)
    def want(self, request: Request) -> Response:
        """Make exactly these fields mandatory; answers them in their order."""
        return Response({"mandatory": policy.want(self.given(request)["mandatory"], by=actor(request))})


VIEWS: dict[str, Any] = {"bundle-parts": BundlePartViews, "merges": MergeViews, "master-rules": MasterRuleViews}
