"""Several writes in one call: what holds for one write holds for each of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from config.core.errors import NeedsOperator, RateLimited, Rejected, Transient
from config.core.models import WorkItem
from config.core.transport import NOT_SENT
from marketplaces.contract import Outcome, OutcomeState
from marketplaces.models import Command, Traffic
from marketplaces.services import batches, connections, together
from marketplaces.services.together import Waiting
from tests.factories import NOON
from tests.marketplaces import stall

db = pytest.mark.django_db
ACCEPTED, REFUSED = Outcome(OutcomeState.ACCEPTED), Outcome(OutcomeState.REJECTED, "no such variation")
SKUS = ("A", "B", "C", "D", "E", "F")


@pytest.fixture
def acting(shop):
    shop.stage = "act"
    shop.save()
    return shop


def plan(account, *skus, price="5.00", field="price", **changes):
    """Writes to offers that were seen an hour ago."""
    seen = {"offer_seen_at": NOON - timedelta(hours=1), **changes}
    wanted = (
        batches.Planned(field=field, value=price, key=f"{sku}:{price}", sku=sku, external_id=sku, **seen)
        for sku in skus
    )
    return batches.plan(account, "b1", wanted)


def states():
    return {key.partition(":")[0]: state for key, state in Command.objects.order_by("key").values_list("key", "state")}


@db
def test_it_sends_as_many_writes_in_a_call_as_it_may_carry_and_a_second_run_sends_nothing(acting, remote):
    plan(acting, *SKUS)
    remote.outcomes = [ACCEPTED] * 6
    assert batches.send_planned(acting.pk) == {"accepted": 6}
    assert sorted(len(call.split()) - 1 for call in remote.asked) == [2, 4]
    assert sorted(key for call in remote.asked for key in call.split()[1:]) == [f"{sku}:5.00" for sku in SKUS]
    assert batches.send_planned(acting.pk) == {}
    assert len(remote.asked) == 2
    assert WorkItem.objects.filter(job="marketplaces.look_again").count() == 1


@db
def test_a_refused_row_refuses_that_write_alone(acting, remote):
    plan(acting, "A", "B", "C")
    remote.outcomes = [ACCEPTED, REFUSED, ACCEPTED]
    assert batches.send_planned(acting.pk) == {"accepted": 2, "rejected": 1}
    refused = Command.objects.get(state="rejected")
    assert (refused.reason, refused.next_check_at) == ("no such variation", None)


@db
def test_a_call_that_is_refused_as_a_whole_is_halved_until_the_row_that_spoils_it_stands_alone(acting, remote):
    made = plan(acting, "A", "B", "C", "D")
    (_, _, _, last) = sorted(made, key=made.__getitem__)
    no = Rejected("413 too many", code="http_413")
    remote.errors = [no, None, no, None, no]
    remote.outcomes = [ACCEPTED] * 4
    assert batches.send_planned(acting.pk) == {"accepted": 3, "rejected": 1}
    assert [len(call.split()) - 1 for call in remote.asked] == [4, 2, 2, 1, 1]
    assert Command.objects.get(state="rejected").key == last


@db
def test_a_call_without_an_answer_leaves_every_write_of_it_unknown_and_none_is_sent_again_blindly(acting, remote):
    plan(acting, "A", "B", "C")
    remote.errors = [Transient("broke off", code="unknown_outcome")]
    assert batches.send_planned(acting.pk) == {"unknown": 3}
    assert batches.send_planned(acting.pk) == {}
    assert len(remote.asked) == 1
    assert set(Command.objects.values_list("next_check_at", flat=True)) == {NOON}


@db
@pytest.mark.parametrize(
    "error",
    [
        RateLimited("too many calls", until=NOON + timedelta(minutes=1)),
        Transient("cannot be reached", code=NOT_SENT),
        NeedsOperator("enter the secret again"),
    ],
)
def test_a_call_that_did_not_leave_gives_every_write_of_it_back_and_those_of_the_other_half(acting, remote, error):
    plan(acting, "A", "B", "C", "D")
    remote.errors = [Rejected("413 too many"), None, error]
    remote.outcomes = [ACCEPTED, ACCEPTED]
    with pytest.raises(type(error)):
        batches.send_planned(acting.pk)
    assert sorted(states().values()) == ["accepted", "accepted", "planned", "planned"]
    back = Command.objects.filter(state="planned")
    assert set(back.values_list("sent_at", "next_check_at", "given_back", "reason")) == {(None, None, 0, str(error))}
    remote.errors = []
    remote.outcomes = [ACCEPTED, ACCEPTED]
    assert batches.send_planned(acting.pk) == {"accepted": 2}


@db
def test_a_worker_that_dies_in_the_call_leaves_its_writes_marked_as_sent_to_be_read_back(acting, remote, monkeypatch):
    plan(acting, "A", "B")

    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(together, "_sent", die)
    with pytest.raises(KeyboardInterrupt):
        batches.send_planned(acting.pk)
    assert set(Command.objects.values_list("state", "next_check_at")) == {("sent", NOON + timedelta(minutes=5))}
    monkeypatch.undo()
    assert batches.send_planned(acting.pk) == {}
    assert remote.asked == []


@db
def test_a_newer_wish_for_one_row_supersedes_that_row_alone(acting, remote):
    plan(acting, "A", "B", "C")
    calls = together.calls(acting)
    plan(acting, "B", price="9.00")
    Command.objects.filter(key="B:5.00").update(state="planned", reason="")
    remote.outcomes = [ACCEPTED, ACCEPTED]
    with connections.opened(acting, connections.Recorder(acting)) as client:
        counts = together.send(client, connections.Recorder(acting), calls[0])
    assert counts == {"skipped": 1, "accepted": 2}
    newer = Command.objects.get(key="B:9.00")
    assert (newer.state, Command.objects.get(key="B:5.00").reason) == ("planned", f"replaced by command {newer.pk}")


@db
def test_offers_that_nobody_saw_for_a_day_are_asked_for_when_what_is_ready_has_left(acting, remote):
    plan(acting, "A", "B", offer_seen_at=NOON - timedelta(hours=25))
    plan(acting, "C", "D")
    assert batches.send_planned(acting.pk) == {"confirmed": 4}
    assert [sorted(call.split()[1:]) for call in remote.asked] == [["C:5.00", "D:5.00"], ["A:5.00", "B:5.00"]]
    plan(acting, "E", "F", offer_seen_at=None)
    remote.has_no_offers = True
    assert batches.send_planned(acting.pk) == {"rejected": 2}
    assert len(remote.asked) == 2


@db
def test_offers_that_cannot_be_asked_for_now_keep_no_other_write_from_leaving(acting, remote, monkeypatch):
    plan(acting, "A", "B", "C", offer_seen_at=None)
    plan(acting, "D", "E")

    def silent(*_):
        raise Transient("broke off")

    monkeypatch.setattr(stall.StallClient, "offer", silent)
    with pytest.raises(Transient):
        batches.send_planned(acting.pk)
    assert [sorted(call.split()[1:]) for call in remote.asked] == [["D:5.00", "E:5.00"]]
    kept = Command.objects.filter(state="planned")
    assert sorted(kept.values_list("subject", "given_back")) == [("sku:A", 1), ("sku:B", 1), ("sku:C", 1)]


@db
def test_after_a_call_that_came_to_nothing_each_of_its_writes_goes_alone(acting, remote):
    plan(acting, "A", "B")
    Command.objects.update(state="parked")
    plan(acting, "A", "B", "C", "D", price="6.00")
    assert batches.send_planned(acting.pk) == {"confirmed": 4}
    assert sorted(sorted(call.split()[1:]) for call in remote.asked) == [["A:6.00"], ["B:6.00"], ["C:6.00", "D:6.00"]]


@db
def test_what_was_sent_together_is_read_back_after_one_look_ahead(acting, remote):
    plan(acting, "A", "B", "C")
    remote.outcomes = [ACCEPTED] * 3
    batches.send_planned(acting.pk)
    assert batches.look_again(acting.pk) == {"confirmed": 3}
    assert [sorted(keys) for keys in remote.ahead] == [["A:5.00", "B:5.00", "C:5.00"]]


@db
def test_writes_of_another_kind_or_channel_are_another_call(acting, remote):
    plan(acting, "A", "B")
    plan(acting, "A", "B", price="6.00", channel="NL")
    plan(acting, "A", "B", price=7, field="quantity")
    batches.send_planned(acting.pk)
    assert sorted(sorted(call.split()[1:]) for call in remote.asked) == [
        ["A:5.00", "B:5.00"], ["A:6.00", "B:6.00"], ["A:7"], ["B:7"],
    ]  # fmt: skip


@db
def test_the_exchange_of_a_call_is_found_from_each_of_its_writes(acting):
    first, second = plan(acting, "A", "B").values()
    recorder = connections.Recorder(acting)
    recorder.turn_to_commands(list(Command.objects.order_by("pk")))
    assert {"sku:A", "sku:B", f"command:{first}", f"command:{second}"} == set(recorder.about)
    assert Traffic.objects.count() == 0


waiting = some.builds(
    Waiting, id=some.integers(), kind=some.sampled_from(["price", "stock", "title"]),
    channel=some.sampled_from(["DE", "NL"]), offer=some.sampled_from("ABCDEFGH"), goes_alone=some.booleans(),
)  # fmt: skip


@given(some.lists(waiting, max_size=40, unique_by=lambda each: each.id))
def test_every_write_is_in_one_call_of_its_kind_and_channel_within_its_size_and_no_offer_twice(found):
    sizes = {"stock": 3, "price": 5}
    known = {each.id: each for each in found}
    made = [[known[pk] for pk in call] for call in together.grouped(found, sizes)]
    assert sorted(each.id for call in made for each in call) == sorted(known)
    for call in made:
        assert len({(each.kind, each.channel) for each in call}) == 1
        assert len({each.offer for each in call}) == len(call) <= sizes.get(call[0].kind, 1)
        assert len(call) == 1 or not any(each.goes_alone for each in call)
    for offer in "ABCDEFGH":
        for kind in sizes:
            of = [each.id for each in found if (each.offer, each.kind, each.channel) == (offer, kind, "DE")]
            sent = [
                each.id for call in made for each in call
                if (each.offer, each.kind, each.channel) == (offer, kind, "DE")
            ]  # fmt: skip
            assert sent == of
