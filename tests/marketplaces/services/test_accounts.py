from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from config.core import clock, runner, work
from config.core.errors import NeedsOperator, RateLimited, Transient
from config.core.jobs import JOBS, Job, Scope
from config.core.models import JobRun, WorkItem
from marketplaces import registry, signals
from marketplaces.contract import CredentialField
from marketplaces.models import Account, Credential, SyncState
from marketplaces.services import accounts, connections, flows
from tests.factories import NOON
from tests.marketplaces import stall

pytestmark = pytest.mark.django_db
PULL = Job(
    key="pull.stall.orders", call="marketplaces.tasks.pull", why="read orders", scope=Scope.ACCOUNT,
    kwargs={"resource": "orders"}, selects={"marketplace": "stall", "resource": "orders"}, max_attempts=2,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _pulls_of_the_stall_are_jobs(remote, monkeypatch):
    known = dict(JOBS._items)
    for resource in stall.ADAPTER.resources:
        key = f"pull.stall.{resource.key}"
        known[key] = PULL if key == PULL.key else Job(key=key, call=PULL.call, why="read")
    monkeypatch.setattr(JOBS, "_items", known)


@pytest.mark.parametrize("path", ["@inside.example/token", "//inside.example/", 7, ["/token"]])
def test_a_setting_that_becomes_an_address_is_refused_when_it_leads_elsewhere(north, remote, path, monkeypatch):
    field = CredentialField("token_path", "Token path", is_secret=False, is_required=False, pattern=r"/[\w.-][\w./-]*")
    monkeypatch.setitem(registry._ADAPTERS._items, "stall", replace(stall.ADAPTER, settings=(field,)))
    with pytest.raises(ValidationError, match="this cannot be: Token path"):
        accounts.connect(given(settings={"token_path": path}))
    assert not Account.objects.filter(key="new").exists()
    accounts.check(given(settings={"token_path": "/oauth2/token"}))
    accounts.check(given())


@pytest.fixture
def paused():
    heard = []

    def receive(sender, **facts):
        heard.append(facts["account_id"])

    signals.account_paused.connect(receive)
    yield heard
    signals.account_paused.disconnect(receive)


def given(**changes):
    values = {"key": "new", "marketplace": "stall", "stores": ["NL"], "credentials": {"token": "t0p-secret"}}
    return accounts.Connection(**{**values, **changes})


def pull(account):
    item = work.enqueue(PULL, account_id=account.pk, kwargs={})
    return runner.run(connection.schema_name, item)


def test_connecting_stores_the_secret_encrypted_and_asks_for_every_resource(north, at_noon):
    account = accounts.connect(given())
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM marketplaces_credential WHERE account_id = %s", [account.pk])
        assert "t0p-secret" not in str(cursor.fetchone()[0])
    assert connections.facts(account).credentials == {"token": "t0p-secret"}
    jobs = WorkItem.objects.order_by("job").values_list("job", flat=True)
    assert list(jobs) == ["pull.stall.orders", "pull.stall.returns", "pull.stall.settlements", "pull.stall.stock"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"marketplace": "nowhere"}, "no adapter is called 'nowhere'"),
        ({"stores": ["XX"]}, "unknown storefronts: XX"),
        ({"credentials": {}}, "Token is needed"),
        ({"credentials": {"token": "a", "pin": "b"}}, "has no credential 'pin'"),
    ],
)
def test_connecting_names_what_is_wrong_and_stores_nothing(north, at_noon, changes, message):
    with pytest.raises(ValidationError, match=message):
        accounts.connect(given(**changes))
    assert not Account.objects.exists()


def test_a_secret_never_shows_in_what_is_printed(shop):
    assert "t0p-secret" not in repr(connections.facts(shop)) + repr(given())


def test_a_probe_is_one_real_read(shop, remote):
    assert accounts.probe(shop) == "the stall of shop"
    assert remote.asked == ["probe"]


def test_only_active_accounts_with_a_running_flow_are_targets(shop, remote):
    other = accounts.connect(given())
    assert [target.account_id for target in flows.targets(PULL)] == [shop.pk, other.pk]
    flows.pause(shop, "orders", reason="being checked")
    accounts.pause(other, reason="holiday")
    assert list(flows.targets(PULL)) == []
    flows.resume(shop, "orders")
    assert [target.account_id for target in flows.targets(PULL)] == [shop.pk]


