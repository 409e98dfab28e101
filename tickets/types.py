"""The kinds of tickets, as a table. A new kind is a row here and a detector that names it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from config.core.registry import Registry


class Category(StrEnum):
    CATALOG = "catalog"
    OPERATIONS = "operations"
    FINANCE = "finance"
    TECHNICAL = "technical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a ticket suggests: a template that a screen can fill with the ticket's parameters, and its words."""

    key: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketType:
    """One kind of ticket. `many` is the title of the parent under which siblings gather; `{count}` is their number."""

    key: str
    label: str
    category: Category
    actions: tuple[Action, ...]
    many: str
    resolves_itself: bool = True

    @property
    def action(self) -> Action:
        """The action suggested first."""
        return self.actions[0]


TYPES: Registry[TicketType] = Registry("ticket type")

MISSING_PRODUCT_DATA = TicketType(
    key="missing_product_data",
    label="Missing product data",
    category=Category.CATALOG,
    actions=(
        Action(key="link_product", label="Link to a product"),
        Action(key="create_draft", label="Create a draft product"),
        Action(key="ignore_product", label="Ignore with a reason"),
    ),
    many="{count} products are not registered",
)
MISSING_SKU_DATA = TicketType(
    key="missing_sku_data",
    label="Missing SKU data",
    category=Category.CATALOG,
    actions=(
        Action(key="fill_master_sheet", label="Download a sheet with only the gaps"),
        Action(key="open_master", label="Fill in the master data"),
    ),
    many="{count} SKUs lack master data",
)
DATA_UPLOAD = TicketType(
    key="data_upload",
    label="Data upload approval",
    category=Category.OPERATIONS,
    actions=(Action(key="open_upload", label="Look at the rows and decide"),),
    many="{count} uploaded sheets wait for approval",
)
UNSHIPPED_ORDER = TicketType(
    key="unshipped_order",
    label="Unshipped order warning",
    category=Category.OPERATIONS,
    actions=(
        Action(key="confirm_shipment", label="Confirm the shipment"),
        Action(key="open_order", label="Look at the order"),
    ),
    many="{count} orders wait to be shipped",
)
SHIPPING_LABELS = TicketType(
    key="shipping_labels",
    label="Shipping labels",
    category=Category.OPERATIONS,
    actions=(
        Action(key="open_parcels", label="Look at its parcels"),
        Action(key="open_labels", label="Look at its labels"),
        Action(key="open_order", label="Look at the order"),
    ),
    many="{count} parcels have trouble with their labels",
)
TECHNICAL_ISSUE = TicketType(
    key="technical_issue",
    label="Technical issue",
    category=Category.TECHNICAL,
    actions=(
        Action(key="open_sync_health", label="Look at the flow"),
        Action(key="run_now", label="Run it now"),
        Action(key="reauthorise", label="Authorise the account again"),
        Action(key="replay_rows", label="Replay what was rejected"),
        Action(key="replay_work", label="Start the parked work again"),
        Action(key="open_rates", label="Look at the exchange rates"),
    ),
    many="{count} technical issues",
)
SETTLEMENT_DISCREPANCY = TicketType(
    key="settlement_discrepancy",
    label="Settlement discrepancy",
    category=Category.FINANCE,
    actions=(
        Action(key="open_discrepancy", label="Compare expected and settled"),
        Action(key="map_label", label="Say what this label means"),
    ),
    many="{count} differences between expected and settled",
)
STATEMENT_MISSING = TicketType(
    key="statement_missing",
    label="Statement missing",
    category=Category.FINANCE,
    actions=(
        Action(key="import_statement", label="Import the missing statement"),
        Action(key="import_deposits", label="Import bank deposits"),
    ),
    many="{count} statements or deposits are missing",
)
MARGIN_EROSION = TicketType(
    key="margin_erosion",
    label="Margin erosion",
    category=Category.FINANCE,
    actions=(
        Action(key="open_margin", label="Look at the steps of its margin"),
        Action(key="open_prices", label="Look at the product and its prices"),
    ),
    many="{count} products keep too little of their revenue",
)

MISSING_SKU_COST = TicketType(
    key="missing_sku_cost",
    label="Missing SKU cost",
    category=Category.FINANCE,
    actions=(
        Action(key="fill_cost_sheet", label="Fill in the cost sheet"),
        Action(key="open_costs", label="Look at the costs"),
    ),
    many="{count} costs are missing or about to end",
)
STOCK_COVERAGE = TicketType(
    key="stock_coverage",
    label="Stock coverage gap",
    category=Category.OPERATIONS,
    actions=(
        Action(key="open_replenishment", label="Look at the proposal to order"),
        Action(key="open_stock", label="Look at its stock everywhere"),
        Action(key="open_prices", label="Look at the product and its prices"),
    ),
    many="{count} products last too short or too long",
)

ACCOUNT_HEALTH = TicketType(
    key="account_health",
    label="Account health and penalty",
    category=Category.OPERATIONS,
    actions=(
        Action(key="open_health", label="Look at the account's health"),
        Action(key="open_late_orders", label="Ship what is due"),
    ),
    many="{count} limits of marketplaces are nearly used up",
)
POOL_HEALTH = TicketType(
    key="pool_health",
    label="Fulfilment pool health",
    category=Category.OPERATIONS,
    actions=(
        Action(key="open_stock", label="Look at its stock everywhere"),
        Action(key="open_prices", label="Look at the product and its prices"),
        Action(key="open_replenishment", label="Look at the proposal to order"),
        Action(key="open_inbound", label="Look at what should have come"),
    ),
    many="{count} products have trouble in a marketplace's pool",
)

STOCK_NOT_LIVE = TicketType(
    key="stock_not_live",
    label="Stock not live",
    category=Category.OPERATIONS,
    actions=(
        Action(key="open_listing", label="Look at the offer and its answers"),
        Action(key="publish_again", label="Send the quantity again"),
    ),
    many="{count} offers with stock do not sell",
)
PARITY_DRIFT = TicketType(
    key="parity_drift",
    label="Parity drift and oversell",
    category=Category.OPERATIONS,
    actions=(
        Action(key="open_drift", label="Restore or adopt what drifted"),
        Action(key="open_parity", label="Look at the comparisons"),
    ),
    many="{count} accounts show what is not intended",
)
for _type in (
    STOCK_NOT_LIVE,
    PARITY_DRIFT,
    MISSING_PRODUCT_DATA,
    MISSING_SKU_DATA,
    DATA_UPLOAD,
    UNSHIPPED_ORDER,
    SHIPPING_LABELS,
    TECHNICAL_ISSUE,
    SETTLEMENT_DISCREPANCY,
    STATEMENT_MISSING,
    MISSING_SKU_COST,
    MARGIN_EROSION,
    STOCK_COVERAGE,
    POOL_HEALTH,
    ACCOUNT_HEALTH,
):
    TYPES.add(_type.key, _type)
