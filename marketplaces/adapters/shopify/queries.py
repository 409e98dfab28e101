"""Every query and mutation that we send. `cost` is what it is charged before the first answer has told its real cost."""

from __future__ import annotations

from dataclasses import dataclass

MONEY = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
_TAX = f"taxLines {{ title rate channelLiable priceSet {MONEY} }}"
_LINE = f"""
id sku title variantTitle quantity currentQuantity unfulfilledQuantity requiresShipping isGiftCard
originalUnitPriceSet {MONEY} originalTotalSet {MONEY} discountAllocations {{ allocatedAmountSet {MONEY} }} {_TAX}
variant {{ id sku barcode }} product {{ id }}
"""
_REFUND = f"""
id createdAt totalRefundedSet {MONEY}
refundLineItems(first: 20) {{ nodes {{ quantity restockType subtotalSet {MONEY} totalTaxSet {MONEY} lineItem {{ id sku }} }} }}
refundShippingLines(first: 5) {{ nodes {{ subtotalAmountSet {MONEY} }} }}
orderAdjustments(first: 5) {{ nodes {{ amountSet {MONEY} taxAmountSet {MONEY} reason }} }}
transactions(first: 5) {{ nodes {{ id kind status gateway amountSet {MONEY} }} }}
"""
_TRANSACTIONS = f"""
transactions {{ id kind status test gateway processedAt amountSet {MONEY} fees {{ type amount {{ amount currencyCode }} }} }}
"""
_FULFILLMENTS = """
fulfillments(first: 10) { id status displayStatus createdAt updatedAt deliveredAt inTransitAt estimatedDeliveryAt
  trackingInfo { company number url } fulfillmentLineItems(first: 20) { nodes { quantity lineItem { id } } } }
"""
_SHIPPING = f"shippingLines(first: 5) {{ nodes {{ title discountedPriceSet {MONEY} {_TAX} }} }}"


def _order(lines: int) -> str:
    return f"""
id name confirmationNumber createdAt processedAt updatedAt cancelledAt cancelReason closedAt test currencyCode
presentmentCurrencyCode taxesIncluded displayFinancialStatus displayFulfillmentStatus returnStatus sourceName
sourceIdentifier paymentGatewayNames totalPriceSet {MONEY} currentTotalPriceSet {MONEY} totalRefundedSet {MONEY}
totalTaxSet {MONEY} totalDiscountsSet {MONEY} totalShippingPriceSet {MONEY}
shippingAddress {{ countryCodeV2 }}
lineItems(first: {lines}) {{ nodes {{ {_LINE} }} pageInfo {{ hasNextPage endCursor }} }}
{_SHIPPING} {_TRANSACTIONS} {_FULFILLMENTS} refunds {{ {_REFUND} }}
fulfillmentOrders(first: 5) {{ nodes {{ id status fulfillAt fulfillBy }} }}
"""


@dataclass(frozen=True, slots=True)
class Query:
    """`is_repeatable`: sent again after a lost answer it does no harm."""

    name: str
    text: str
    cost: int = 20
    is_repeatable: bool = True


def _query(name: str, arguments: str, body: str, cost: int = 20) -> Query:
    given = f"({arguments})" if arguments else ""
    return Query(name, f"query {name}{given} {{ {body} }}", cost)


def _mutation(name: str, arguments: str, body: str, *, is_repeatable: bool = False) -> Query:
    return Query(name, f"mutation {name}({arguments}) {{ {body} }}", 30, is_repeatable)


_PAGED = "$first: Int!, $after: String, $query: String"
_PAGE = "pageInfo { hasNextPage endCursor }"
_NAMES = '["available", "on_hand", "committed", "reserved", "incoming", "damaged", "quality_control", "safety_stock"]'
_VARIANT = """
id sku barcode title price compareAtPrice inventoryPolicy inventoryQuantity updatedAt
product { id title descriptionHtml status publishedAt updatedAt } inventoryItem { id sku tracked duplicateSkuCount }
"""
_LEVELS = f"""
inventoryLevels(first: 20) {{ nodes {{ id updatedAt location {{ id name isActive }}
  quantities(names: {_NAMES}) {{ name quantity }} }} }}
"""
_BALANCE = "{ amount currencyCode }"

