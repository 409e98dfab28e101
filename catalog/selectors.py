"""Questions about products and listings."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from catalog.gtin import is_gtin
from catalog.models import Identifier, Listing, RemoteProduct, RemoteState, Sku


def unlinked_products(*, account_id: int | None = None) -> QuerySet[RemoteProduct]:
    """Names of products that mean no SKU yet, oldest first."""
    found = RemoteProduct.objects.filter(state__in=[RemoteState.OPEN, RemoteState.AMBIGUOUS])
    found = found.filter(account_id=account_id) if account_id else found
    return found.select_related("account").order_by("first_seen_at", "pk")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A SKU that a name might mean: 0 to 100, and why."""

    sku: Sku
    score: int
    reason: str


def candidates(*, remote: RemoteProduct, limit: int = 5) -> list[Candidate]:
    """SKUs ranked by how likely the name means them: same code, same identifier, then words of the title."""
    ids = [item["value"] for item in remote.product_ids]
    exact = [Candidate(s, 100, "same SKU code") for s in Sku.objects.filter(code__iexact=remote.remote_id)]
    named = Identifier.objects.filter(value__in=ids).select_related("sku")
    exact += [Candidate(n.sku, 95, f"same {n.kind.replace('_', ' ')} {n.value}") for n in named]
    padded = {value.zfill(13) for value in ids if not is_gtin(value) and value.isdigit()}
    near = Identifier.objects.filter(kind="gtin", value__in=padded).select_related("sku") if padded else []
    exact += [Candidate(n.sku, 80, f"GTIN {n.value} when padded with zeros") for n in near]
    exact += _by_title(remote)
    best: dict[int, Candidate] = {}
    for candidate in sorted(exact, key=lambda c: -c.score):
        best.setdefault(candidate.sku.pk, candidate)
    return list(best.values())[:limit]


def _by_title(remote: RemoteProduct) -> list[Candidate]:
    words = [word for word in remote.title.casefold().split() if len(word) > 3][:6]
    if not words:
        return []
    any_word = Q()
    for word in words:
        any_word |= Q(title__icontains=word)
    found = Sku.objects.filter(any_word, is_retired=False)[:200]
    scored = [(sum(word in sku.title.casefold() for word in words), sku) for sku in found]
    return [
        Candidate(sku, 70 * hits // len(words), f"{hits} of {len(words)} words of the title")
        for hits, sku in sorted(scored, key=lambda pair: -pair[0])[:5]
    ]


def listing_counts() -> dict[str, int]:
    """Listings per status."""
    return dict(Listing.objects.values_list("status").annotate(Count("pk")))
