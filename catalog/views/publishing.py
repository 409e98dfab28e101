"""What is on its way to the marketplaces: the queue with its answers, drift, held sets, comparisons, learned rules."""

from __future__ import annotations

from django.db.models import Case, Q, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalog import publish_filters as filters
from catalog.models import LearnedRule, OfferField, OfferState, OnDrift, ParityRun, PublishBatch
from catalog.publishing import blocked
from catalog.services import approvals
from config.core.buttons import Button, allowed, chosen, press, text
from config.core.money import Money, decimal
from config.core.permissions import Action
from config.core.screens import Column, Listing, listing, page, require
from marketplaces import wording

LIST = "catalog/publishing.html"
MOST = 100


def state_of(row: OfferField) -> str:
    """A planned field of an account that does not act yet is only proposed, or watched."""
    if row.state == OfferState.PLANNED and row.account.stage != "act":
        return "proposed" if row.account.stage == "propose" else "observed"
    return str(row.get_state_display())


def shown(row: OfferField, value: str | None) -> str:
    """A value as people read it: a price with its currency and cents, words cut where they are long."""
    if value is None:
        return "–"
    if row.field not in ("price", "quantity"):
        return wording.told(wording.read(row.field, value))
    if row.field != "price" or not row.listing.currency:
        return value
    return str(Money(decimal(value), row.listing.currency).rounded())


def fields(request: HttpRequest | None = None) -> QuerySet[OfferField]:
    return OfferField.objects.select_related("listing__sku", "account", "command")


def link(row: OfferField) -> str:
    return reverse("catalog:listing", args=[row.listing_id])


