"""What is pushed into the notification queue when an order changes."""

from __future__ import annotations

import json
from typing import Any

from marketplaces.adapters.amazon.sandbox import ids
from marketplaces.adapters.amazon.sandbox.answers import stamp
from marketplaces.canonical import ChangeKind, Fulfilment, OrderStatus
from marketplaces.sandbox.facts import View, WorldEvent, WorldOrder

# The order's status as the message tells it. It is the one that the event made, whatever has happened since.
_STATUSES = {
    ChangeKind.CREATED: "Pending",
    ChangeKind.CHANGED: "Unshipped",
    ChangeKind.SHIPPED: "Shipped",
    ChangeKind.DELIVERED: "Shipped",
    ChangeKind.CANCELLED: "Canceled",
    ChangeKind.RETURNED: "Shipped",
}


def sandbox_event(view: View, event: WorldEvent) -> bytes:
    """An ORDER_CHANGE message; the same event sent twice has the same notification id."""
    order = view.order(event.order_serial)
    if order is None:
        raise LookupError(f"the world has no order {event.order_serial}")
    body = {
        "NotificationVersion": "1.0",
        "NotificationType": "ORDER_CHANGE",
        "PayloadVersion": "1.0",
        "EventTime": stamp(event.happened_at),
        "Payload": {"OrderChangeNotification": _change(view, order, event)},
        "NotificationMetadata": {
            "ApplicationId": f"amzn1.sellerapps.app.simulated.{view.account.client}",
            "SubscriptionId": f"simulated-{view.account.key}",
            "PublishTime": stamp(event.sent_at),
            "NotificationId": f"simulated-{event.serial}",
        },
    }
    return json.dumps(body).encode()


def _change(view: View, order: WorldOrder, event: WorldEvent) -> dict[str, Any]:
    is_partial = event.kind is ChangeKind.SHIPPED and order.status is OrderStatus.PARTIALLY_SHIPPED
    shipped = sum(line.shipped for line in order.lines)
    return {
        "NotificationLevel": "OrderLevel",
        "SellerId": view.account.settings["seller_id"],
        "AmazonOrderId": ids.order_id(order.serial, order.store),
        "OrderChangeType": "OrderStatusChange",
        "OrderChangeTrigger": {"TimeOfOrderChange": stamp(event.happened_at), "ChangeReason": event.kind.value},
        "Summary": {
            "MarketplaceId": order.store.external_id,
            "OrderStatus": "PartiallyShipped" if is_partial else _STATUSES.get(event.kind, "Unshipped"),
            "PurchaseDate": stamp(order.placed_at),
            "DestinationPostalCode": None,
            "FulfillmentType": "AFN" if order.fulfilment is Fulfilment.MARKETPLACE else "MFN",
            "OrderType": "StandardOrder",
            "NumberOfItemsShipped": shipped,
            "NumberOfItemsUnshipped": sum(line.quantity - line.shipped - line.cancelled for line in order.lines),
            "EarliestDeliveryDate": stamp(order.ship_by),
            "LatestDeliveryDate": stamp(order.deliver_by),
            "EarliestShipDate": stamp(order.placed_at),
            "LatestShipDate": stamp(order.ship_by),
            "OrderPrograms": ["Business"] if order.is_business else [],
            "ShippingPrograms": [],
            "OrderItems": [
                {
                    "OrderItemId": ids.line_id(line.serial),
                    "SellerSKU": line.product.sku,
                    "SupplySourceId": None,
                    "OrderItemStatus": "Shipped" if line.shipped else "Unshipped",
                    "Quantity": line.quantity,
                    "QuantityShipped": line.shipped,
                    "IsBuyerRequestedCancel": False,
                }
                for line in order.lines
            ],
        },
    }
