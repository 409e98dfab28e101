"""Amazon's codes of carriers; one that it does not list goes as Other with its name. Read 2026-11."""

from __future__ import annotations

from marketplaces.carrier_codes import renamed

CODES = renamed(
    DHL="DHL", DHL_EXPRESS="DHL Express", DPD="DPD", GLS="GLS", HERMES="Hermes", UPS="UPS", POSTNL="PostNL", FEDEX="FedEx",
    OTHER="Other",
)  # fmt: skip