COLUMNS = (
    Column("Listing", "listing.remote_id", sort="listing__remote_id"),
    Column("Account", "account.label", sort="account__label"),
    Column("Store", "listing.channel", "chip", is_wide_only=True),
    Column("Field", "field", sort="field"),
    Column("Wanted", lambda row: shown(row, row.wanted)),
    Column("Confirmed", lambda row: shown(row, row.confirmed)),
    Column("Live", lambda row: shown(row, row.live)),
    Column("State", state_of, "badge", sort="state"),
    Column("Because", "cause", is_wide_only=True),
    Column("Wanted since", "wanted_at", "since", sort="wanted_at"),
    Column("Answer", "reason", is_wide_only=True),
)
QUEUE = Listing(
    title="Publishing",
    subtitle="What each offer should say, what was confirmed by reading it back, and what the marketplace shows.",
    queryset=fields,
    filterset=filters.OfferFieldFilter,
    columns=COLUMNS,
    order_by=("-wanted_at", "-pk"),
    link=link,
    actions={"retry": "Send again"},
    action_permission=Action.WRITE_MARKETPLACE,
    empty="Nothing is wanted of an offer yet. Prices, units and words that are asked for appear here.",
    template=LIST,
)
DRIFT = Listing(
    title="Drift",
    subtitle="Fields of ours that somebody else changed. Restore our value, or take theirs over.",
    queryset=lambda request: fields().filter(state=OfferState.DRIFTED),
    filterset=filters.OfferFieldFilter,
    columns=COLUMNS,
    order_by=("-live_at", "-pk"),
    link=link,
    actions={"restore": "Restore ours", "adopt": "Adopt theirs"},
    action_permission=Action.WRITE_MARKETPLACE,
    empty="Nothing has drifted: what is live is what was confirmed.",
    template=LIST,
)
BLOCKED = Listing(
    title="Blocked offers",
    subtitle="Wishes that stand still until a person does something: why, and what that is.",
    queryset=lambda request: blocked.offers(fields()),
    filterset=filters.BlockedFilter,
    columns=(
        Column("Listing", "listing.remote_id", sort="listing__remote_id"),
        Column("Account", "account.label", sort="account__label"),
        Column("Store", "listing.channel", "chip", is_wide_only=True),
        Column("Field", "field", sort="field"),
        Column("Wanted", lambda row: shown(row, row.wanted)),
        Column("Live", lambda row: shown(row, row.live)),
        Column("Blocked", blocked.label, "badge"),
        Column("Because", "reason"),
        Column("What to do", blocked.to_do),
        Column("Wanted since", "wanted_at", "since", sort="wanted_at"),
    ),
    order_by=("wanted_at", "pk"),
    link=link,
    actions={"retry": "Send again"},
    action_permission=Action.WRITE_MARKETPLACE,
    empty="Nothing is blocked: every wish is live or on its way.",
    template=LIST,
)
HELD = Listing(
    title="Held changes",
    subtitle="Changes that were too many or too large to leave on their own wait for a second person.",
    queryset=lambda request: PublishBatch.objects.select_related("account"),
    filterset=filters.PublishBatchFilter,
    columns=(
        Column("Held", "made_at", "moment", sort="made_at"),
        Column("Account", "account.label"),
        Column("Changes", "items", "number", sort="items"),
        Column("Why", lambda row: "; ".join(row.reasons)),
        Column("State", "get_state_display", "badge", sort="state"),
        Column("Decided by", "decided_by", is_wide_only=True),
    ),
    order_by=("-made_at", "-pk"),
    link=lambda row: reverse("catalog:batch", args=[row.pk]),
    empty="Nothing was held. A mass change, a large price move or a change to top sellers would wait here.",
    template=LIST,
)
PARITY = Listing(
    title="Parity",
    subtitle="Full comparisons of everything live with everything intended, newest first.",
    queryset=lambda request: ParityRun.objects.select_related("account"),
    filterset=filters.ParityRunFilter,
    columns=(
        Column("Compared", "at", "moment", sort="at"),
        Column("Account", "account.label", sort="account__label"),
        Column("Fields", "compared", "number"),
        Column("Equal", "equal", "number"),
        Column("Under way", "under_way", "number", is_wide_only=True),
        Column("Prices differ", "price_drifted", "number", sort="price_drifted"),
        Column("Quantities differ", "quantity_drifted", "number", sort="quantity_drifted"),
        Column("May oversell", "oversellable", "number", sort="oversellable"),
        Column("Not read", "unread", "number", is_wide_only=True),
    ),
    order_by=("-at", "-pk"),
    link=lambda row: reverse("catalog:parity_run", args=[row.pk]),
    empty="Nothing was compared yet; every account is, four times a day.",
    template=LIST,
)
RULES = Listing(
    title="Learned rules",
    subtitle="What a marketplace refused once for a kind of product is not sent again, until somebody waives the rule.",
    queryset=lambda request: LearnedRule.objects.all(),
    filterset=filters.LearnedRuleFilter,
    columns=(
        Column("Marketplace", "marketplace"),
        Column("Kind of product", lambda row: row.product_type or "not told", sort="product_type"),
        Column("Field", "field"),
        Column("Value", "value"),
        Column("They said", "reason"),
        Column("Times", "seen", "number", sort="seen"),
        Column("First", "first_seen_at", "since", is_wide_only=True),
        Column("Last", "last_seen_at", "since", sort="last_seen_at"),
        Column("State", lambda row: "waived" if row.is_waived else "active", "badge"),
    ),
    order_by=("-last_seen_at", "-pk"),
    actions={"waive": "Waive"},
    action_permission=Action.WRITE_MARKETPLACE,
    empty="No marketplace has refused a price or a text yet.",
    template=LIST,
)


def _retry(request: HttpRequest) -> str:
    return f"{approvals.retry(chosen(request), by=request.user.get_username())} are sent again"


def _settled(how: str, words: str) -> Button:
    def act(request: HttpRequest) -> str:
        return f"{approvals.settle(chosen(request), how, by=request.user.get_username())} {words}"

    return Button(Action.WRITE_MARKETPLACE, act)


def _waive(request: HttpRequest) -> str:
    ids, by = chosen(request), request.user.get_username()
    rules = [approvals.waive(pk, by=by, reason="waived from the list") for pk in ids]
    return f"{len(rules)} waived; such values are tried again"


