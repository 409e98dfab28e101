"""Invoices and specifications, in bol's sign: what we earn is negative, what we are charged is positive."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from config.core.money import Money, total
from marketplaces.adapters.bol.rows.reading import ZONE
from marketplaces.adapters.bol.sandbox import ids
from marketplaces.adapters.bol.sandbox.replies import bad, milliseconds, missing, reply
from marketplaces.canonical import LineClass
from marketplaces.sandbox.facts import Answer, Request, View, WorldStatement, WorldStatementLine

LINES_PER_PAGE = 25_000
LONGEST_SPAN = timedelta(days=31)
FOUR_WEEKS = timedelta(days=28)
TYPES = {
    LineClass.PRINCIPAL: "TURNOVER",
    LineClass.SHIPPING: "TURNOVER",
    LineClass.PROMOTION: "TURNOVER",
    LineClass.REFUND_PRINCIPAL: "CORRECTION_TURNOVER",
    LineClass.REFUND_PROMOTION: "CORRECTION_TURNOVER",
    LineClass.REFUND_SHIPPING: "CORRECTION_TURNOVER",
    LineClass.COMMISSION: "COMMISSION",
    LineClass.FEE_REVERSAL: "CORRECTION_COMMISSION",
    LineClass.FULFILMENT: "PICK_PACK",
    LineClass.SHIPPING_LABEL: "SHIPMENT_LABEL",
    LineClass.STORAGE: "STOCK",
    LineClass.RETURN_HANDLING: "PLAZA_RETURN_SHIPPING_LABEL",
    LineClass.ADVERTISING: "SPONSORED_PRODUCTS",
    LineClass.REIMBURSEMENT: "COMPENSATION_LOST_GOODS",
}
MEDIA = {"availableMediaTypes": ["application/json", "application/pdf"]}


def invoice_list(view: View, request: Request) -> Answer:
    """`GET /retailer/invoices`: issued in a span of at most 31 days, both ends or none given."""
    span = _span(view, request)
    if span is None:
        return bad(request, "period-start-date", "both dates must be given, at most 31 days apart")
    zone = ZoneInfo(ZONE)
    since = datetime.combine(span[0], time(), zone)
    until = datetime.combine(span[1] + timedelta(days=1), time(), zone)
    found = [_header(statement) for statement in view.statements(since=since, until=until)]
    period = f"{span[0].isoformat()}/{span[1].isoformat()}"
    return reply({"invoiceListItems": found, "period": period} if found else {"period": period})


def specification(view: View, request: Request) -> Answer:
    """`GET /retailer/invoices/{id}/specification`, 25,000 lines a page; beyond the last one `{}`."""
    serial = ids.invoice_serial(request.match["id"])
    found = view.statement(serial) if serial is not None else None
    if found is None:
        return missing(request)
    start = (int(request.params.get("page", "1")) - 1) * LINES_PER_PAGE
    lines = [_line(line) for line in found.lines[start : start + LINES_PER_PAGE]]
    return reply({"invoiceSpecification": lines} if lines else {})


def _span(view: View, request: Request) -> tuple[date, date] | None:
    first, last = request.params.get("period-start-date"), request.params.get("period-end-date")
    if first is None and last is None:
        return (view.at - FOUR_WEEKS).date(), view.at.date()
    try:
        span = date.fromisoformat(first or ""), date.fromisoformat(last or "")
    except ValueError:
        return None
    return span if timedelta(0) <= span[1] - span[0] <= LONGEST_SPAN else None


def _header(found: WorldStatement) -> dict[str, Any]:
    net = total((line.amount for line in found.lines), found.currency)
    return {
        "invoiceId": ids.invoice_id(found.serial),
        "invoiceType": "ALL_IN_ONE",
        "issueDate": int(found.issued_at.timestamp()),
        "invoicePeriod": {"startDate": milliseconds(found.start), "endDate": milliseconds(_last_day(found.end))},
        "legalMonetaryTotal": {
            "lineExtensionAmount": _amount(-net),
            "taxExclusiveAmount": _amount(-net),
            "taxInclusiveAmount": _amount(-found.total),
            "payableAmount": _amount(-found.total),
        },
        "invoiceMediaTypes": MEDIA,
        "specificationMediaTypes": MEDIA,
    }


def _last_day(end: datetime) -> datetime:
    """A period that ends at Dutch midnight names its last day; any other end is named as it is."""
    local = end.astimezone(ZoneInfo(ZONE))
    return end if local.time() != time() else (local - timedelta(days=1)).astimezone(end.tzinfo)


def _amount(money: Money) -> dict[str, Any]:
    return {"amount": money.amount, "currencyID": money.currency}


def _line(line: WorldStatementLine) -> dict[str, Any]:
    word = line.renamed_to or TYPES.get(line.line_class, line.line_class.name)
    order = ids.order_id(line.order_serial) if line.order_serial is not None else ""
    quantity = line.quantity if line.quantity is not None else 1
    named = {"Order": order, "EAN": line.ean, "Date": line.posted_at.isoformat()}
    return {
        "id": f"{order}#{line.ean}#{word}",
        "invoiceLineRef": str(line.row_no),
        "invoicedQuantity": {"value": quantity},
        "lineExtensionAmount": {"value": (-line.amount).amount, "currencyID": line.amount.currency},
        "taxTotal": [{"taxAmount": {"value": (-line.vat).amount, "currencyID": line.vat.currency}}],
        "item": {
            "Name": {"value": word},
            "Description": [{"value": word.replace("_", " ").capitalize()}],
            "AdditionalItemProperty": [
                {"Name": {"value": name}, "Value": {"value": value}} for name, value in named.items() if value
            ],
        },
    }
