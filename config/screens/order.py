"""One order: its money, its goods, and everything that happened to it, from every source, down to the raw pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, reverse

from config.core.buttons import Button, allowed, press
from config.core.permissions import Action, may
from config.core.screens import page, require
from config.screens import packing, parcels
from finance.models import SettlementLine
from finance.selectors import order_profit
from finance.selectors import statements as money
from inventory import selectors as goods
from inventory.models import Order, OrderEvent, Return
from marketplaces import selectors, subjects
from marketplaces.models import Command, RawPage, Traffic
from marketplaces.services import records
from tickets import selectors as tickets

MOST = 100
MOST_PAGES = 20


def order(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of an order, on which it is read once more and its parcels are told."""
    found = get_object_or_404(Order.objects.select_related("account"), pk=pk)
    if request.method == "POST":
        return press(request, BUTTONS, found)
    require(request, Action.VIEW)
    lines = list(goods.lines_of(order=found))
    settled = list(money.settled_of_order(account=found.account_id, order_ref=found.external_id)[:MOST])
    returns = list(goods.returns_of(order=found))
    subject = [subjects.order(found.external_id)]
    asked = list(selectors.commands_about(account_id=found.account_id, subject=subject[0])[:MOST])
    traffic = Traffic.objects.filter(account=found.account, subjects__contains=subject)
    context = {
        "order": found, "lines": lines, "returns": returns, "settled": settled,
        "zone": found.account.zone(found.channel),
        "earned": order_profit.of_order(order_id=found.pk, account=found.account_id, order_ref=found.external_id),
        "timeline": timeline(found, settled, returns, asked), "has_no_price": found.total is None,
        "pages": RawPage.objects.filter(account=found.account, subjects__contains=subject).order_by("-fetched_at")[:MOST_PAGES],
        "traffic": traffic.order_by("-at").defer("request_body", "response_body")[:MOST_PAGES],
        "tickets": list(tickets.about(kind="order", ids=[found.pk])[:MOST_PAGES]),
        "can": allowed(request, BUTTONS), "can_fetch": records.can_fetch(found.account),
        "may_see_money": may(request.user, Action.VIEW_MONEY),
        **parcels.about(found, lines, asked),
    }  # fmt: skip
    return page(request, "inventory/order.html", f"Order {found.external_id}", context)


def order_of(request: HttpRequest, account: str, external_id: str) -> HttpResponse:
    """Lead from the marketplace's order number to the page of the order."""
    require(request, Action.VIEW)
    found = Order.objects.filter(account__key=account, external_id=external_id).first()
    if found is None:
        raise Http404(f"no order {external_id} of {account} is known here")
    return redirect("order", pk=found.pk)


def _fetch(request: HttpRequest, found: Order) -> str:
    asked = records.ask(found.account, "orders", found.external_id)
    told = "is asked for again; the page shows it when it has arrived" if asked else "is being fetched already"
    return f"Order {found.external_id} {told}."


BUTTONS = {
    "fetch_again": Button(Action.REPLAY, _fetch),
    "confirm_shipment": Button(Action.WRITE_MARKETPLACE, parcels.confirm),
    "cancel_units": Button(Action.WRITE_MARKETPLACE, parcels.cancel),
    "correct_number": Button(Action.WRITE_MARKETPLACE, parcels.correct_number),
    "plan_parcel": Button(Action.SHIP, lambda request, found: packing.plan(request, found, parcels.units(request))),
    "buy_label": Button(Action.SHIP, packing.buy),
    "buy_return": Button(Action.SHIP, packing.buy_return),
    "cancel_label": Button(Action.SHIP, packing.cancel_label),
    "cancel_parcel": Button(Action.SHIP, packing.cancel_parcel),
    "tell_parcel": Button(Action.WRITE_MARKETPLACE, packing.tell),
    "correct_address": Button(Action.SHIP, packing.correct),
    "release_double": Button(Action.SHIP, packing.release),
}


def timeline(
    order: Order, settled: list[SettlementLine], returns: list[Return], asked: list[Command]
) -> list[dict[str, Any]]:
    """Events of all sources, settlements, returns and our own writes, as they followed each other."""
    steps = [_event(event) for event in goods.timeline(order=order)[:MOST]]
    steps += [_return(each) for each in returns]
    steps += _settlements(settled)
    steps += [_command(each) for each in asked]
    return sorted(steps, key=lambda step: step["at"])


def _event(event: OrderEvent) -> dict[str, Any]:
    late = event.received_at - event.happened_at
    return {
        "at": event.happened_at, "title": event.kind, "source": event.source, "detail": event.kind_raw,
        "facts": event.facts, "received_at": event.received_at if late > timedelta(minutes=1) else None,
    }  # fmt: skip


def _return(each: Return) -> dict[str, Any]:
    told = f"{each.quantity} x {each.remote_id}" + (f": {each.reason}" if each.reason else "")
    return {"at": each.returned_at, "title": "returned", "source": "returns", "detail": told}


def _command(each: Command) -> dict[str, Any]:
    return {
        "at": each.planned_at, "title": each.kind, "source": each.asked_by or "us",
        "detail": ". ".join(filter(None, (each.wanted, each.reason))),
        "state": each.state,
    }  # fmt: skip


def _settlements(lines: list[SettlementLine]) -> list[dict[str, Any]]:
    """One step per statement: what it paid for this order in all."""
    steps: dict[int, dict[str, Any]] = {}
    for line in lines:
        at = line.posted_at or line.settlement.period_end or datetime.max.replace(tzinfo=UTC)
        step = steps.setdefault(
            line.settlement_id,
            {
                "at": at, "title": "settled", "source": "statement", "detail": line.settlement.external_id,
                "amount": 0, "currency": line.currency, "href": _statement(line.settlement_id),
            },
        )  # fmt: skip
        step["amount"] += line.amount
    return list(steps.values())


def _statement(pk: int) -> str:
    try:
        return reverse("finance:statement", args=[pk])
    except NoReverseMatch:
        return ""
