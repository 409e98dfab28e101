"""Who may change each field of a listing: us, the marketplace, or another tool."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction

from catalog.models import FieldOwner, Listing, OnDrift, Owner
from config.core import clock
from marketplaces.models import Account

FIELDS = ("quantity", "price", "title", "description", "bullets", "images", "attributes", "category", "on_hold",
          "delivery")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Owned:
    """Who owns a field of a listing, and where that is said: for it, for its account, or nowhere."""

    field: str
    owner: str
    on_drift: str
    said_for: str


@transaction.atomic
def set_owner(
    account: Account, field: str, *, listing: Listing | None = None, owner: str, on_drift: str = OnDrift.ASK, by: str
) -> FieldOwner:
    """Say who owns a field of a listing, or without one of all listings of the account."""
    if field not in FIELDS:
        raise ValidationError(f"no field is called {field!r}; it is one of {', '.join(FIELDS)}")
    if owner not in Owner.values or on_drift not in OnDrift.values:
        raise ValidationError("choose an owner, and what follows when somebody else changes the field")
    if listing is not None and listing.account_id != account.pk:
        raise ValidationError("this listing belongs to another account")
    given = {"owner": owner, "on_drift": on_drift, "set_by": by, "set_at": clock.now()}
    row, _ = FieldOwner.objects.update_or_create(account=account, listing=listing, field=field, defaults=given)
    return row


def as_account(listing: Listing, field: str) -> None:
    """Let what is said for the account hold for this listing again."""
    FieldOwner.objects.filter(listing=listing, field=field).delete()


def of_listing(listing: Listing) -> list[Owned]:
    """Every field with its owner: what is said for the listing, else for its account, else it is ours."""
    rows = FieldOwner.objects.filter(account=listing.account_id, listing=None)
    whole = {row.field: row for row in rows}
    own = {row.field: row for row in FieldOwner.objects.filter(listing=listing)}
    return [_owned(field, own.get(field), whole.get(field)) for field in FIELDS]


def _owned(field: str, own: FieldOwner | None, whole: FieldOwner | None) -> Owned:
    row = own or whole
    said_for = "this listing" if own else "the account" if whole else ""
    return Owned(field, row.owner if row else Owner.US, row.on_drift if row else OnDrift.ASK, said_for)
