"""Closing a month on the screens and over the API, by people with and without the right."""

from __future__ import annotations

import base64
import json
from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

from config.api import tokens
from config.api.models import Scope
from config.core.permissions import Role
from finance.models import AccountMonth, AccountRule, Books, Certificate, IdentityCheck, JournalExport
from finance.selectors import bridges, months
from finance.services import journals as booking
from inventory.models import Order
from tests.finance.test_month_close import SEPTEMBER, ready  # noqa: F401 - a month that can be closed
from tests.finance.test_worked_examples import story, tell  # noqa: F401 - the fixture of the worked statement

pytestmark = pytest.mark.django_db
ADDRESS = "/money/months/shop/2026/9/"


@pytest.fixture
def person(north):
    def signed_in(name: str, role: Role = Role.FINANCE) -> Client:
        user = get_user_model().objects.create_user(name, is_staff=True)
        user.groups.add(Group.objects.get_or_create(name=role.value)[0])
        client = Client(headers={"host": "north.localhost"})
        client.force_login(user)
        return client

    return signed_in


def said(answer) -> str:
    return " ".join(str(message) for message in answer.context["messages"])


def test_it_closes_a_month_on_the_screens(ready, person):  # noqa: F811
    ann, bob = person("ann"), person("bob", Role.OWNER)
    page = ann.get(ADDRESS).content.decode()
    assert "Every check passed" in page
    assert "From the books to the bank" in page
    assert "Prepared" in said(ann.post(ADDRESS, {"action": "prepare"}, follow=True))
    assert "another person must lock it" in said(ann.post(ADDRESS, {"action": "lock"}, follow=True))
    assert "Locked and certified" in said(bob.post(ADDRESS, {"action": "lock"}, follow=True))
    certificate = bob.get(f"{ADDRESS}certificate/").content.decode()
    assert "approved by <b>bob</b>" in certificate
    archive = b"".join(bob.get(f"{ADDRESS}certificate.zip").streaming_content)
    assert archive.startswith(b"PK")
    told = bob.get(f"/api/v1/certificates/archive/?id={Certificate.objects.get().pk}").json()
    assert (base64.b64decode(told["base64"]), told["size"], told["next"]) == (archive, len(archive), None)
    rest = bob.get(f"/api/v1/certificates/archive/?id={Certificate.objects.get().pk}&offset=10").json()
    assert base64.b64decode(rest["base64"]) == archive[10:]
    assert json.loads(bob.get(f"{ADDRESS}certificate/?format=json").content)["month"] == "2026-09"
    assert "locked" in bob.get("/money/months/").content.decode()


def test_it_accepts_and_exports_on_the_screens(ready, person):  # noqa: F811
    ann = person("ann")
    ready.checks.filter(number=1).update(passed=False)
    assert "say why" in said(ann.post(ADDRESS, {"action": "accept", "key": "identities", "reason": ""}, follow=True))
    ann.post(ADDRESS, {"action": "accept", "key": "identities", "reason": "seen"})
    assert "accepted by ann" in ann.get(ADDRESS).content.decode()
    assert "is ready below" in said(ann.post(ADDRESS, {"action": "export", "format": "quickbooks"}, follow=True))
    assert "consultant and client" in said(ann.post(ADDRESS, {"action": "export", "format": "datev"}, follow=True))
    made = JournalExport.objects.get(format="quickbooks")
    assert ann.get(f"/money/exports/{made.pk}/").content.startswith(b"Journal No,")


def test_it_refuses_viewers(ready, person):  # noqa: F811
    viewer = person("eve", Role.VIEWER)
    assert viewer.get(ADDRESS).status_code == 200
    for action in ("book", "export", "accept", "prepare", "withdraw", "lock"):
        assert viewer.post(ADDRESS, {"action": action}).status_code == 403
    assert viewer.post("/money/ledger/", {"action": "rule"}).status_code == 403


@pytest.mark.parametrize(
    "address",
    ["months/nobody/2026/9/", "months/shop/2026/13/", "months/shop/1/1/", "months/shop/2026/9/certificate/",
     "journals/999/", "exports/9/"],
)  # fmt: skip
def test_it_knows_no_such_page(account, person, address):
    assert person("ann").get(f"/money/{address}").status_code == 404


