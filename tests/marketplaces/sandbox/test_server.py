import gzip
import json
from datetime import timedelta
from decimal import Decimal

import pytest

from marketplaces.contract import Limit
from marketplaces.sandbox.facts import Answer, Request
from marketplaces.sandbox.limiter import Buckets
from marketplaces.sandbox.server import Sandbox
from marketplaces.sandbox.troubles import Troubles, UnknownScenario
from tests.marketplaces.sandbox.conftest import TODAY

PACKED = Answer(200, gzip.compress(b"a,b\n" * 100), "text/csv")


@pytest.fixture
def sandbox(world, overlay):
    return Sandbox({"north": world}, overlay, now=lambda: TODAY)


@pytest.fixture
def troubles(overlay):
    return Troubles(overlay, "north/wide")


def ask(sandbox, method, path, body=None):
    request = Request(method=method, path=path, params={}, headers={}, body=json.dumps(body).encode() if body else b"")
    answer = sandbox.answer(request)
    return answer.status, json.loads(answer.body)


def test_it_says_that_it_is_well_and_what_time_it_is(sandbox):
    assert ask(sandbox, "GET", "/_health") == (200, {"ok": True, "now": TODAY.isoformat()})


def test_it_tells_the_truth_of_a_client(sandbox, world):
    status, told = ask(sandbox, "GET", "/_truth/north")
    assert (status, told["client"]) == (200, "north")
    count = sum(story.placed_at <= TODAY for story in world.stories_of_days("lira", 0, 90))
    assert told["accounts"]["lira"]["orders"] == len(told["accounts"]["lira"]["order_serials"]) == count
    assert {fault["kind"] for fault in told["faults"]} >= {"missing_line", "token_revoked"}


def test_it_knows_no_account_that_nobody_declared(sandbox):
    assert ask(sandbox, "GET", "/north/nobody/orders") == (404, {"error": "no simulated account north/nobody"})
    assert ask(sandbox, "GET", "/_truth/nobody")[0] == 404


def test_it_switches_a_trouble_on_and_off(sandbox, overlay):
    wanted = {"client": "north", "account": "wide", "name": "token_revoked"}
    assert ask(sandbox, "POST", "/_scenarios", wanted) == (200, {"on": "token_revoked"})
    assert overlay.get("north/wide", "_scenarios", "token_revoked") == {}
    assert ask(sandbox, "DELETE", "/_scenarios", wanted) == (200, {"off": "token_revoked"})
    assert overlay.get("north/wide", "_scenarios", "token_revoked") is None


def test_it_refuses_a_trouble_that_it_does_not_know(sandbox, troubles):
    assert ask(sandbox, "POST", "/_scenarios", {"client": "north", "account": "wide", "name": "flood"})[0] == 400
    with pytest.raises(UnknownScenario, match="flood"):
        troubles.switch_on("flood", {})


def test_it_spoils_as_many_answers_as_it_was_told(troubles):
    troubles.switch_on("html_error", {"count": 2})
    media = [troubles.bend(Answer(200, b"{}"), "orders").media_type for _ in range(3)]
    assert media == ["text/html", "text/html", "application/json"]


def test_it_spoils_only_the_operation_that_was_named(troubles):
    troubles.switch_on("html_error", {"operation": "stock"})
    assert troubles.bend(Answer(200, b"{}"), "orders").body == b"{}"
    assert troubles.bend(Answer(200, b"{}"), "stock").media_type == "text/html"


def test_it_cuts_a_packed_answer_short(troubles):
    troubles.switch_on("truncated_gzip", {})
    cut = troubles.bend(PACKED, "download").body
    with pytest.raises(EOFError):
        gzip.decompress(cut)
    assert troubles.bend(Answer(200, b"{}"), "orders").body == b"{}"


def test_it_sends_plain_text_where_a_packed_answer_was_promised(troubles):
    troubles.switch_on("plain_gzip", {})
    assert troubles.bend(PACKED, "download").body == b"a,b\n" * 100


def test_it_grants_a_burst_and_then_one_call_per_interval():
    buckets, limit = Buckets(), Limit(rate=Decimal("0.5"), burst=3)
    waits = [buckets.take(("a",), limit, TODAY) for _ in range(4)]
    assert waits == [0, 0, 0, 2]
    assert buckets.take(("a",), limit, TODAY + timedelta(seconds=1)) == 1
    assert buckets.take(("a",), limit, TODAY + timedelta(seconds=2)) == 0
    assert buckets.take(("b",), limit, TODAY) == 0