QUEUE_BUTTONS = {"retry": Button(Action.WRITE_MARKETPLACE, _retry)}
DRIFT_BUTTONS = {
    "restore": _settled(OnDrift.RESTORE, "of ours are on their way back"),
    "adopt": _settled(OnDrift.ADOPT, "of theirs were taken over"),
}
RULE_BUTTONS = {"waive": Button(Action.WRITE_MARKETPLACE, _waive)}


def queue(request: HttpRequest) -> HttpResponseBase:
    return press(request, QUEUE_BUTTONS) if request.method == "POST" else listing(request, QUEUE)


def drifted(request: HttpRequest) -> HttpResponseBase:
    return press(request, DRIFT_BUTTONS) if request.method == "POST" else listing(request, DRIFT)


def blocked_offers(request: HttpRequest) -> HttpResponseBase:
    return press(request, QUEUE_BUTTONS) if request.method == "POST" else listing(request, BLOCKED)


def held(request: HttpRequest) -> HttpResponseBase:
    return listing(request, HELD)


def parity(request: HttpRequest) -> HttpResponseBase:
    return listing(request, PARITY)


def rules(request: HttpRequest) -> HttpResponseBase:
    return press(request, RULE_BUTTONS) if request.method == "POST" else listing(request, RULES)


def _approve(request: HttpRequest, found: PublishBatch) -> str:
    approvals.approve(found.pk, by=request.user.get_username())
    return f"{found.items} changes leave now"


def _decline(request: HttpRequest, found: PublishBatch) -> str:
    reason = text(request, "reason", missing="say why; the next person will ask")
    approvals.decline(found.pk, by=request.user.get_username(), reason=reason)
    return f"{found.items} changes were withdrawn"


BATCH_BUTTONS = {
    "approve": Button(Action.WRITE_MARKETPLACE, _approve),
    "decline": Button(Action.WRITE_MARKETPLACE, _decline),
}


def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """A held set with its changes, to be approved or declined as a whole."""
    found = get_object_or_404(PublishBatch.objects.select_related("account"), pk=pk)
    if request.method == "POST":
        return press(request, BATCH_BUTTONS, found)
    require(request, Action.VIEW)
    rows = fields().filter(batch=found).order_by("field", "listing__remote_id", "pk")[:200]
    context = {
        "batch": found, "can": allowed(request, BATCH_BUTTONS), "is_own": request.user.get_username() in found.asked_by,
        "rows": [(row, shown(row, row.live or row.confirmed), shown(row, row.wanted), state_of(row)) for row in rows],
    }  # fmt: skip
    return page(request, "catalog/publish_batch.html", f"{found.items} changes of {found.account.label}", context)


def parity_run(request: HttpRequest, pk: int) -> HttpResponse:
    """One comparison with what differed."""
    require(request, Action.VIEW)
    found = get_object_or_404(ParityRun.objects.select_related("account"), pk=pk)
    rows = found.findings.select_related("listing").order_by("field", "listing__remote_id", "pk")
    is_worst = Q(field="quantity")
    context = {"run": found, "findings": [*rows.filter(is_worst)[:100], *rows.exclude(is_worst)[:100]]}
    return page(request, "catalog/parity_run.html", f"Parity of {found.account.label}", context)


def of_listing(listing_id: int) -> list[dict[str, str | OfferField]]:
    """Wanted, confirmed and live per field, for the page of a listing."""
    return [_state(row) for row in fields().filter(listing=listing_id).order_by("field")]


def of_sku(sku_id: int) -> list[dict[str, str | OfferField]]:
    """The same over all offers of a SKU, what is not confirmed first."""
    unsettled = Case(When(state=OfferState.CONFIRMED, then=1), default=0)
    found = (
        fields().filter(listing__sku=sku_id).order_by(unsettled, "account__label", "listing__channel", "field", "pk")
    )
    return [_state(row) for row in found[:MOST]]


def _state(row: OfferField) -> dict[str, str | OfferField]:
    return {
        "row": row, "state": state_of(row), "wanted": shown(row, row.wanted), "confirmed": shown(row, row.confirmed),
        "live": shown(row, row.live),
    }  # fmt: skip
