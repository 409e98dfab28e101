from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from config.core import clock, runner, tenancy
from config.core.models import WorkItem
from config.tenants import services
from config.tenants.models import Domain, Tenant
from finance.models import AccountRule, Books
from tickets.models import Threshold
from tickets.rules.defaults import DEFAULTS

pytestmark = pytest.mark.django_db


def schemas():
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace")
        return {name for (name,) in cursor.fetchall()}


@pytest.fixture
def client(north):
    with tenancy.in_public():
        yield services.create("tulip", "Tulip", domain="tulip.localhost", reporting_currency="AED")


def test_it_makes_a_schema_and_a_host_name_for_a_new_client(client):
    assert "tulip" in schemas()
    assert Domain.objects.get(tenant=client).domain == "tulip.localhost"
    with tenancy.in_tenant("tulip"):
        assert tenancy.current() == "tulip"


def test_it_brings_defaults_that_came_later_to_a_client_that_exists_and_keeps_what_it_changed(client):
    first, second = sorted(DEFAULTS)[:2]
    with tenancy.in_tenant("tulip"):
        Threshold.objects.filter(detector=first).delete()
        Threshold.objects.filter(detector=second).update(severity="S4")
        AccountRule.objects.exclude(purpose="bank").delete()
        AccountRule.objects.update(code="1810")
        Books.objects.all().delete()
        for _ in range(2):
            services.bring_defaults()
        assert sorted(Threshold.objects.values_list("detector", flat=True)) == sorted(DEFAULTS)
        assert Threshold.objects.get(detector=second).severity == "S4"
        assert list(AccountRule.objects.values_list("purpose", "code")) == [("bank", "1810")]
        assert Books.objects.count() == 1


@pytest.mark.parametrize("key", ["Tulip", "1tulip", "tu lip", "north", "pg_tulip", ""])
def test_it_refuses_a_key_that_is_taken_or_not_a_schema_name(north, key):
    with tenancy.in_public(), pytest.raises(ValidationError):
        services.create(key, "Tulip", domain="tulip.localhost")
    assert Tenant.objects.filter(name="Tulip").count() == 0


def test_it_refuses_a_host_name_that_leads_to_another_client(north):
    with tenancy.in_public(), pytest.raises(ValidationError, match="leads to another client"):
        services.create("tulip", "Tulip", domain="north.localhost")


def test_it_lets_nobody_work_for_a_suspended_client_until_it_is_resumed(client):
    services.suspend(client, reason="unpaid")
    with pytest.raises(tenancy.MissingTenant, match="suspended"), tenancy.in_tenant("tulip"):
        pass
    assert "tulip" not in [t.schema_name for t in tenancy.every_tenant()]
    services.resume(client)
    with tenancy.in_tenant("tulip"):
        assert tenancy.current() == "tulip"


@pytest.mark.django_db(transaction=True)
def test_it_drops_the_data_of_a_removed_client_only_after_the_time_of_grace(client):
    services.remove(client, reason="left")
    assert services.purge_removed() == {"dropped": 0}
    assert "tulip" in schemas()
    with clock.frozen(clock.now() + timedelta(days=31)):
        assert services.purge_removed() == {"dropped": 1}
    assert "tulip" not in schemas()


def test_it_raises_when_no_client_is_named():
    with tenancy.in_public(), pytest.raises(tenancy.MissingTenant):
        tenancy.current()


@pytest.mark.parametrize("schema", ["public", "", "nobody", "north; DROP SCHEMA north"])
def test_it_refuses_to_enter_what_is_no_client(north, schema):
    with pytest.raises(tenancy.MissingTenant), tenancy.in_tenant(schema):
        pass
    assert connection.schema_name == "north"


def test_it_returns_to_the_former_client_after_a_visit(north, south):
    with tenancy.in_tenant("south"):
        assert tenancy.key("lock", 1) == "south:lock:1"
    assert tenancy.key("lock", 1) == "north:lock:1"


WANTED = services.Order(
    key="tulip", name="Tulip", domain="tulip.localhost", owner="ada", password="a long good one",
    reporting_currency="AED",
)  # fmt: skip


def ordered():
    with tenancy.in_public():
        tenant = services.order(WANTED)
        return tenant, WorkItem.objects.get(job="tenants.build")


def test_it_sets_up_an_ordered_client_in_the_background_and_refuses_its_people_until_then(north):
    tenant, item = ordered()
    at_tulip = Client(headers={"host": "tulip.localhost"})
    assert at_tulip.get("/").status_code == 403
    assert "Tulip is being set up" in at_tulip.get("/").content.decode()
    assert "tulip" not in [each.schema_name for each in tenancy.every_tenant()]
    assert runner.run("public", item.pk) == "ok"
    tenant.refresh_from_db()
    assert (tenant.status, tenant.reporting_currency) == ("active", "AED")
    with tenancy.in_tenant("tulip"):
        owner = get_user_model().objects.get()
        assert (owner.username, owner.check_password("a long good one"), owner.is_staff) == ("ada", True, True)
        assert [group.name for group in owner.groups.all()] == ["owner"]
    with tenancy.in_tenant("tulip"):
        assert Threshold.objects.count() == len(DEFAULTS)
    with tenancy.in_public():
        assert services.build(**item.kwargs) == {"skipped": 1}


def test_the_password_of_an_ordered_client_is_never_stored_in_the_open(north):
    _, item = ordered()
    assert "a long good one" not in str(item.kwargs)
    assert "pbkdf2" not in str(item.kwargs)


def test_a_client_that_is_being_set_up_cannot_be_moved(north):
    tenant, _ = ordered()
    for act in (services.suspend, services.remove):
        with pytest.raises(ValidationError, match="is being set up"):
            act(tenant, reason="changed our mind")
    with pytest.raises(ValidationError, match="is being set up"):
        services.resume(tenant)
    assert Tenant.objects.get(pk=tenant.pk).status == "creating"
