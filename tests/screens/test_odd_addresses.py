"""What no link of ours says is answered all the same: by the nearest page, or by a refusal."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("number", ["²", "9" * 40, "0", "-1", "", "two"])
def test_it_shows_a_page_of_a_list_whatever_number_is_asked_for(sign_in, number):
    assert sign_in().get("/orders/", {"page": number}).status_code == 200


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-02-30"])
def test_it_shows_margins_of_some_days_whatever_days_are_asked_for(sign_in, day):
    assert sign_in().get("/money/margins/", {"until": day}).status_code == 200


@pytest.mark.parametrize("address", ["/sales/?store=%00", "/money/rates/?currency=a%00b", "/products/A%00B/"])
def test_it_refuses_an_address_that_no_text_of_ours_can_hold(sign_in, address):
    assert sign_in().get(address).status_code == 400


def test_it_refuses_a_form_that_no_text_of_ours_can_hold(sign_in):
    answer = sign_in().post("/stock/allocation/", {"action": "set", "kind": "buffer", "value": "1", "note": "a\0b"})
    assert answer.status_code == 400
