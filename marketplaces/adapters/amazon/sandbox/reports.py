"""The report service: jobs that take minutes of simulated time, settlement files that appear by themselves."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote

from marketplaces.adapters.amazon import reports as kinds
from marketplaces.adapters.amazon.sandbox import files, ids
from marketplaces.adapters.amazon.sandbox.answers import Refused, body_of, ok, stamp, state_of, time_of, token
from marketplaces.adapters.amazon.sandbox.settlement_file import settlement_file
from marketplaces.sandbox.facts import Answer, Request, View, WorldStatement

_SHELF = "reports"
_STARTS_AFTER = timedelta(seconds=60)
_TAKES = timedelta(seconds=180)
_KEPT = timedelta(days=90)
_URL_LIFE_S = 300
_SETTLEMENT_DOCUMENT = "amzn1.spdoc.1.4.settlement."
_REPORT_DOCUMENT = "amzn1.spdoc.1.4.report."


def create(view: View, request: Request) -> Answer:
    body = body_of(request)
    if body.get("reportType") not in files.FILES:
        raise Refused(400, "InvalidInput", f"Report type {body.get('reportType')} cannot be requested.")
    known = {store.external_id for store in view.stores}
    stores = body.get("marketplaceIds") or []
    if not stores or not set(stores) <= known or len(stores) > 25:
        raise Refused(400, "InvalidInput", "marketplaceIds must name 1 to 25 stores of this account.")
    number = sum(1 for _ in view.shelf(_SHELF)) + 1
    report_id = f"5{int(view.at.timestamp()) % 10**8:08d}{number:04d}"
    view.put(_SHELF, report_id, {**body, "created": stamp(view.at)})
    return ok({"reportId": report_id}, 202)


def get(view: View, request: Request) -> Answer:
    report_id = request.match["report"]
    asked = view.get(_SHELF, report_id)
    if asked is None:
        raise Refused(404, "NotFound", f"Report {report_id} was not found.")
    return ok(_report(view, report_id, asked))


def listing(view: View, request: Request) -> Answer:
    """A page token must travel alone; without one the report types are required."""
    params = request.params
    if "nextToken" in params and len(params) > 1:
        raise Refused(400, "InvalidInput", "nextToken must not be sent together with other parameters.")
    state: dict[str, Any] = state_of(params["nextToken"]) if "nextToken" in params else {**params, "start": 0}
    types = set(filter(None, str(state.get("reportTypes", "")).split(",")))
    if not types:
        raise Refused(400, "InvalidInput", "reportTypes is required.")
    oldest = view.at - _KEPT
    since = time_of(state, "createdSince") or oldest
    if since < oldest:
        raise Refused(400, "InvalidInput", "createdSince must not be more than 90 days in the past.")
    until = time_of(state, "createdUntil") or view.at
    statuses = set(filter(None, str(state.get("processingStatuses", "")).split(",")))
    found = [r for r in _all(view, types, since, until) if not statuses or r["processingStatus"] in statuses]
    size, start = int(state.get("pageSize", 10)), int(state["start"])
    body: dict[str, Any] = {"reports": found[start : start + size]}
    if start + size < len(found):
        body["nextToken"] = token({**state, "start": start + size})
    return ok(body)


def _all(view: View, types: set[str], since: datetime, until: datetime) -> list[dict[str, Any]]:
    found = [
        _report(view, report_id, asked)
        for report_id, asked in view.shelf(_SHELF)
        if asked["reportType"] in types and stamp(since) <= asked["created"] <= stamp(until)
    ]
    if kinds.SETTLEMENT in types:
        found += [_settlement(view, one) for one in view.statements(since=since, until=until)]
    return sorted(found, key=lambda report: report["createdTime"], reverse=True)


def _settlement(view: View, statement: WorldStatement) -> dict[str, Any]:
    return {
        "reportId": f"7{statement.serial:010d}",
        "reportType": kinds.SETTLEMENT,
        "marketplaceIds": [store.external_id for store in view.stores],
        "dataStartTime": stamp(statement.start),
        "dataEndTime": stamp(statement.end),
        "createdTime": stamp(statement.issued_at),
        "processingStatus": "DONE",
        "reportDocumentId": f"{_SETTLEMENT_DOCUMENT}{statement.serial}",
    }


def _report(view: View, report_id: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    age = view.at - datetime.fromisoformat(asked["created"])
    report = {
        "reportId": report_id,
        "reportType": asked["reportType"],
        "marketplaceIds": asked["marketplaceIds"],
        "createdTime": asked["created"],
        "processingStatus": "IN_QUEUE" if age < _STARTS_AFTER else "IN_PROGRESS",
    }
    report |= {name: asked[name] for name in ("dataStartTime", "dataEndTime") if name in asked}
    if age >= _TAKES:
        has_rows = any(_rows(view, asked))
        report["processingStatus"] = "DONE" if has_rows else "CANCELLED"
        report |= {"reportDocumentId": f"{_REPORT_DOCUMENT}{report_id}"} if has_rows else {}
    return report


def _rows(view: View, asked: Mapping[str, Any]) -> Iterator[list[str]]:
    since = time_of(asked, "dataStartTime") or view.at - timedelta(days=30)
    until = time_of(asked, "dataEndTime") or view.at
    stores = [store for store in view.stores if store.external_id in asked["marketplaceIds"]]
    return files.FILES[asked["reportType"]].rows(view, stores, since, until)


def document(view: View, request: Request) -> Answer:
    document_id = unquote(request.match["document"])
    _content(view, document_id)
    until = int(time.time()) + _URL_LIFE_S
    url = f"{request.base_url}/storage/{quote(document_id, safe='')}?X-Amz-Expires=300&until={until}"
    return ok({"reportDocumentId": document_id, "url": url, "compressionAlgorithm": "GZIP"})


def storage(view: View, request: Request) -> Answer:
    """The storage's own errors are XML and have nothing to do with tokens."""
    until = request.params.get("until", "0")
    if not until.isdigit() or int(until) < time.time():
        text = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
        return Answer(403, text.encode(), "application/xml")
    body = gzip.compress(_content(view, unquote(request.match["document"])), mtime=0)
    return Answer(200, body, "text/plain; charset=UTF-8")


def _content(view: View, document_id: str) -> bytes:
    asked = view.get(_SHELF, document_id.removeprefix(_REPORT_DOCUMENT))
    if asked is not None:
        kind = files.FILES[asked["reportType"]]
        return files.table(kind.header, _rows(view, asked))
    number = document_id.removeprefix(_SETTLEMENT_DOCUMENT)
    statement = view.statement(int(number)) if number.isdigit() else None
    if statement is None:
        raise Refused(404, "NotFound", f"Document {document_id} was not found.")
    return settlement_file(statement, ids.settlement_id(statement.serial))
