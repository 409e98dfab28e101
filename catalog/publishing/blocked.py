"""Which wishes stand still until a person does something, and what that is."""

from __future__ import annotations

from enum import StrEnum

from django.db.models import Case, CharField, Q, QuerySet, Value, When

from catalog.models import OfferField, OfferState
from catalog.publishing import learning

NOT_OURS = Q(state=OfferState.PLANNED, due_at=None, sent=None) & ~Q(reason="")


class Block(StrEnum):
    HELD = "held"
    KNOWN_REFUSAL = "known_refusal"
    REFUSED = "refused"
    GIVEN_UP = "given_up"
    NOT_OURS = "not_ours"


LABELS = {
    Block.HELD: "held for approval",
    Block.KNOWN_REFUSAL: "refused before",
    Block.REFUSED: "refused",
    Block.GIVEN_UP: "given up",
    Block.NOT_OURS: "not ours to write",
}
TO_DO = {
    Block.HELD: "a second person approves or declines its set under Held",
    Block.KNOWN_REFUSAL: "wish for another value, or waive the rule under Learned rules",
    Block.REFUSED: "mend what the answer names and send it again, or wish for another value",
    Block.GIVEN_UP: "compare the offer at the marketplace with the answers of its writes, then send it again",
    Block.NOT_OURS: "take the field back on the page of the listing, or leave it to its owner",
}


def offers(fields: QuerySet[OfferField]) -> QuerySet[OfferField]:
    """Those that stand still, each with its kind as `block`."""
    is_known = Q(state=OfferState.REJECTED, reason__startswith=learning.REFUSED_BEFORE)
    kinds = (
        When(state=OfferState.WAITING, then=Value(Block.HELD.value)),
        When(is_known, then=Value(Block.KNOWN_REFUSAL.value)),
        When(state=OfferState.REJECTED, then=Value(Block.REFUSED.value)),
        When(state=OfferState.UNKNOWN, then=Value(Block.GIVEN_UP.value)),
        When(NOT_OURS, then=Value(Block.NOT_OURS.value)),
    )
    found = fields.annotate(block=Case(*kinds, output_field=CharField()))
    return found.filter(block__isnull=False, account__stage="act")


def to_do(row: OfferField) -> str:
    return TO_DO[Block(row.block)]


def label(row: OfferField) -> str:
    return LABELS[Block(row.block)]
