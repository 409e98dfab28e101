"""Shipments that the seller confirmed to the marketplace, laid over the story of an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from marketplaces.canonical import OrderStatus
from marketplaces.sandbox import orders
from marketplaces.sandbox.facts import WorldLine, WorldOrder
from marketplaces.sandbox.orders import OrderStory

ARRIVES_AFTER = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Parcel:
    """Units that left, by line serial."""

    at: datetime
    carrier: str
    tracking_number: str
    units: dict[int, int]


def with_parcels(order: WorldOrder, parcels: Sequence[Parcel], at: datetime) -> WorldOrder:
    """The order with the units of all parcels sent by `at`; delivered two days after the last one."""
    sent = [parcel for parcel in parcels if parcel.at <= at]
    if not sent:
        return order
    last = max(sent, key=lambda parcel: parcel.at)
    lines = tuple(_line(line, sent) for line in order.lines)
    arrives_at = last.at + ARRIVES_AFTER
    is_whole = all(line.shipped + line.cancelled == line.quantity for line in lines)
    is_delivered = order.status == OrderStatus.DELIVERED or (is_whole and arrives_at <= at)
    return replace(
        order,
        lines=lines,
        status=orders.status_of(lines, is_ready=True, is_delivered=is_delivered),
        updated_at=max(order.updated_at, arrives_at if is_delivered and arrives_at <= at else last.at),
        shipped_at=max(filter(None, (order.shipped_at, last.at))),
        delivered_at=order.delivered_at or (arrives_at if is_delivered else None),
        carrier=last.carrier or order.carrier,
        tracking_number=last.tracking_number or order.tracking_number,
    )


def cancelled(order: WorldOrder, by: datetime, at: datetime) -> WorldOrder:
    """The order whose buyer cancels everything that has not left by then."""
    if at < by:
        return order
    lines = tuple(replace(line, cancelled=line.quantity - line.shipped) for line in order.lines)
    status = orders.status_of(lines, is_ready=True, is_delivered=order.status == OrderStatus.DELIVERED)
    return replace(order, lines=lines, status=status, updated_at=max(order.updated_at, by), cancelled_at=by)


def with_cancelled(order: WorldOrder, units: Mapping[int, int], by: datetime, at: datetime) -> WorldOrder:
    """The order of which the seller cancelled units, by line serial; they never leave."""
    if at < by:
        return order
    lines = tuple(_less(line, units.get(line.serial, 0)) for line in order.lines)
    status = orders.status_of(lines, is_ready=True, is_delivered=order.status == OrderStatus.DELIVERED)
    return replace(order, lines=lines, status=status, updated_at=max(order.updated_at, by), cancelled_at=by)


def _less(line: WorldLine, units: int) -> WorldLine:
    gone = max(line.cancelled, units)
    return replace(line, cancelled=gone, shipped=min(line.shipped, line.quantity - gone))


def settled(story: OrderStory, parcels: Sequence[Parcel]) -> OrderStory:
    """The story in which lines that never left do leave with the parcel that completes them."""
    lines = []
    for line in story.lines:
        units, completed_at = 0, None
        for parcel in sorted(parcels, key=lambda parcel: parcel.at):
            units += parcel.units.get(line.serial, 0)
            if completed_at is None and units >= line.quantity:
                completed_at = parcel.at
        lines.append(replace(line, shipped_at=line.shipped_at or completed_at))
    return replace(story, lines=tuple(lines))


def _line(line: WorldLine, parcels: Sequence[Parcel]) -> WorldLine:
    units = sum(parcel.units.get(line.serial, 0) for parcel in parcels)
    return replace(line, shipped=max(line.shipped, min(units, line.quantity - line.cancelled)))
