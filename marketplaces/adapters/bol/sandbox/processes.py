"""Process statuses: every asynchronous write is PENDING for a while of simulated time and then decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from marketplaces.adapters.bol.sandbox.replies import bad, missing, reply, stamp
from marketplaces.sandbox.facts import Answer, Request, View

SHELF = "processes"
DECIDED_AFTER = timedelta(seconds=20)
FORGOTTEN_AFTER = timedelta(days=7)
FIRST_ID = 90000


def started(view: View, event: str, entity: str, *, error: str = "") -> Answer:
    """202 with a new process status; `error` is how it will fail."""
    number = str(FIRST_ID + sum(1 for _ in view.shelf(SHELF)) + 1)
    kept = {"event": event, "entity": entity, "at": view.at.isoformat(), "error": error}
    view.put(SHELF, number, kept)
    return reply(_shown(view, number, kept), status=202)


def process(view: View, request: Request) -> Answer:
    """`GET /shared/process-status/{id}`; old ones are forgotten."""
    kept = view.get(SHELF, request.match["id"])
    if kept is None or view.at - datetime.fromisoformat(kept["at"]) > FORGOTTEN_AFTER:
        return missing(request)
    return reply(_shown(view, request.match["id"], kept))


def processes(view: View, request: Request) -> Answer:
    """`GET /shared/process-status?entity-id=&event-type=`, newest first."""
    entity, event = request.params.get("entity-id"), request.params.get("event-type")
    if not entity or not event:
        return bad(request, "entity-id", "entity-id and event-type must be given")
    found = [(n, kept) for n, kept in view.shelf(SHELF) if kept["entity"] == entity and kept["event"] == event]
    shown = [_shown(view, number, kept) for number, kept in reversed(found)]
    return reply({"processStatuses": shown} if shown else {})


def is_decided(view: View, kept: Mapping[str, Any]) -> bool:
    return view.at - datetime.fromisoformat(kept["at"]) >= DECIDED_AFTER


def _shown(view: View, number: str, kept: Mapping[str, Any]) -> dict[str, Any]:
    decided = "FAILURE" if kept["error"] else "SUCCESS"
    status = decided if is_decided(view, kept) else "PENDING"
    link = {"rel": "self", "href": f"https://api.bol.com/shared/process-status/{number}", "method": "GET"}
    return {
        "processStatusId": number,
        "entityId": kept["entity"],
        "eventType": kept["event"],
        "description": f"{kept['event']} of {kept['entity']}",
        "status": status,
        **({"errorMessage": kept["error"]} if status == "FAILURE" else {}),
        "createTimestamp": stamp(datetime.fromisoformat(kept["at"])),
        "links": [link],
    }
