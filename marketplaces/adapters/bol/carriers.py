"""bol's codes of transporters, by our words. Read 2026-11."""

from __future__ import annotations

from marketplaces.carrier_codes import renamed

CODES = renamed(
    POSTNL="TNT", DHL="DHL_DE", DHL_PARCEL="DHLFORYOU", DPD="DPD-NL", GLS="GLS", UPS="UPS", BPOST="BPOST_BE",
    FEDEX="FEDEX_NL", COURIER="COURIER", OTHER="OTHER",
)  # fmt: skip
