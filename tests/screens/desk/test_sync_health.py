"""Sync health and the machine room: how flows stand, what people may do about it, and what is never shown."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config.core.models import WorkItem
from inventory.models import Order
from marketplaces import standing
from marketplaces.models import Account, Gap, RejectedRow, SyncState
from marketplaces.services import pulls
from tests import factories
from tests.factories import NOON
from tests.marketplaces import stall
from tests.marketplaces.conftest import at_noon, remote, shop  # noqa: F401 - fixtures
from tests.screens.desk.conftest import said

pytestmark = pytest.mark.django_db


def flow(account, **facts):
    values = {"last_ok_at": NOON - timedelta(minutes=3), **facts}
    return SyncState.objects.create(account=account, resource="orders", **values)


def verdict(account):
    return standing.one(account, "orders").verdict


@pytest.fixture
def rejected(shop, remote):  # noqa: F811
    """Nine orders pulled; two of them name their quantity in a way that the mapping does not know."""
    remote.per_page = 3
    for number in range(9):
        remote.put(f"A-{number}", NOON - timedelta(minutes=9 - number))
    for number in (1, 7):
        remote.orders[f"A-{number}"] = {**remote.orders[f"A-{number}"], "pieces": 1}
        del remote.orders[f"A-{number}"]["qty"]
    pulls.read_missing(shop.pk, "orders", since=NOON - timedelta(hours=1), until=NOON)
    return RejectedRow.objects.get(external_id="A-1")


@pytest.fixture
def fixed(monkeypatch):
    former = stall.MAPPERS["orders"]

    def mapper(page):
        yield from former(stall.Page(resource="orders", body=page.body.replace(b'"pieces"', b'"qty"')))

    monkeypatch.setitem(stall.MAPPERS, "orders", mapper)


@pytest.mark.parametrize(
    ("facts", "word", "tone"),
    [
        ({}, "fine", "good"),
        ({"last_ok_at": None}, "not read yet", "plain"),
        ({"last_ok_at": NOON - timedelta(hours=20)}, "late", "watch"),
        ({"last_ok_at": NOON - timedelta(hours=25)}, "too old", "bad"),
        ({"failures_in_a_row": 1, "last_error": "no answer"}, "failed 1×", "watch"),
        ({"failures_in_a_row": 3, "last_error": "no answer"}, "failed 3×", "bad"),
        ({"is_paused": True, "pause_reason": "stocktaking"}, "paused", "watch"),
    ],
)
def test_it_says_how_a_flow_stands_in_a_word(shop, facts, word, tone):  # noqa: F811
    flow(shop, **facts)
    assert (verdict(shop).word, verdict(shop).tone) == (word, tone)


def test_it_says_that_a_flow_is_refused_when_its_account_is(shop):  # noqa: F811
    flow(shop)
    Account.objects.filter(pk=shop.pk).update(status="broken", status_reason="the token was revoked")
    shop.refresh_from_db()
    assert (verdict(shop).word, verdict(shop).why) == ("refused", "the token was revoked")


def test_it_shows_every_account_with_no_more_queries_for_ten_than_for_one(shop, owner, within_budget):  # noqa: F811
    flow(shop)
    for number in range(9):
        other = Account.objects.create(
            key=f"shop-{number}", marketplace=stall.KEY, label=f"Shop {number}", stores=["NL"]
        )
        flow(other)
    answer = within_budget("sync_health", lambda: owner.get("/sync/"))
    page = answer.content.decode()
    assert page.count('class="nf-cell nf-good"') == 10
    assert "Shop 8" in page


def test_it_asks_for_one_pull_when_run_now_is_pressed_twice(north, owner):
    account = factories.account()
    wish = {"action": "run_now", "account": account.key, "resource": "orders"}
    assert said(owner.post("/sync/", wish, follow=True)) == ["Asked for: it begins within seconds"]
    assert said(owner.post("/sync/", wish, follow=True)) == ["A pull is waiting already"]
    assert WorkItem.objects.filter(job=f"pull.{account.marketplace}.orders").count() == 1


def test_it_pauses_an_account_only_with_a_reason(shop, owner):  # noqa: F811
    silent = owner.post("/sync/accounts/shop/", {"action": "pause", "reason": " "}, follow=True)
    assert Account.objects.get(pk=shop.pk).status == "active"
    assert said(silent) == ["say why; the next person will ask"]
    owner.post("/sync/accounts/shop/", {"action": "pause", "reason": "stocktaking"})
    assert (Account.objects.get(pk=shop.pk).status, Account.objects.get(pk=shop.pk).status_reason) == (
        "paused", "stocktaking",
    )  # fmt: skip


def test_it_never_shows_a_secret_and_keeps_what_was_left_empty(shop, owner):  # noqa: F811
    before = owner.get("/sync/accounts/shop/").content.decode()
    owner.post("/sync/accounts/shop/", {"action": "authorise", "token": ""})
    assert shop.credentials.get(name="token").value == "t0p-secret"
    answer = owner.post("/sync/accounts/shop/", {"action": "authorise", "token": "n3w-secret"}, follow=True)
    assert shop.credentials.get(name="token").value == "n3w-secret"
    page = answer.content.decode()
    assert [secret for secret in ("t0p-secret", "n3w-secret") if secret in before + page] == []
    assert "stored" in page


def test_a_viewer_looks_and_does_nothing(shop, viewer):  # noqa: F811
    flow(shop)
    page = viewer.get("/sync/accounts/shop/")
    assert (page.status_code, b"Pause the account" in page.content) == (200, False)
    assert viewer.post("/sync/accounts/shop/", {"action": "pause", "reason": "x"}).status_code == 403
    assert Account.objects.get(pk=shop.pk).status == "active"


def test_it_replays_a_rejected_row_and_leaves_the_other_open(rejected, fixed, owner):
    assert "qty" in owner.get(f"/sync/rejected/{rejected.pk}/").content.decode()
    answer = owner.post(f"/sync/rejected/{rejected.pk}/", {"action": "replay"}, follow=True)
    assert said(answer) == ["Replayed: 1 rows were stored, 2 were known already"]
    assert Order.objects.filter(external_id="A-1").exists()
    assert list(RejectedRow.objects.order_by("external_id").values_list("state", flat=True)) == ["replayed", "open"]


def test_it_says_so_when_a_row_still_cannot_be_read(rejected, owner):
    answer = owner.post("/sync/rejected/", {"action": "replay", "pk": rejected.pk}, follow=True)
    assert said(answer) == ["Replayed: 0 of 1 could be read now; the others still say why not"]


def test_a_dismissed_row_stays_dismissed_when_it_comes_again(rejected, owner):
    owner.post(f"/sync/rejected/{rejected.pk}/", {"action": "dismiss"})
    owner.post(f"/sync/rejected/{rejected.pk}/", {"action": "replay"})
    assert RejectedRow.objects.get(pk=rejected.pk).state == "dismissed"


def test_it_has_a_whole_flow_replayed_by_a_worker(rejected, owner):
    owner.post("/sync/accounts/shop/orders/", {"action": "replay_flow"})
    assert WorkItem.objects.get(job="marketplaces.replay_flow").kwargs == {"resource": "orders"}


def test_it_draws_the_time_that_was_read_and_what_is_missing(shop):  # noqa: F811
    span = (NOON - timedelta(days=10), NOON - timedelta(days=5))
    flow(shop, covered=[span])
    Gap.objects.create(
        account=shop, resource="orders", kind="time", revealed_by="coverage", found_at=NOON,
        since=NOON - timedelta(days=5), until=NOON - timedelta(days=4),
    )  # fmt: skip
    first, parts = standing.coverage(standing.one(shop, "orders"))
    assert first == NOON - timedelta(days=10)
    assert [(part.kind, round(part.left, 3), round(part.width, 3)) for part in parts] == [
        ("read", 0.0, 50.0), ("open", 50.0, 10.0),
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["runs", "rejected", "gaps", "events", "traffic", "pages", "commands"])
def test_every_list_of_the_machine_room_keeps_its_budget(rejected, owner, within_budget, path):
    answer = within_budget("machine_room_list", lambda: owner.get(f"/sync/{path}/"))
    assert answer.status_code == 200


def test_it_finds_what_was_said_about_an_order(rejected, owner):
    page = owner.get("/sync/pages/?order=A-3").content.decode()
    assert page.count("data-href=") == 1
    assert owner.get("/sync/pages/?order=A-99").content.decode().count("data-href=") == 0


def test_it_gives_the_raw_page_back_as_it_came(rejected, owner):
    answer = owner.get(f"/sync/pages/{rejected.page_id}/file/")
    assert b'"pieces"' in b"".join(answer.streaming_content)
    assert answer["Content-Disposition"].startswith("attachment")
