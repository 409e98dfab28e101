"""The screen of carriers: a contract is entered, tested and changed, and no secret ever comes out again."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.messages import get_messages
from django.db import connection

from config.core.permissions import Role
from inventory.carriers import registry
from inventory.models import CarrierAccount
from inventory.services import carriers

pytestmark = pytest.mark.django_db
DHL = registry.get("dhl")
SECRETS = {f"secret:{name}": value for name, value in DHL.sandbox_credentials.items()}
SETTINGS = {f"setting:{name}": value for name, value in DHL.sandbox_settings.items()}


@pytest.fixture
def signed_in(at_north):
    def sign_in(role=Role.OWNER):
        user = get_user_model().objects.create_user(role.value, password="x", is_staff=True)
        user.groups.add(Group.objects.get_or_create(name=role.value)[0])
        at_north.force_login(user)
        return at_north

    return sign_in


def press(browser, action, **values):
    answer = browser.post("/carriers/", {"action": action, **values})
    return [str(each) for each in get_messages(answer.wsgi_request)][-1:]


def test_a_contract_is_entered_and_tested_and_its_secrets_are_sealed(signed_in, depot):
    owner = signed_in()
    assert press(owner, "connect", carrier="dhl", key="dhl", label="DHL Kassel", **SECRETS, **SETTINGS) == [
        "DHL Kassel is entered; test the connection before the first label"
    ]
    CarrierAccount.objects.update(endpoint=depot.url)
    assert press(owner, "test", contract="dhl") == ["DHL Kassel answers: Parcel DE Shipping 2.1.13"]
    page = owner.get("/carriers/").content.decode()
    assert "33333333330102" in page
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(secret::text, ' ') FROM inventory_carriersecret secret")
        stored = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(encode(request_body, 'escape') || url, ' ') FROM inventory_carriercall")
        said = cursor.fetchone()[0]
    for name in ("api_secret", "password", "tracking_password"):
        for place in (page, stored, said):
            assert DHL.sandbox_credentials[name] not in place, name


def test_a_wrong_password_is_said_and_a_new_one_replaces_it_alone(signed_in, depot):
    owner = signed_in()
    press(owner, "connect", carrier="dhl", key="dhl", **{**SECRETS, "secret:password": "wrong"}, **SETTINGS)
    CarrierAccount.objects.update(endpoint=depot.url)
    assert "refuses the login" in press(owner, "test", contract="dhl")[0]
    changed = {"contract": "dhl", "is_active": "on", **SETTINGS, "secret:password": SECRETS["secret:password"]}
    assert press(owner, "change", **changed) == ["dhl is kept; 1 secrets are exchanged"]
    assert carriers.probe(CarrierAccount.objects.get()) == "Parcel DE Shipping 2.1.13"


def test_what_is_missing_is_named_and_nothing_is_kept(signed_in, db):
    told = press(signed_in(), "connect", carrier="dhl", key="dhl", **SECRETS)
    assert "billing_V01PAK: Billing number of DHL Paket is needed" in told[0]
    assert not CarrierAccount.objects.exists()


def test_only_those_who_administer_see_contracts(signed_in, db):
    assert signed_in(Role.OPERATIONS).get("/carriers/").status_code == 403