SHOP = _query("Shop", "", "shop { name myshopifyDomain currencyCode }", 1)
ORDERS = _query(
    "Orders", _PAGED,
    f"orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{ nodes {{ {_order(20)} }} {_PAGE} }}", 400,
)  # fmt: skip
ORDER = _query("Order", "$id: ID!", f"order(id: $id) {{ {_order(250)} }}", 400)
SHIP_TO = _query(
    "ShipTo", "$id: ID!",
    "order(id: $id) { id shippingAddress { name company address1 address2 zip city provinceCode countryCodeV2 phone } }", 5,
)  # fmt: skip
CHANGES = _query(
    "Changes", _PAGED,
    "orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {"
    f" nodes {{ id name updatedAt cancelledAt test {_FULFILLMENTS} }} {_PAGE} }}", 150,
)  # fmt: skip
RETURNS = _query(
    "Returns", _PAGED,
    "orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) { nodes { id name test"
    " returns(first: 10) { nodes { id status createdAt closedAt returnLineItems(first: 20) { nodes { id quantity"
    " processedQuantity refundedQuantity returnReasonDefinition { handle name }"
    f" fulfillmentLineItem {{ lineItem {{ id sku variant {{ id barcode }} }} }} }} }} }} }} }} {_PAGE} }}", 150,
)  # fmt: skip
STOCK = _query(
    "Stock", _PAGED,
    "productVariants(first: $first, after: $after, query: $query, sortKey: ID) { nodes {"
    f" id sku barcode updatedAt inventoryItem {{ id tracked duplicateSkuCount {_LEVELS} }} }} {_PAGE} }}", 150,
)  # fmt: skip
VARIANT = _query(
    "Variant", "$id: ID!",
    "productVariant(id: $id) {" + _VARIANT.replace("duplicateSkuCount }", f"duplicateSkuCount {_LEVELS} }}") + "}", 40,
)  # fmt: skip
PICTURES = _query(
    "Pictures", "$id: ID!",
    "productVariant(id: $id) { id product { id media(first: 250, sortKey: POSITION) { nodes { id mediaContentType status"
    " mediaErrors { code message } ... on MediaImage { image { url } } } } } }", 300,
)  # fmt: skip
LISTINGS_BULK = f"{{ productVariants {{ edges {{ node {{ {_VARIANT} }} }} }} }}"
BULK_START = _mutation(
    "BulkStart", "$query: String!",
    "bulkOperationRunQuery(query: $query, groupObjects: false)"
    " { bulkOperation { id status } userErrors { field message code } }",
)  # fmt: skip
BULK_STATE = _query(
    "BulkState", "$id: ID!",
    "bulkOperation(id: $id) { id status errorCode objectCount rootObjectCount url partialDataUrl createdAt completedAt }", 2,
)  # fmt: skip
PAYOUTS = _query(
    "Payouts", _PAGED,
    "shopifyPaymentsAccount { id payouts(first: $first, after: $after, query: $query, sortKey: ISSUED_AT) { nodes {"
    f" id legacyResourceId issuedAt status transactionType net {_BALANCE} }} {_PAGE} }} }}", 60,
)  # fmt: skip
MOVEMENTS = _query(
    "Movements", _PAGED,
    "shopifyPaymentsAccount { id balanceTransactions(first: $first, after: $after, query: $query, hideTransfers: true,"
    " sortKey: PROCESSED_AT) { nodes { id type transactionDate test sourceType sourceId sourceOrderTransactionId"
    f" adjustmentReason amount {_BALANCE} fee {_BALANCE} net {_BALANCE} associatedOrder {{ id name }}"
    f" associatedPayout {{ id status }} adjustmentsOrders {{ name orderTransactionId amount {_BALANCE} fees {_BALANCE}"
    f" net {_BALANCE} }} }} {_PAGE} }} }}", 160,
)  # fmt: skip
SETTLED = _query(
    "Settled", "$ids: [ID!]!",
    f"nodes(ids: $ids) {{ ... on Order {{ id name test currencyCode taxesIncluded cancelledAt"
    f" lineItems(first: 50) {{ nodes {{ {_LINE} }} pageInfo {{ hasNextPage endCursor }} }}"
    f" {_SHIPPING} {_TRANSACTIONS} refunds {{ {_REFUND} }} }} }}", 400,
)  # fmt: skip
OPEN_WORK = _query(
    "OpenWork", "$id: ID!",
    "order(id: $id) { id fulfillmentOrders(first: 20) { nodes { id status assignedLocation { location { id } }"
    " supportedActions { action } lineItems(first: 50) { nodes { id remainingQuantity totalQuantity lineItem { id } } } } } }",
    60,
)  # fmt: skip
SET_PRODUCT = _mutation(
    "SetProduct", "$product: ProductUpdateInput!",
    "productUpdate(product: $product) { product { id } userErrors { field message } }", is_repeatable=True,
)  # fmt: skip
SET_FILES = _mutation(
    "SetFiles", "$identifier: ProductSetIdentifiers!, $input: ProductSetInput!",
    "productSet(identifier: $identifier, input: $input, synchronous: true)"
    " { product { id } userErrors { field message code } }", is_repeatable=True,
)  # fmt: skip
SET_STOCK = _mutation(
    "SetStock", "$input: InventorySetQuantitiesInput!, $key: String!",
    "inventorySetQuantities(input: $input) @idempotent(key: $key)"
    " { inventoryAdjustmentGroup { id } userErrors { field message code } }",
    is_repeatable=True,
)  # fmt: skip
SHIP = _mutation(
    "Ship", "$fulfillment: FulfillmentInput!",
    "fulfillmentCreate(fulfillment: $fulfillment) { fulfillment { id status } userErrors { field message } }",
)  # fmt: skip
PARCELS = _query(
    "Parcels", "$id: ID!",
    "order(id: $id) { id fulfillments(first: 20) { id status trackingInfo { company number }"
    " events(first: 50) { nodes { status happenedAt } } } }",
    60,
)  # fmt: skip
FIX_TRACKING = _mutation(
    "FixTracking", "$fulfillmentId: ID!, $tracking: FulfillmentTrackingInput!",
    "fulfillmentTrackingInfoUpdate(fulfillmentId: $fulfillmentId, trackingInfoInput: $tracking, notifyCustomer: true)"
    " { fulfillment { id status } userErrors { field message } }",
)  # fmt: skip
TELL_NEWS = _mutation(
    "TellNews", "$event: FulfillmentEventInput!",
    "fulfillmentEventCreate(fulfillmentEvent: $event) { fulfillmentEvent { id status } userErrors { field message } }",
)  # fmt: skip
CANCEL = _mutation(
    "Cancel", "$orderId: ID!, $reason: OrderCancelReason!, $refund: OrderCancelRefundMethodInput!",
    "orderCancel(orderId: $orderId, reason: $reason, restock: false, refundMethod: $refund, notifyCustomer: true)"
    " { job { id done } orderCancelUserErrors { field message code } }",
)  # fmt: skip
HOOKS = _query(
    "Hooks", "$first: Int!",
    "webhookSubscriptions(first: $first) { nodes { id topic uri } pageInfo { hasNextPage endCursor } }", 30,
)  # fmt: skip
HOOK = _mutation(
    "Hook", "$topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!",
    "webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription)"
    " { webhookSubscription { id topic uri } userErrors { field message } }",
)  # fmt: skip


