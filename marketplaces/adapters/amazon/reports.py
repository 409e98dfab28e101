"""Which reports make up a resource, and how a pull that needs several of them is named as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from marketplaces.adapters.amazon import stores
from marketplaces.contract import AccountFacts, ReportState, ReportStatus

SETTLEMENT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
SHIPMENTS = "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL"
NETWORK_RETURNS = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA"
MERCHANT_RETURNS = "GET_FLAT_FILE_RETURNS_DATA_BY_RETURN_DATE"
AGES = "GET_FBA_INVENTORY_PLANNING_DATA"
STRANDED = "GET_STRANDED_INVENTORY_UI_DATA"

# Reports that look at a span of time; the others are snapshots of now.
_SPANS = frozenset({SHIPMENTS, NETWORK_RETURNS, MERCHANT_RETURNS})
_TYPES: Mapping[str, tuple[str, ...]] = {
    "order_changes": (SHIPMENTS,),
    "returns": (NETWORK_RETURNS, MERCHANT_RETURNS),
}
_STATES: Mapping[str, ReportStatus] = {
    "DONE": ReportStatus.READY,
    "CANCELLED": ReportStatus.EMPTY,
    "FATAL": ReportStatus.FAILED,
}


@dataclass(frozen=True, slots=True)
class Part:
    """One report to ask for; `name` says which store it is for, where a report covers only one."""

    name: str
    report_type: str
    stores: tuple[str, ...]

    @property
    def has_span(self) -> bool:
        return self.report_type in _SPANS


def parts(resource: str, account: AccountFacts) -> tuple[Part, ...]:
    """Listings are one report per store, the health of stock two per pool; the others cover the whole account."""
    everywhere = tuple(store.external_id for store in account.stores)
    if resource == "listings":
        return tuple(Part(store.code, LISTINGS, (store.external_id,)) for store in account.stores)
    if resource == "stock_health":
        return tuple(
            Part(f"{store.code}.{kind}", kind, (store.external_id,))
            for store in stores.first_of_pools(account.stores)
            for kind in (AGES, STRANDED)
        )
    if resource not in _TYPES:
        raise LookupError(f"{resource} is not read by report")
    return tuple(Part(report_type, report_type, everywhere) for report_type in _TYPES[resource])


def join(ids: Mapping[str, str]) -> str:
    """Several remote ids as one text: `DE=123 FR=124`."""
    return " ".join(f"{name}={value}" for name, value in ids.items())


def split(text: str) -> dict[str, str]:
    return dict(piece.split("=", 1) for piece in text.split() if "=" in piece)


def status(word: str) -> ReportStatus:
    """CANCELLED without our asking means that there is nothing to report."""
    return _STATES.get(word, ReportStatus.WAITING)


def combined(states: Mapping[str, ReportState]) -> ReportState:
    """The state of a pull from the states of its reports: the worst counts, empty ones are left out."""
    for bad in (ReportStatus.FAILED, ReportStatus.WAITING):
        reasons = [f"{name}: {state.reason or bad.value}" for name, state in states.items() if state.status is bad]
        if reasons:
            return ReportState(bad, reason="; ".join(reasons))
    documents = {name: state.document_id for name, state in states.items() if state.status is ReportStatus.READY}
    return ReportState(ReportStatus.READY, join(documents)) if documents else ReportState(ReportStatus.EMPTY)