def test_it_edits_the_account_map_and_books_again(tell, person):  # noqa: F811
    settlement = tell(story())
    booking.book([settlement.pk])
    ann = person("ann")
    rule = AccountRule.objects.get(purpose="storage")
    given = {"action": "rule", "pk": rule.pk, "code": "4281", "name": "Lager"}
    assert "storage goes to 4281" in said(ann.post("/money/ledger/", given, follow=True))
    assert not IdentityCheck.objects.filter(number=8).exists()
    booking.book_open()
    page = ann.get(f"/money/journals/{settlement.journals.get().pk}/").content.decode()
    assert ("4281" in page, "Lager" in page) == (True, True)
    twice = {"action": "rule", "purpose": "storage", "code": "1"}
    assert "already exists" in said(ann.post("/money/ledger/", twice, follow=True)) or "violated" in said(
        ann.post("/money/ledger/", twice, follow=True)
    )
    ann.post(
        "/money/ledger/", {"action": "books", "home_country": "de", "datev_consultant": "29098", "datev_client": ""}
    )
    assert list(Books.objects.values_list("home_country", "datev_consultant", "datev_client")) == [("DE", 29098, None)]


def test_it_shows_every_account_on_the_board_with_few_queries(ready, django_assert_max_num_queries):  # noqa: F811
    with django_assert_max_num_queries(3):
        rows = months.board(months.recent_months())
    cell = next(cell for cell in rows[0].cells if cell.month == SEPTEMBER)
    assert (cell.state, cell.statements, cell.unexplained, cell.tone) == ("open", 1, 0, "plain")


def test_it_closes_a_month_over_the_api(ready, person):  # noqa: F811
    _, text = tokens.issue("robot", Scope.values)
    robot = Client(headers={"host": "north.localhost", "authorization": f"Bearer {text}"})
    about = {"account": "shop", "month": "2026-09-10"}
    told = robot.get("/api/v1/account-months/checklist/", about).json()
    assert {row["key"]: row["passed"] for row in told["checks"]}["booked"] is True
    assert [(b["title"], b["rest"]) for b in told["bridges"]] == [
        ("From the portal to the books", "0.0000"), ("From the books to the bank", "0.0000"),
    ]  # fmt: skip

    def post(client, action, **more):
        return client.post(f"/api/v1/account-months/{action}/", {**about, **more}, content_type="application/json")

    made = post(robot, "export", format="generic").json()
    file = robot.get("/api/v1/journal-exports/file/", {"id": made["id"]}).json()
    assert base64.b64decode(file["base64"]).startswith(b"\xef\xbb\xbfaccount,document,row")
    assert post(robot, "book").json() == {"blocked": {}}
    post(robot, "export", format="generic")
    assert post(robot, "prepare").json()["state"] == "closing"
    assert post(robot, "lock").status_code == 403
    assert AccountMonth.objects.get().state == "closing"
    row = robot.post(
        "/api/v1/account-rules/put/", {"purpose": "fx", "code": "2151", "currency": "usd"}, content_type="application/json"
    ).json()  # fmt: skip
    assert (row["code"], row["currency"]) == ("2151", "USD")


def test_it_bridges_the_portal_to_the_books_with_nothing_left_over(tell, account):  # noqa: F811
    settlement = tell(story())
    Order.objects.update(ordered_at="2026-09-05T10:00:00Z", business_on=date(2026, 9, 5))
    extra = Order.objects.get(external_id="O-B")
    lines = list(extra.lines.all())
    Order.objects.filter(external_id="O-A").update(ordered_at="2026-08-31T22:30:00Z", business_on=date(2026, 9, 1))
    extra.pk, extra.external_id = None, "O-C"
    extra.save()
    for line in lines:
        line.pk, line.order, line.order_ref, line.quantity_shipped = None, extra, "O-C", 0
        line.save()
    booking.book([settlement.pk])
    (bridge,) = [each for each in bridges.of_month(account, SEPTEMBER) if each.title.startswith("From the portal")]
    steps = {title: amount for title, amount in bridge.steps if amount}
    assert steps == {
        "Orders of the month by the marketplace's clock (UTC)": Decimal("39.80"),
        "zone: orders of another day where the account is": Decimal("53.89"),
        "pending: not shipped yet": Decimal("-19.90"),
    }
    assert (bridge.end, bridge.rest) == (Decimal("73.79"), Decimal("0"))