def variants(count: int) -> Query:
    """So many variants with their units and prices."""
    body = (
        "nodes(ids: $ids) { ... on ProductVariant { id price product { id } inventoryItem { id tracked"
        " inventoryLevels(first: 20) { nodes { location { id isActive }"
        ' quantities(names: ["available"]) { name quantity } } } } } }'
    )
    return _query("Variants", "$ids: [ID!]!", body, 20 * count)


def set_prices(products: int) -> Query:
    """Prices of variants of so many products: a mutation for each, `m0` with the product `$p0` and its variants `$v0`."""
    places = range(products)
    given = ", ".join(f"$p{place}: ID!, $v{place}: [ProductVariantsBulkInput!]!" for place in places)
    body = " ".join(
        f"m{place}: productVariantsBulkUpdate(productId: $p{place}, variants: $v{place}, allowPartialUpdates: true)"
        " { productVariants { id price } userErrors { field message code } }"
        for place in places
    )
    return Query("SetPrices", f"mutation SetPrices({given}) {{ {body} }}", 20 * products)


ALL = (
    SHOP, ORDERS, ORDER, CHANGES, RETURNS, STOCK, VARIANT, variants(1), PICTURES, BULK_START, BULK_STATE, PAYOUTS, MOVEMENTS,
    SETTLED, OPEN_WORK, set_prices(1), SET_PRODUCT, SET_FILES, SET_STOCK, SHIP, PARCELS, FIX_TRACKING, TELL_NEWS, CANCEL,
    HOOKS, HOOK,
)  # fmt: skip
