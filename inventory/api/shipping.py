"""Parcels, labels and manifests over the API; each write does what the button of the screen does."""

from __future__ import annotations

import base64
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from config.core.api import Named, Rows, actor, write
from config.core.permissions import Action
from inventory import shipping
from inventory.carriers.contract import Address, LabelFormat, Services
from inventory.models import CarrierAccount, Label, LabelKind, Manifest, Parcel, ParcelItem, TrackingEvent
from inventory.services import addresses, labels, manifests, packing, planning
from inventory.shipping_filters import LabelFilter, ManifestFilter
from marketplaces.api.writes import CommandSerializer
from marketplaces.services.writes import MOST_UNITS


class ItemSerializer(serializers.ModelSerializer):
    line, sku = Named("external_id"), serializers.CharField(source="line.sku.code", default=None)

    class Meta:
        model = ParcelItem
        fields = ("line", "sku", "quantity")


class ScanSerializer(serializers.ModelSerializer):
    class Meta:
        model = TrackingEvent
        fields = ("at", "state", "code", "text", "place")


class LabelSerializer(serializers.ModelSerializer):
    """`state` bought means that number and papers are here; in doubt, that the carrier is asked before anything else."""

    account = Named("key")
    order = serializers.CharField(source="parcel.shipment.order.external_id", read_only=True)
    papers = serializers.SlugRelatedField(slug_field="kind", many=True, read_only=True)
    scans = ScanSerializer(many=True, read_only=True)

    class Meta:
        model = Label
        fields = (
            "id", "parcel", "order", "account", "kind", "ref", "product", "format", "ship_on", "state", "reason",
            "with_return", "tracking_number", "return_tracking_number", "routing_code", "bought_at", "cancelled_at",
            "printed_at", "manifest", "tracking_state", "first_scan_at", "delivered_at", "weighed_g", "papers", "scans",
        )  # fmt: skip


class ParcelSerializer(serializers.ModelSerializer):
    """Whether an address is known is told, the address itself is not."""

    order = serializers.IntegerField(source="shipment.order_id", read_only=True)
    items = ItemSerializer(many=True, read_only=True)
    is_doubled = serializers.BooleanField(source="shipment.is_doubled", read_only=True)
    has_address = serializers.SerializerMethodField()

    class Meta:
        model = Parcel
        fields = (
            "id", "order", "shipment", "number", "weight_g", "length_mm", "width_mm", "height_mm", "items", "command",
            "cancelled_at", "is_doubled", "has_address",
        )  # fmt: skip

    def get_has_address(self, parcel: Parcel) -> bool:
        return parcel.shipment.ship_to is not None


class ManifestSerializer(serializers.ModelSerializer):
    account = Named("key")

    class Meta:
        model = Manifest
        fields = ("id", "account", "closed_at", "closed_by", "sheet_no", "labels_closed", "refused")


class LabelWanted(serializers.Serializer):
    """What is blank is the usual: the first contract, the first product that goes there, the return label where it must be."""

    contract = serializers.SlugRelatedField(slug_field="key", queryset=CarrierAccount.objects.all(), required=False)
    product = serializers.CharField(max_length=20, default="", allow_blank=True)
    format = serializers.ChoiceField(choices=[each.value for each in LabelFormat], default="pdf")
    kind = serializers.ChoiceField(choices=LabelKind.choices, default=LabelKind.OUTBOUND)
    with_return = serializers.BooleanField(allow_null=True, default=None)
    minimum_age = serializers.ChoiceField(choices=[0, 16, 18], default=0)
    services = serializers.MultipleChoiceField(
        choices=[name for name in Services.__dataclass_fields__ if name not in ("minimum_age", "insured_for")],
        default=set,
    )


class AddressGiven(serializers.Serializer):
    """Where the parcel goes; `country` has two letters. It is kept encrypted and never answered."""

    name = serializers.CharField(max_length=50)
    name2 = serializers.CharField(max_length=50, default="", allow_blank=True)
    street = serializers.CharField(max_length=100, default="", allow_blank=True)
    house = serializers.CharField(max_length=10, default="", allow_blank=True)
    addition = serializers.CharField(max_length=60, default="", allow_blank=True)
    postal_code = serializers.CharField(max_length=10)
    city = serializers.CharField(max_length=40)
    country = serializers.RegexField(r"^[A-Z]{2}$", default="DE")


class PieceGiven(serializers.Serializer):
    lines = serializers.DictField(child=serializers.IntegerField(min_value=1, max_value=MOST_UNITS), allow_empty=False)
    weight_g = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False, allow_null=True, default=None)


