"""OTTO's codes of carriers. Only forwarders may leave without a tracking number."""

from __future__ import annotations

from config.core.errors import Rejected
from marketplaces.carrier_codes import same

PARCEL = frozenset({"DHL", "DHL_EXPRESS", "DHL_FREIGHT", "DHL_HOME_DELIVERY", "GLS", "HERMES", "DPD", "UPS"})
FORWARDERS = frozenset(
    {
        "BTW", "BURSPED", "CARGOLINE", "DACHSER", "DB_SCHENKER", "DSV", "EMONS", "EPH_DIREKT", "IDS", "GEIS", "GEL",
        "GUETTLER", "HES", "HELLMANN", "HEUEL", "KOCH", "KUEHNE_NAGEL", "LOGWIN", "MEYER_JUMBO", "RABEN_LOGISTIK",
        "RHENUS", "REIMER", "REITHMEIER", "SCHOCKEMOEHLE", "SCHMIDT_GEVELSBERG", "ZUFALL", "OTHER_FORWARDER",
    }
)  # fmt: skip
RETURNS = frozenset({"DHL", "GLS", "HERMES"})
CODES = (*same(*sorted(PARCEL), takes_returns=RETURNS), *same(*sorted(FORWARDERS), is_untracked=True))
OTHER_NAMES = {"DHL_PARCEL": "DHL", "DHL_DE": "DHL", "DHL_PAKET": "DHL", "EVRI": "HERMES", "SCHENKER": "DB_SCHENKER"}


def outbound(name: str) -> str:
    """The code of a carrier; one that OTTO does not take raises Rejected."""
    code = _code(name)
    if code in PARCEL | FORWARDERS:
        return code
    raise Rejected(f"the carrier {name!r} is not taken here; parcels go with {', '.join(sorted(PARCEL))}")


def inbound(name: str) -> str:
    """The code of a carrier of return labels; others raise Rejected."""
    code = _code(name)
    if code in RETURNS:
        return code
    raise Rejected(f"return labels must be of {', '.join(sorted(RETURNS))}, not of {name!r}")


def _code(name: str) -> str:
    code = name.strip().upper().replace("-", "_").replace(" ", "_")
    return OTHER_NAMES.get(code, code)
