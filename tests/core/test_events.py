import pytest
from django.db import transaction
from django.dispatch import Signal

from config.core.events import announce

pytestmark = pytest.mark.django_db(transaction=True)
moved = Signal()


@pytest.fixture
def heard(north):
    got = []

    def listen(**facts):
        got.append(facts["ids"])

    def fail(**_):
        raise ValueError("a receiver's own trouble")

    moved.connect(fail)
    moved.connect(listen)
    yield got
    moved.disconnect(fail)
    moved.disconnect(listen)


def test_it_tells_only_after_the_commit_and_goes_on_when_one_receiver_fails(heard):
    with transaction.atomic():
        announce(moved, ids=[1])
        assert heard == []
    assert heard == [[1]]


def test_it_tells_nothing_when_the_transaction_is_rolled_back(heard):
    with transaction.atomic():
        announce(moved, ids=[1])
        transaction.set_rollback(True)
    assert heard == []
