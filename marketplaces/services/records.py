"""One record read again by its id, because a person asked."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from config.core.errors import Rejected
from config.core.work import later
from marketplaces import registry
from marketplaces.canonical import ShipTo
from marketplaces.contract import Capability
from marketplaces.models import Account, RunReason
from marketplaces.services import connections, pulls


def can_fetch(account: Account) -> bool:
    """Whether the marketplace gives single records by id."""
    known = registry.known(account.marketplace)
    return known and Capability.ORDERS_BY_ID in registry.get(account.marketplace).capabilities


def ask(account: Account, resource: str, external_id: str) -> int | None:
    """Have one record fetched by a worker; None when it is asked for already. Raises ValidationError."""
    if not can_fetch(account):
        raise ValidationError(f"{account.label} gives no single records; it is read again with its flow")
    if account.is_paused:
        raise ValidationError(f"{account.label} is {account.get_status_display()}: {account.status_reason}")
    return later("marketplaces.fetch_record", account_id=account.pk, resource=resource, external_id=external_id)


def ship_to(account: Account, order: str) -> ShipTo | None:
    """Where an order goes, asked of the marketplace now; the answer is neither archived nor kept in the traffic."""
    if account.is_paused:
        raise ValidationError(f"{account.label} is {account.get_status_display()}: {account.status_reason}")
    recorder = connections.Recorder(account)
    recorder.turn_to("orders", order)
    with connections.opened(account, recorder) as client:
        return client.ship_to(order)


def fetch(account_id: int, resource: str, external_id: str) -> dict[str, int]:
    """Read one record and store it like any other page; raises Rejected when the marketplace does not know it."""
    account = Account.objects.get(pk=account_id)
    recorder = connections.Recorder(account)
    recorder.turn_to(resource, external_id)
    with connections.opened(account, recorder) as client:
        page = client.by_id(resource, external_id)
    if page is None:
        raise Rejected(f"{account.label} does not know {external_id}", code="not_found")
    run = pulls.take_in(account, resource, [page], reason=RunReason.OPERATOR)
    return {"rows": run.rows_read, "rejected": run.rejected}
