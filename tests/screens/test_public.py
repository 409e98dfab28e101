"""The installation's own host: where clients sign in, and what operators do with clients."""

import pytest
from django.contrib.auth import get_user_model
from django.test.client import Client

from config.core import tenancy
from config.core.models import WorkItem
from config.tenants import services
from config.tenants.models import Domain, Tenant

pytestmark = pytest.mark.django_db
CLIENTS = "/admin/tenants/tenant/"


@pytest.fixture
def operator(north, south):
    browser = Client(headers={"host": "localhost"})
    with tenancy.in_public():
        browser.force_login(get_user_model().objects.create_superuser("operator"))
        yield browser


def chosen(tenant, action, **more):
    return {"action": action, "_selected_action": [tenant.pk], **more}


def test_it_tells_a_stranger_of_no_client(north):
    answer = Client(headers={"host": "localhost:8000"}).get("/")
    assert (answer.status_code, answer.context["clients"], north.name in answer.content.decode()) == (200, [], False)


def test_it_leads_to_each_active_client_in_the_demo(north, settings):
    settings.SIMULATED = True
    answer = Client(headers={"host": "localhost:8000"}).get("/")
    assert north in [tenant for tenant, _ in answer.context["clients"]]


def test_it_leads_an_operator_to_each_active_client_on_the_same_port(operator, south):
    services.suspend(south, reason="unpaid")
    answer = operator.get("/", headers={"host": "localhost:8000"})
    assert [(tenant.schema_name, address) for tenant, address in answer.context["clients"]] == [
        ("north", "http://north.localhost:8000/")
    ]


def test_it_refuses_the_people_of_a_suspended_client_with_the_reason(north, at_north):
    services.suspend(north, reason="unpaid since May")
    answer = at_north.get("/")
    assert answer.status_code == 403
    assert "unpaid since May" in answer.content.decode()


def test_an_operator_suspends_and_resumes_a_client(operator, north):
    operator.post(CLIENTS, chosen(north, "suspend", reason="unpaid"))
    north.refresh_from_db()
    assert (north.status, north.status_reason) == ("suspended", "unpaid")
    operator.post(CLIENTS, chosen(north, "resume"))
    north.refresh_from_db()
    assert (north.status, north.status_reason) == ("active", "")


def test_nothing_is_suspended_or_removed_without_a_reason(operator, north):
    for action in ("suspend", "remove"):
        operator.post(CLIENTS, chosen(north, action, reason=" "))
    north.refresh_from_db()
    assert north.status == "active"


def test_an_operator_removes_a_client_with_thirty_days_of_grace(operator, north, noon):
    operator.post(CLIENTS, chosen(north, "remove", reason="left us"))
    north.refresh_from_db()
    assert (north.status, (north.remove_after - noon).days) == ("removing", 30)


def test_nobody_deletes_a_client_at_once(operator, north):
    assert operator.post(f"{CLIENTS}{north.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Tenant.objects.filter(pk=north.pk).exists()


def test_it_refuses_a_client_whose_host_is_taken_or_whose_password_is_weak(operator):
    given = {"schema_name": "west", "name": "West", "reporting_currency": "EUR", "owner": "ada"}
    taken = operator.post(f"{CLIENTS}add/", {**given, "domain": "north.localhost", "password": "a long good one"})
    weak = operator.post(f"{CLIENTS}add/", {**given, "domain": "west.localhost", "password": "12345678"})
    assert list(taken.context["adminform"].form.errors) == ["domain"]
    assert list(weak.context["adminform"].form.errors) == ["password"]
    assert not Domain.objects.filter(domain="west.localhost").exists()


def test_an_operator_orders_a_client_and_sees_that_it_is_being_set_up(operator):
    given = {"schema_name": "west", "name": "West", "reporting_currency": "EUR", "owner": "ada"}
    form = {**given, "domain": "west.localhost", "password": "a long good one"}
    said = operator.post(f"{CLIENTS}add/", form, follow=True).content.decode()
    assert "West is being set up; its people can sign in within a minute or two." in said
    assert "being set up</" in operator.get(CLIENTS).content.decode().replace("\n", "")
    assert Tenant.objects.get(schema_name="west").status == "creating"
    with tenancy.in_public():
        assert WorkItem.objects.filter(job="tenants.build", state="ready").count() == 1


def test_a_client_does_not_see_the_list_of_clients(north, at_north):
    at_north.force_login(get_user_model().objects.create_superuser("boss"))
    assert at_north.get(CLIENTS).status_code in (403, 404)
