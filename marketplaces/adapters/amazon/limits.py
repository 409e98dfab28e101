"""How often each operation may be called, per selling account (default plan, read August 2026)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from marketplaces.contract import Limit

_PLAN: tuple[tuple[str, str, int], ...] = (
    ("searchOrders", "0.0056", 20),
    ("getOrder", "0.5", 30),
    ("getOrdersV0", "0.0167", 20),
    ("getOrderV0", "0.5", 30),
    ("getOrderItemsV0", "0.5", 30),
    ("confirmShipment", "2", 10),
    ("getReports", "0.0222", 10),
    ("createReport", "0.0167", 15),
    ("getReport", "2", 15),
    ("getReportDocument", "0.0167", 15),
    ("getListingsItem", "5", 10),
    ("patchListingsItem", "5", 5),
    ("searchListingsItems", "5", 5),
    ("searchDefinitionsProductTypes", "5", 10),
    ("getDefinitionsProductType", "5", 10),
    ("getItemOffersBatch", "0.1", 1),
    ("getMyFeesEstimates", "0.5", 1),
    ("getInventorySummaries", "2", 2),
    ("getMarketplaceParticipations", "0.016", 15),
)

LIMITS: Mapping[str, Limit] = {name: Limit(Decimal(rate), burst) for name, rate, burst in _PLAN}
