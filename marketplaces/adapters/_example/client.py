"""Example's API: one method per resource that yields raw pages, and the writes. The only place that talks to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from config.core.clock import now
from config.core.errors import NeedsOperator, NinefoldError, RateLimited, Rejected, Transient
from config.core.http import ApiSession, Call, Reply
from marketplaces.adapters._example import actions, auth
from marketplaces.canonical import ShipTo
from marketplaces.contract import AccountFacts, Outbound, Outcome, OutcomeState, Page, ReportState, Window

PATHS = {"orders": "/v1/orders", "listings": "/v1/offers", "stock": "/v1/offers", "settlements": "/v1/statements"}


def error_of(reply: Reply, call: Call) -> NinefoldError | None:
    """The error table: what to do about each status."""
    what = f"{call.method} {call.operation} was answered with {reply.status}"
    if reply.status < 400:
        return None
    if reply.status == 429:
        told = reply.headers.get("Retry-After", "")
        return RateLimited(what, until=now() + timedelta(seconds=int(told) if told.isdigit() else 60))
    if reply.status in (401, 403):
        return NeedsOperator(f"{what}; enter the client id and secret again")
    if reply.status >= 500:
        return Transient(f"{what}; trying again later")
    return Rejected(what, code=f"http_{reply.status}")


class Client:
    """`subjects` names known listings for resources that are asked about one by one; this API has none."""

    def __init__(
        self,
        session: ApiSession,
        account: AccountFacts,
        subjects: Callable[[str], Sequence[Mapping[str, str]]] = lambda resource: (),
    ) -> None:
        self.session, self.account, self.subjects = session, account, subjects

    def probe(self) -> str:
        return str(self._call("GET", "/v1/me").json()["name"])

    def orders(self, window: Window) -> Iterator[Page]:
        params = {"changed_from": window.since.isoformat(), "changed_to": window.until.isoformat()}
        return self._pages("orders", params)

    def listings(self, window: Window) -> Iterator[Page]:
        return self._pages("listings", {}, window.mark)

    def stock(self, window: Window) -> Iterator[Page]:
        return self._pages("stock", {}, window.mark)

    def settlements(self, window: Window) -> Iterator[Page]:
        """Each closed statement of the window that is not stored yet."""
        params = {"closed_from": window.since.isoformat(), "closed_to": window.until.isoformat()}
        for statement in self._call("GET", PATHS["settlements"], params=params).json()["statements"]:
            document = str(statement["id"])
            if document not in window.seen:
                body = self._call("GET", f"{PATHS['settlements']}/{document}").body
                yield Page(resource="settlements", body=body, document_id=document)

    def by_id(self, resource: str, external_id: str) -> Page | None:
        try:
            return Page(resource=resource, body=self._call("GET", f"{PATHS[resource]}/{external_id}").body)
        except Rejected as error:
            if error.code == "http_404":
                return None
            raise

    def ship_to(self, order: str) -> ShipTo | None:
        """This marketplace shows no addresses; a person enters them."""
        return None

    def request_report(self, resource: str, window: Window) -> str:
        raise Rejected(f"{resource} is not read as a report; pull pages instead")

    def find_report(self, resource: str, window: Window) -> str:
        return ""

    def report_state(self, resource: str, remote_id: str) -> ReportState:
        raise Rejected(f"{resource} is not read as a report; pull pages instead")

    def download(self, resource: str, state: ReportState) -> Page:
        raise Rejected(f"{resource} is not read as a report; pull pages instead")

    def send(self, command: Outbound) -> Outcome:
        """Make the write; it counts as done only when it has been read back."""
        try:
            body = actions.request(command)
            reply = self._call("PATCH", f"{PATHS['listings']}/{command.external_id}", operation="write", body=body)
        except Rejected as error:
            return Outcome(OutcomeState.REJECTED, reason=str(error))
        return Outcome(OutcomeState.ACCEPTED, answer=reply.json())

    def read_back(self, command: Outbound, remote_ref: str) -> Outcome:
        page = self.by_id("listings", command.external_id)
        return actions.outcome(command, page.json() if page else None)

    def offer(self, command: Outbound) -> Page | None:
        return self.by_id("listings", command.external_id)

    def _pages(self, resource: str, params: Mapping[str, str], mark: str = "") -> Iterator[Page]:
        """Pages from 1 (or the marked one) up to the number that the answer tells."""
        number = last = int(mark or 1)
        while number <= last:
            reply = self._call("GET", PATHS[resource], params={**params, "page": str(number)})
            last = int(reply.json()["pages"])
            number += 1
            yield Page(resource=resource, body=reply.body, mark=str(number) if number <= last else "")

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        operation: str = "read",
        body: Any = None,
    ) -> Reply:
        headers = {"Authorization": f"Bearer {auth.bearer(self.session, self.account)}", "Accept": "application/json"}
        url = f"{auth.host(self.account)}{path}"
        return self.session.call(
            Call(method, url, operation=operation, headers=headers, params=params or {}, json=body)
        )