def test_refused_credentials_pause_the_account_with_the_reason_and_announce_it_once(
    shop, remote, paused, django_capture_on_commit_callbacks
):
    remote.errors = [NeedsOperator("the token was revoked; connect the account again", code="revoked")]
    with django_capture_on_commit_callbacks(execute=True):
        assert pull(shop) == "paused"
    shop.refresh_from_db()
    assert (shop.status, shop.status_code) == ("broken", "revoked")
    assert shop.status_reason == "the token was revoked; connect the account again"
    assert paused == [shop.pk]
    flow = SyncState.objects.get(account=shop, resource="orders")
    assert (flow.failures_in_a_row, flow.last_code) == (1, "revoked")


def test_new_credentials_resume_a_broken_account_and_catch_up(shop, remote):
    accounts.pause(shop, reason="revoked", code="revoked", status="broken")
    accounts.rotate(shop, {"token": "n3w-secret"}, expire_on=date(2027, 1, 1))
    shop.refresh_from_db()
    assert (shop.status, shop.status_reason, shop.credentials_expire_on) == ("active", "", date(2027, 1, 1))
    assert Credential.objects.get().value == "n3w-secret"
    assert WorkItem.objects.count() == 4


def test_a_pause_with_an_end_is_over_by_itself(shop):
    accounts.pause(shop, reason="holiday", until=NOON + timedelta(hours=1))
    assert accounts.resume_due() == {"resumed": 0}
    with clock.frozen(NOON + timedelta(hours=1)):
        assert accounts.resume_due() == {"resumed": 1}
    shop.refresh_from_db()
    assert shop.status == "active"


def test_a_storm_of_throttling_frees_the_worker_and_uses_up_no_attempt(shop, remote):
    for minute in range(10):
        until = NOON + timedelta(minutes=minute + 1)
        remote.errors = [RateLimited("slow down", until=until)]
        with clock.frozen(NOON + timedelta(minutes=minute)):
            item = WorkItem.objects.filter(job=PULL.key).first()
            outcome = runner.run(connection.schema_name, item.pk) if item else pull(shop)
        item = WorkItem.objects.get(job=PULL.key)
        assert (outcome, item.state, item.attempts, item.due_at) == ("retry", "ready", 0, until)
    with clock.frozen(NOON + timedelta(minutes=10)):
        assert runner.run(connection.schema_name, item.pk) == "ok"
    assert not SyncState.objects.filter(failures_in_a_row__gt=0).exists()


def test_failures_are_counted_and_announced_when_they_do_not_heal(shop, remote, django_capture_on_commit_callbacks):
    heard = []

    def receive(sender, **facts):
        heard.append((facts["resource"], facts["code"], facts["message"]))

    signals.flow_failed.connect(receive)
    remote.errors = [Transient("the marketplace is down"), Transient("the marketplace is down")]
    with django_capture_on_commit_callbacks(execute=True):
        assert pull(shop) == "retry"
        assert heard == []
        item = WorkItem.objects.get(job=PULL.key)
        with clock.frozen(NOON + timedelta(hours=1)):
            assert runner.run(connection.schema_name, item.pk) == "failed"
    signals.flow_failed.disconnect(receive)
    assert heard == [("orders", "transient", "the marketplace is down")]
    assert SyncState.objects.get(resource="orders").failures_in_a_row == 2
    assert list(JobRun.objects.order_by("pk").values_list("outcome", flat=True)) == ["retry", "failed"]


def test_credentials_that_expire_within_thirty_days_are_announced(shop, django_capture_on_commit_callbacks):
    heard = []

    def receive(sender, **facts):
        heard.append(facts["account_id"])

    signals.credentials_expiring.connect(receive)
    with django_capture_on_commit_callbacks(execute=True):
        for days in (31, 30):
            shop.credentials_expire_on = (NOON + timedelta(days=days)).date()
            shop.save()
            accounts.check_expiry()
    signals.credentials_expiring.disconnect(receive)
    assert heard == [shop.pk]
