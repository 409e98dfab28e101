"""Payouts with their balance transactions; fees are summed from the transactions, never taken from the payout's summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.core.money import Money, total
from marketplaces.adapters.shopify.rows.captures import Part, Parts, parts_of, scaled
from marketplaces.adapters.shopify.rows.movement_types import HIDDEN, REFUNDS, SALES, class_of
from marketplaces.adapters.shopify.rows.reading import (
    each,
    moment,
    money,
    needed,
    nodes,
    number_of,
    required_id,
    text,
)
from marketplaces.canonical import LineClass, Rejected, Row, Settlement, SettlementLine
from marketplaces.contract import Page
from marketplaces.pieces import Unreadable, inner, read_json, record, whole_page


@dataclass(slots=True)
class _Document:
    """One payout as it is told: what came before it, its movements, and what is known of the orders behind them."""

    payout: Mapping[str, Any]
    previous: Mapping[str, Any]
    movements: list[Any]
    payments: dict[str, Parts]
    lines: int = 0
    more: Sequence[Mapping[str, Any]] = ()

    @property
    def id(self) -> str:
        return text(self.payout, "legacyResourceId") or number_of(self.payout.get("id"))


@whole_page
def settlements(page: Page) -> Iterator[Row | Rejected]:
    """The payout as Settlement, then each movement as its parts and its fee (net less amount), so that all add up to net.

    Left out: test movements, those of other payouts, and the payout itself, which stands among its own movements.
    """
    for told in _documents(read_json(page)):
        yield from _told(told, page.context.get("store", ""))


def _told(told: _Document, channel: str) -> Iterator[Row | Rejected]:
    if told.payout:
        yield from each([told.payout], lambda raw: [_header(raw, told, channel)], name="payout")
    for movement in told.movements:
        if not _is_left_out(movement, told.id):
            yield from each([movement], lambda raw: _rows(raw, told, channel), name="balance transaction")


def _documents(body: Any) -> list[_Document]:
    """Of a list of documents each, of a list of movements one without a payout, of a list of payouts one per payout."""
    if not isinstance(body, list):
        return _by_payout(_document(record(body, "the body")))
    if any(isinstance(piece, Mapping) and {"payout", "data"} & piece.keys() for piece in body):
        return [_document(record(piece, "the document")) for piece in body]
    return [_document({"transactions": body})]


def _by_payout(told: _Document) -> list[_Document]:
    """Movements name their payout; those of none of the payouts stand by themselves."""
    if not told.more:
        return [told]
    by_id: dict[str, _Document] = {}
    for payout in (told.payout, *told.more):
        document = _Document(payout, {}, [], told.payments)
        by_id[document.id] = document
    rest = _Document({}, {}, [], told.payments)
    for movement in told.movements:
        by_id.get(_payout_of(movement), rest).movements.append(movement)
    return [*by_id.values(), rest]


def _payout_of(movement: Any) -> str:
    return number_of(inner(movement, "associatedPayout").get("id")) if isinstance(movement, Mapping) else ""


def _document(body: Mapping[str, Any]) -> _Document:
    """`{payout, previous, transactions, orders}` as the client puts it together, or one answer of the API."""
    inside = body.get("data")
    data = inside if isinstance(inside, Mapping) else body
    account = inner(data, "shopifyPaymentsAccount") or data
    payouts = [payout for payout in nodes(account.get("payouts")) if isinstance(payout, Mapping)]
    found, more = inner(data, "payout"), payouts[1:]
    if not found and payouts:
        found = payouts[0]
    movements = _answers(data.get("transactions"), "balanceTransactions") or nodes(account.get("balanceTransactions"))
    if not found and "issuedAt" in data:
        found = data
    if not found and not movements and "amount" in data:
        movements = [data]
    known = {"transactions", "balanceTransactions", "payouts", "shopifyPaymentsAccount"}
    if not found and not movements and not known & account.keys():
        raise Unreadable("neither a payout nor balance transactions were found; check the resource and the file")
    orders = [order for order in _answers(data.get("orders"), "nodes") if isinstance(order, Mapping)]
    payments = {key: parts for order in orders if not order.get("test") for key, parts in _payments(order).items()}
    return _Document(found, inner(data, "previous"), movements, payments, more=more)


def _payments(order: Mapping[str, Any]) -> dict[str, Parts]:
    """An order that cannot be read leaves its payments whole; its own pull says what is wrong with it."""
    try:
        return parts_of(order)
    except ValueError:
        return {}


def _answers(value: Any, name: str) -> list[Any]:
    """The nodes of several answers of the API, or the objects themselves."""
    found: list[Any] = []
    for piece in nodes(value):
        data = inner(piece, "data") if isinstance(piece, Mapping) else {}
        inside = (inner(data, "shopifyPaymentsAccount") or data).get(name)
        found += nodes(inside) if data else [piece]
    return found


def _is_left_out(movement: Any, payout: str) -> bool:
    if not isinstance(movement, Mapping):
        return False
    other = _payout_of(movement)
    return (
        movement.get("test") is True or text(movement, "type") in HIDDEN or bool(payout and other not in ("", payout))
    )


def _header(raw: Mapping[str, Any], told: _Document, channel: str) -> Settlement:
    issued = moment(raw.get("issuedAt"), "issuedAt")
    if issued is None:
        raise Unreadable("issuedAt is missing; ask for the payout again")
    net = _net(raw, told)
    summary = inner(raw, "summary")
    return Settlement(
        external_id=required_id(raw),
        changed_at=issued,
        channel=channel,
        currency=net.currency,
        period_start=min(_start(told) or issued, issued),
        period_end=issued,
        deposit_on=issued.date(),
        total=net,
        extra={
            key: value
            for key, value in {
                "status": text(raw, "status"),
                "trace": text(raw, "externalTraceId"),
                "has_summary": bool(summary),
            }.items()
            if value
        },
    )


def _net(raw: Mapping[str, Any], told: _Document) -> Money:
    """What is paid out, a withdrawal negative; a payout that does not tell it is the sum of its movements."""
    net = money(raw.get("net"), "net")
    if net is not None:
        return -abs(net) if text(raw, "transactionType") == "WITHDRAWAL" else net
    sums = [
        needed(m.get("net"), "net") for m in told.movements if isinstance(m, Mapping) and not _is_left_out(m, told.id)
    ]
    if not sums:
        raise Unreadable("net is missing and there are no movements to sum; ask for the payout again")
    return total(sums, sums[0].currency)


def _start(told: _Document) -> datetime | None:
    """A payout covers what happened since the one before; the first one since its first movement."""
    before = moment(told.previous.get("issuedAt"), "issuedAt")
    dated = [moment(m.get("transactionDate"), "transactionDate") for m in told.movements if isinstance(m, Mapping)]
    return before or min((at for at in dated if at), default=None)


def _rows(raw: Mapping[str, Any], told: _Document, channel: str) -> Iterator[SettlementLine]:
    amount = needed(raw.get("amount"), "amount")
    net, fee = money(raw.get("net"), "net"), money(raw.get("fee"), "fee")
    net = net if net is not None else amount - fee if fee is not None else amount
    differs = fee is not None and bool(fee) and net != amount - fee
    kind = text(raw, "type")
    for part in _parts(raw, kind, amount, told):
        if part.amount or part.line_class is LineClass.PRINCIPAL:
            yield _line(raw, told, part, (kind, str(part.line_class)), channel=channel)
    if net != amount:
        charged = _fee(raw, kind, net - amount, told)
        for part in charged:
            yield _line(raw, told, part, (kind, "fee, net differs" if differs else "fee"), channel=channel)


def _parts(raw: Mapping[str, Any], kind: str, amount: Money, told: _Document) -> Parts:
    """A sale or refund in the parts of its payment; any other movement whole, on the position that its payment is for."""
    known = _payment(raw, told)
    if known and kind in SALES | REFUNDS:
        return scaled(known, amount)
    line = _only_line(known)
    units = next((part.quantity for part in known if part.line), None) if line else None
    return (Part(class_of(kind, is_credit=amount.amount >= 0), line, units, amount),)


def _fee(raw: Mapping[str, Any], kind: str, charged: Money, told: _Document) -> Parts:
    """What was taken for the payment; given back with a refund it reverses a fee."""
    is_given_back = charged.amount > 0 and kind in REFUNDS
    line_class = LineClass.FEE_REVERSAL if is_given_back else LineClass.PAYMENT_FEE
    return (Part(line_class, _only_line(_payment(raw, told)), None, charged),)


def _payment(raw: Mapping[str, Any], told: _Document) -> Parts:
    return told.payments.get(number_of(raw.get("sourceOrderTransactionId")), ())


def _only_line(parts: Parts) -> Any:
    """The one position that a payment is for; None where it is for several."""
    lines = {part.line.id: part.line for part in parts if part.line}
    return next(iter(lines.values())) if len(lines) == 1 else None


def _line(
    raw: Mapping[str, Any], told: _Document, part: Part, words: tuple[str, str], *, channel: str
) -> SettlementLine:
    told.lines += 1
    order = inner(raw, "associatedOrder")
    settlement = told.id or number_of(inner(raw, "associatedPayout").get("id"))
    return SettlementLine(
        external_id=f"{settlement}:{told.lines}",
        changed_at=None,
        settlement_id=settlement,
        row_no=told.lines,
        line_class=part.line_class,
        labels=(words[0], text(raw, "sourceType") or text(raw, "adjustmentReason"), words[1]),
        amount=part.amount,
        posted_at=moment(raw.get("transactionDate"), "transactionDate"),
        order_id=number_of(order.get("id")),
        line_id=part.line.id if part.line else "",
        reference=number_of(raw.get("id")),
        sku=part.line.sku if part.line else "",
        quantity=part.quantity,
        channel=channel,
        is_reversal=part.line_class in (LineClass.FEE_REVERSAL,) or words[0] in REFUNDS,
    )
