"""The screens and the API where people decide: they do the same, through the same services."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from rest_framework.test import APIClient

from finance.models import Claim, Discrepancy, HumanMatch, Match, Settlement, SettlementLine, SettlementState
from finance.services import hand_matches
from marketplaces.canonical import LineClass as C
from tests.finance.conftest import line
from tests.finance.test_decisions import A, land, lost, short, sold, where

pytestmark = pytest.mark.django_db
__all__ = ["sold"]


@pytest.fixture
def person(django_user_model):
    user = django_user_model.objects.create_user("fin", password="fin")
    user.groups.add(Group.objects.get_or_create(name="finance")[0])
    return user


@pytest.fixture
def desk(at_north, person):
    at_north.force_login(person)
    return at_north


@pytest.fixture
def api(person) -> APIClient:
    client = APIClient(headers={"host": "north.localhost"})
    client.force_authenticate(person)
    return client


def test_it_matches_a_row_by_hand_and_takes_it_back(sold, account, desk):
    land(account, lost())
    page = reverse("finance:line", args=[SettlementLine.objects.get().pk])
    assert b"Match it by hand" in desk.get(page).content
    desk.post(page, {"action": "propose", "order_line": "", "reason": "a gift"})
    assert where() == (8, None, "account")
    made = HumanMatch.objects.get()
    desk.post(page, {"action": "reverse", "decision": made.pk, "reason": "no gift"})
    assert where()[0] == 7


def test_it_opens_submits_and_packs_a_claim(sold, account, desk):
    found = short(account)
    desk.post(reverse("finance:discrepancy", args=[found.pk]), {"action": "claim"})
    claim = Claim.objects.get()
    page = reverse("finance:claim", args=[claim.pk])
    assert b"1.50" in desk.get(page).content
    desk.post(page, {"action": "submit", "reference": "CASE-9"})
    packed = zipfile.ZipFile(io.BytesIO(desk.get(reverse("finance:claim_pack", args=[claim.pk])).content))
    assert json.loads(packed.read("evidence.json"))["asked"] == "1.5000"
    assert b"S-1,1,principal,18.5000,EUR" in packed.read("rows.csv")
    assert b"CASE-9" in desk.get(reverse("finance:claims")).content


def test_it_approves_a_statement_on_its_page_and_over_the_api(account, desk, api):
    statement = land(account, line(1, C.STORAGE, "-1"))
    desk.post(reverse("finance:statement", args=[statement.pk]), {"action": "approve", "note": "fine"})
    assert Settlement.objects.get().state == SettlementState.APPROVED
    base = f"/api/v1/settlements/{statement.pk}"
    assert api.post(f"{base}/withdraw/", {"reason": "wait"}, format="json").json()["state"] == "matched"
    assert api.post(f"{base}/approve/", {}, format="json").json()["approved_by"] == "fin"
    assert api.post(f"{base}/payout/", {"state": "received"}, format="json").json()["payout_state"] == "received"


def test_it_decides_over_the_api_as_on_the_screens(sold, account, api):
    land(account, lost(), line(2, C.PRINCIPAL, "18.50", quantity=1, **A))
    row = SettlementLine.objects.get(row_no=1)
    given = {"settlement_line": row.pk, "order_line": None, "reason": "a gift"}
    made = api.post("/api/v1/human-matches/propose/", given, format="json").json()
    assert (made["state"], Match.objects.get(settlement_line=row).layer) == ("approved", 8)
    found = Discrepancy.objects.get(kind="short_paid")
    claim = api.post("/api/v1/claims/open/", {"discrepancy": found.pk}, format="json").json()
    assert claim["asked"] == {"amount": "1.50", "currency": "EUR"}
    told = api.get("/api/v1/claims/pack/", {"id": claim["id"]}).json()
    packed = zipfile.ZipFile(io.BytesIO(base64.b64decode(told["base64"])))
    assert json.loads(packed.read("evidence.json"))["asked"] == "1.5000"
    off = api.post("/api/v1/write-offs/propose/", {"discrepancy": found.pk, "reason": "small"}, format="json").json()
    assert off["state"] == "proposed"
    refused = api.post(f"/api/v1/write-offs/{off['id']}/approve/", {}, format="json")
    assert (refused.status_code, "second person" in refused.content.decode()) == (422, True)
    told = {row["state"]: row for row in api.get("/api/v1/order-line-money/").json()["results"]}
    assert told["settled_with_variance"]["variance"] == {"amount": "-1.50", "currency": "EUR"}
    assert hand_matches.of_line(row)[0].amount == Decimal(7)
