"""Where evidence and suggested actions of a ticket lead, as two tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode

from marketplaces.models import Account
from marketplaces.selectors import accounts
from tickets.models import Ticket

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Link:
    """Words and an address; the address is empty where the row is gone or has no page."""

    words: str
    address: str


def _flow(link: Facts) -> str:
    account = _account(link.get("account"))
    return reverse("marketplaces:flow", args=[account.key, link["resource"]]) if account else ""


def _raw(link: Facts) -> str:
    if link.get("id"):
        return reverse("marketplaces:page", args=[link["id"]])
    kind, _, name = str(link.get("subject", "")).partition(":")
    return f"{reverse('marketplaces:pages')}?{kind}={name}" if name else ""


def _account_page(link: Facts) -> str:
    account = _account(link.get("id"))
    return reverse("marketplaces:account", args=[account.key]) if account else ""


def _margin(link: Facts) -> str:
    return f"{reverse('finance:waterfall')}?{urlencode({'sku': link['sku']})}"


def _cover(link: Facts) -> str:
    return reverse("stock_of", args=[link["sku"]])


def _at(name: str, key: str = "id") -> Callable[[Facts], str]:
    return lambda link: reverse(name, args=[link[key]])


def _account_health(link: Facts) -> str:
    return f"{reverse('tickets:account_health', args=[link['account']])}#{link.get('metric', '')}"


_PLACES: dict[str, tuple[str, Callable[[Facts], str]]] = {
    "order": ("Order", _at("order")),
    "label": ("Label", _at("inventory:label")),
    "order_line": ("Order", lambda link: f"{reverse('search')}?q={link.get('label', '')}"),
    "remote_product": ("Product name", _at("unlinked_product")),
    "sku": ("SKU", lambda link: reverse("sku", args=[link["code"]])),
    "cost": ("Cost", _at("finance:cost")),
    "discrepancy": ("Discrepancy", _at("finance:discrepancy")),
    "settlement": ("Statement", _at("finance:statement")),
    "settlement_line": ("Statement row", _at("finance:line")),
    "raw": ("Raw page", _raw),
    "flow": ("Flow", _flow),
    "run": ("Run", _at("marketplaces:run")),
    "account": ("Account", _account_page),
    "command": ("Write", _at("marketplaces:command")),
    "listing": ("Listing", _at("catalog:listing")),
    "margin": ("Margin", _margin),
    "upload_sheet": ("Sheet", _at("catalog:upload")),
    "cost_sheet": ("Sheet of costs", _at("finance:cost_sheet")),
    "cover": ("Cover", _cover),
    "inbound": ("Inbound", _at("inventory:inbound_shipment")),
    "job": ("Job", _at("job", "job")),
    "account_health": ("Health", _account_health),
}


def of_evidence(evidence: Facts) -> list[Link]:
    """The links that a detector left, in its order, those that lead somewhere."""
    found = [_link(each) for each in evidence.get("links", []) if each.get("kind") in _PLACES]
    return [link for link in found if link.address]


def _link(link: Facts) -> Link:
    words, place = _PLACES[link["kind"]]
    label = link.get("label") or link.get("resource") or link.get("job") or ""
    try:
        return Link(f"{words} {str(label).replace('_', ' ')}".strip(), place(link))
    except (KeyError, NoReverseMatch):
        return Link(words, "")


def _flow_of(params: Facts) -> str:
    return _flow({"account": params.get("account_id"), "resource": params.get("resource", "")})


def _authorise(params: Facts) -> str:
    account = _account(params.get("account_id"))
    return f"{reverse('marketplaces:account', args=[account.key])}#authorise" if account else ""


def _health(params: Facts) -> str:
    return _flow_of(params) if params.get("resource") else reverse("sync_health")


def _import(params: Facts) -> str:
    account = _account(params.get("account_id"))
    return reverse("finance:import") + (f"?account={account.key}" if account else "")


def _discrepancy(params: Facts) -> str:
    if params.get("discrepancy_id"):
        return reverse("finance:discrepancy", args=[params["discrepancy_id"]])
    return reverse("finance:discrepancies")


def _upload(params: Facts) -> str:
    return reverse("finance:cost_sheet" if params["kind"] == "cost" else "catalog:upload", args=[params["upload_id"]])


_ACTIONS: dict[str, Callable[[Facts], str]] = {
    **dict.fromkeys(
        ("link_product", "create_draft", "ignore_product"),
        lambda params: reverse("unlinked_product", args=[params["remote_product_id"]]),
    ),
    "open_order": lambda params: reverse("order", args=[params["order_id"]]),
    "open_parcels": lambda params: f"{reverse('order', args=[params['order_id']])}#ship",
    "open_labels": lambda params: f"{reverse('inventory:labels')}?{urlencode({'q': params['order']})}",
    "confirm_shipment": lambda params: f"{reverse('order', args=[params['order_id']])}#ship",
    "open_sync_health": _health,
    "run_now": _flow_of,
    "replay_rows": _flow_of,
    "reauthorise": _authorise,
    "replay_work": lambda params: f"{reverse('parked_work')}?q={params.get('job', '')}",
    "open_discrepancy": _discrepancy,
    "map_label": _discrepancy,
    "open_margin": _margin,
    "open_health": _account_health,
    "open_late_orders": lambda params: f"{reverse('inventory:orders')}?is_late=true",
    "open_prices": lambda params: reverse("sku", args=[params["sku"]]),
    "open_replenishment": lambda params: f"{reverse('replenishment')}?{urlencode({'q': params['sku']})}",
    "open_stock": _cover,
    "open_inbound": lambda params: f"{reverse('inventory:inbound')}?{urlencode({'sku': params['sku']})}",
    "open_listing": lambda params: reverse("catalog:listing", args=[params["listing_id"]]),
    "publish_again": lambda params: f"{reverse('catalog:publishing')}?{urlencode({'q': params.get('remote_id', '')})}",
    "open_drift": lambda params: f"{reverse('catalog:drift')}?{urlencode({'account': params['account']})}",
    "open_parity": lambda params: f"{reverse('catalog:parity')}?{urlencode({'account': params['account']})}",
    "open_rates": lambda params: reverse("finance:rates"),
    "fill_cost_sheet": lambda params: f"{reverse('finance:cost_gaps')}?{urlencode({'sku': params['sku']})}",
    "open_costs": lambda params: f"{reverse('finance:costs')}?{urlencode({'q': params['sku']})}",
    "import_statement": _import,
    "fill_master_sheet": lambda params: f"{reverse('catalog:uploads')}?template=products",
    "open_master": lambda params: reverse("catalog:master", args=[params["sku_id"]]),
    "open_upload": _upload,
    "import_deposits": _import,
}


def of_action(ticket: Ticket, action: str) -> str:
    """The page on which a suggested action is done; empty where its parameters are missing."""
    try:
        return _ACTIONS[action](ticket.action_params) if action in _ACTIONS else ""
    except (KeyError, NoReverseMatch):
        return ""


def _account(pk: Any) -> Account | None:
    return accounts().filter(pk=pk).first() if pk else None
