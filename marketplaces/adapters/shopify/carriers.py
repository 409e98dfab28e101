"""Shopify's names of carriers: one that it knows gets its tracking address made. Read 2026-11."""

from __future__ import annotations

from marketplaces.carrier_codes import renamed

CODES = renamed(
    DHL="DHL", DHL_EXPRESS="DHL Express", DPD="DPD", GLS="GLS", HERMES="Hermes", UPS="UPS", POSTNL="PostNL", FEDEX="FedEx",
    OTHER="Other",
)  # fmt: skip