class ParcelsPlanned(serializers.Serializer):
    """Parcels with units per line id; without an address the marketplace is asked."""

    parcels = PieceGiven(many=True, allow_empty=False)
    address = AddressGiven(required=False)


class PaperAsked(serializers.Serializer):
    kind = serializers.CharField(max_length=20, default="label")


class PaperSerializer(serializers.Serializer):
    """A paper in base64."""

    kind = serializers.CharField()
    format = serializers.CharField()
    body = serializers.CharField()


class DayClosed(serializers.Serializer):
    contract = serializers.SlugRelatedField(slug_field="key", queryset=CarrierAccount.objects.all())


def plan(order: Any, given: dict[str, Any], *, by: str) -> list[Parcel]:
    """The parcels of a request, as rows to answer."""
    told = Address(**given["address"]) if given.get("address") else None
    pieces = [planning.Piece(**piece) for piece in given["parcels"]]
    return list(shipping.parcels_of(order).filter(shipment=planning.plan(order, pieces, by=by, address=told)))


class ParcelViews(Rows):
    queryset = Parcel.objects.select_related("shipment__order__account", "command").prefetch_related("items__line__sku")
    serializer_class = ParcelSerializer
    filterset_fields = {"shipment__order": ["exact"], "shipment__order__external_id": ["exact"]}

    @write(Action.SHIP, takes=LabelWanted, gives=LabelSerializer)
    def label(self, request: Request, pk: str) -> Response:
        """Want a label for the parcel; a worker buys it, once, however often this is asked."""
        given = self.given(request)
        flags: dict[str, Any] = dict.fromkeys(given["services"], True)
        age = {"minimum_age": given["minimum_age"]} if given["minimum_age"] else {}
        choice = packing.Choice(
            account=given.get("contract") or packing.contract(), product=given["product"],
            format=LabelFormat(given["format"]), kind=LabelKind(given["kind"]), with_return=given["with_return"],
            services=flags | age,
        )  # fmt: skip
        wanted = packing.want(self.get_object(), choice, by=actor(request))
        labels.buy_later([wanted])
        return Response(LabelSerializer(wanted).data)

    @write(Action.SHIP, takes=AddressGiven, gives=ParcelSerializer)
    def address(self, request: Request, pk: str) -> Response:
        """Replace the address of the parcel's shipment."""
        parcel: Parcel = self.get_object()
        addresses.correct(parcel.shipment, Address(**self.given(request)))
        return self.answer(parcel)

    @write(Action.WRITE_MARKETPLACE, gives=CommandSerializer)
    def tell(self, request: Request, pk: str) -> Response:
        """Tell the marketplace that the parcel has left, with the numbers of its labels; answers the write."""
        return Response(CommandSerializer(planning.confirm(self.get_object(), by=actor(request))).data)

    @write(Action.SHIP, gives=ParcelSerializer)
    def cancel(self, request: Request, pk: str) -> Response:
        """Give the units back to the order; labels are cancelled first."""
        return self.answer(planning.cancel(self.get_object()))


class LabelViews(Rows):
    queryset = shipping.labels().prefetch_related("papers", "scans")
    serializer_class = LabelSerializer
    filterset_class = LabelFilter

    @write(Action.SHIP, gives=LabelSerializer)
    def cancel(self, request: Request, pk: str) -> Response:
        """Give a bought label back to the carrier."""
        return self.answer(labels.cancel(self.get_object()))

    @write(Action.SHIP, takes=PaperAsked, gives=PaperSerializer)
    def paper(self, request: Request, pk: str) -> Response:
        """One paper of the label, for those who ship: an address stands on it."""
        kind = self.given(request)["kind"]
        found = labels.papers([self.get_object()], kinds=(kind,))
        if not found:
            raise serializers.ValidationError({"kind": "the label has no such paper, or it is past its retention"})
        body = base64.b64encode(labels.content(found[0])).decode()
        return Response(PaperSerializer({"kind": kind, "format": found[0].format, "body": body}).data)


class ManifestViews(Rows):
    queryset = shipping.manifests()
    serializer_class = ManifestSerializer
    filterset_class = ManifestFilter

    @write(Action.SHIP, takes=DayClosed, gives=ManifestSerializer, detail=False)
    def close(self, request: Request) -> Response:
        """Close the day of a contract; answers the last sheet."""
        return self.answer(manifests.close(self.given(request)["contract"], by=actor(request))[-1])


VIEWS: dict[str, Any] = {"parcels": ParcelViews, "labels": LabelViews, "manifests": ManifestViews}
