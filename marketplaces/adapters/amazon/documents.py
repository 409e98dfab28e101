"""Report jobs: ask, find again, poll, and bring the document home."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from config.core import clock
from config.core.errors import Transient
from marketplaces.adapters.amazon import reports
from marketplaces.adapters.amazon.api import Api, segment
from marketplaces.adapters.amazon.errors import DOCUMENT_EXPIRED
from marketplaces.adapters.amazon.moments import stamp
from marketplaces.contract import AccountFacts, ReportState, ReportStatus, Window

_BASE = "/reports/2021-06-30"
_KEPT = timedelta(days=90)
_ADOPTABLE = timedelta(hours=6)
_LIVE = ("IN_QUEUE", "IN_PROGRESS", "DONE")


def settlement_reports(api: Api, window: Window) -> Iterator[Mapping[str, Any]]:
    """Settlement reports created in the window; they cannot be asked for, only found, and for 90 days at most."""
    oldest = clock.now() - _KEPT + timedelta(minutes=5)
    params = {
        "reportTypes": reports.SETTLEMENT,
        "processingStatuses": "DONE",
        "pageSize": "100",
        "createdSince": stamp(max(window.since, oldest)),
        "createdUntil": stamp(window.until),
    }
    yield from _listed(api, params)


def _listed(api: Api, params: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Pages of getReports; a page token must travel alone, anything beside it is refused."""
    while params:
        body = api.get("getReports", f"{_BASE}/reports", params).json()
        yield from body.get("reports") or []
        params = {"nextToken": body["nextToken"]} if body.get("nextToken") else {}


def request(api: Api, account: AccountFacts, resource: str, window: Window) -> str:
    parts = reports.parts(resource, account)
    ids = _recent(api, parts, window)
    for part in parts:
        if part.name not in ids:
            ids[part.name] = _create(api, part, window)
    return reports.join(ids)


def find(api: Api, account: AccountFacts, resource: str, window: Window) -> str:
    parts = reports.parts(resource, account)
    ids = _recent(api, parts, window)
    return reports.join(ids) if len(ids) == len(parts) else ""


def _recent(api: Api, parts: tuple[reports.Part, ...], window: Window) -> dict[str, str]:
    """Reports of the same kind, stores and span that were asked for in the last hours: creating is not repeatable."""
    params = {
        "reportTypes": ",".join(sorted({part.report_type for part in parts})),
        "pageSize": "100",
        "createdSince": stamp(clock.now() - _ADOPTABLE),
    }
    found: dict[str, str] = {}
    for report in _listed(api, params):
        for part in parts:
            if part.name not in found and _is_of(report, part, window):
                found[part.name] = report["reportId"]
    return {part.name: found[part.name] for part in parts if part.name in found}


def _is_of(report: Mapping[str, Any], part: reports.Part, window: Window) -> bool:
    if report.get("reportType") != part.report_type or report.get("processingStatus") not in _LIVE:
        return False
    if part.has_span:
        return _at(report, "dataStartTime") == stamp(window.since) and _at(report, "dataEndTime") == stamp(window.until)
    return sorted(report.get("marketplaceIds") or ()) == sorted(part.stores) and _is_fresh(report, window)


def _is_fresh(report: Mapping[str, Any], window: Window) -> bool:
    """A snapshot asked for before this pull's span ended shows an older state, so it belongs to an earlier pull."""
    return _at(report, "createdTime") >= stamp(window.until)


def _at(report: Mapping[str, Any], field: str) -> str:
    text = str(report.get(field) or "")
    return stamp(datetime.fromisoformat(text)) if text else ""


def _create(api: Api, part: reports.Part, window: Window) -> str:
    body: dict[str, Any] = {"reportType": part.report_type, "marketplaceIds": list(part.stores)}
    if part.has_span:
        body |= {"dataStartTime": stamp(window.since), "dataEndTime": stamp(window.until)}
    return str(api.write("createReport", "POST", f"{_BASE}/reports", body=body).json()["reportId"])


def state(api: Api, remote_id: str) -> ReportState:
    """Where the reports of a pull stand, together."""
    states: dict[str, ReportState] = {}
    for name, report_id in reports.split(remote_id).items():
        body = api.get("getReport", f"{_BASE}/reports/{segment(report_id)}").json()
        word = str(body.get("processingStatus", ""))
        document_id = str(body.get("reportDocumentId") or "")
        found = reports.status(word)
        reason = _why(api, document_id) if found is ReportStatus.FAILED else word
        states[name] = ReportState(found, document_id, reason)
    return reports.combined(states)


def _why(api: Api, document_id: str) -> str:
    """A failed report may carry a document that says why, in plain text."""
    if not document_id:
        return "FATAL without a reason; it may have been asked for too often"
    file = Path(fetch(api, document_id))
    try:
        with file.open("rb") as stream:
            return "FATAL: " + stream.read(500).decode("utf-8", errors="replace").strip()
    finally:
        file.unlink()


def fetch(api: Api, document_id: str) -> str:
    """A document as a file, as it came. Its address lives five minutes; an expired one is renewed once."""
    try:
        return api.download(_address(api, document_id)).path
    except Transient as error:
        if error.code != DOCUMENT_EXPIRED:
            raise
    return api.download(_address(api, document_id)).path


def _address(api: Api, document_id: str) -> str:
    return str(api.get("getReportDocument", f"{_BASE}/documents/{segment(document_id)}").json()["url"])


def collect(api: Api, document_ids: str) -> tuple[str, str, dict[str, str]]:
    """Path, media type and context of a pull's documents: the one file, or a zip with one entry per report."""
    ids = reports.split(document_ids)
    if len(ids) == 1:
        name, document_id = next(iter(ids.items()))
        store = name.partition(".")[0]
        return fetch(api, document_id), "text/tab-separated-values", {"store": store} if len(store) == 2 else {}
    return _zipped(api, ids), "application/zip", {}


def _zipped(api: Api, ids: Mapping[str, str]) -> str:
    """A zip of several documents; when one cannot be had, nothing of the others stays behind."""
    with ExitStack() as undo:
        target = undo.enter_context(tempfile.NamedTemporaryFile(prefix="reports-", suffix=".zip", delete=False))
        undo.callback(Path(target.name).unlink)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, document_id in ids.items():
                document = Path(fetch(api, document_id))
                archive.write(document, f"{name}.tsv")
                document.unlink()
        target.close()
        undo.pop_all()
    return target.name
