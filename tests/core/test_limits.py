"""Token buckets shared by all workers: how many calls pass, when the next may, and what a refusal does to siblings."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Thread
from uuid import uuid4

import pytest
from django.db import connection, transaction

from config.core import clock, limits
from config.core.errors import RateLimited

MORNING = datetime(2026, 3, 1, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Limit:
    rate: Decimal = Decimal("0.5")
    burst: int = 3


@pytest.fixture
def key(db):
    limits._connection.run(limits.CREATE_TABLE, {})
    return limits.key_of("north", uuid4().hex, "orders")


def passed(key, moment, calls=20, limit=Limit()):
    count = 0
    with clock.frozen(moment):
        for _ in range(calls):
            try:
                limits.take(key, limit)
            except RateLimited:
                return count
            count += 1
    return count


def test_it_grants_the_burst_and_then_the_rate(key):
    assert passed(key, MORNING) == 3
    assert passed(key, MORNING + SECOND) == 0
    assert passed(key, MORNING + 2 * SECOND) == 1
    assert passed(key, MORNING + 10 * SECOND) == 3


def test_it_says_when_enough_tokens_will_be_there(key):
    with clock.frozen(MORNING):
        limits.take(key, Limit(), cost=3)
        with pytest.raises(RateLimited) as refused:
            limits.take(key, Limit(), cost=2)
    assert refused.value.until == MORNING + 4 * SECOND


def test_it_never_fills_beyond_the_burst(key):
    assert passed(key, MORNING) == 3
    assert passed(key, MORNING + timedelta(days=1)) == 3


def test_it_keeps_accounts_apart(key):
    assert passed(key, MORNING) == 3
    assert passed(key + "2", MORNING) == 3


def test_it_refuses_a_call_that_never_fits(key):
    with pytest.raises(ValueError, match="never fits"):
        limits.take(key, Limit(), cost=4)


def test_it_uses_the_rate_that_was_learned(key):
    assert passed(key, MORNING) == 3
    limits.learn(key, Decimal(2))
    assert passed(key, MORNING + SECOND) == 2


def test_it_stops_everyone_until_the_moment_of_a_refusal(key):
    with clock.frozen(MORNING):
        limits.take(key, Limit())
        limits.penalise(key, Limit(), MORNING + 60 * SECOND)
        with pytest.raises(RateLimited) as refused:
            limits.take(key, Limit())
    assert refused.value.until == MORNING + 60 * SECOND
    assert passed(key, MORNING + 59 * SECOND) == 0
    assert passed(key, MORNING + 60 * SECOND) == 3


def test_it_opens_the_circuit_from_the_fifth_failure_and_closes_it_on_recovery(key):
    with clock.frozen(MORNING):
        limits.take(key, Limit())
        for _ in range(4):
            limits.failed(key)
        assert limits.take(key, Limit()) == 4
        limits.failed(key)
        with pytest.raises(RateLimited) as refused:
            limits.take(key, Limit())
    assert refused.value.until == MORNING + 30 * SECOND
    with clock.frozen(MORNING + 31 * SECOND):
        assert limits.take(key, Limit()) == 5
        limits.recovered(key)
        assert limits.take(key, Limit()) == 0


def test_it_begins_anew_when_the_clock_was_set_back(key):
    assert passed(key, MORNING) == 3
    assert passed(key, MORNING - timedelta(days=90)) == 3


def test_it_grants_exactly_the_burst_to_many_threads(key):
    granted = []
    threads = [Thread(target=lambda: granted.append(passed(key, MORNING, limit=Limit(burst=40)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(granted) == 40


def test_it_holds_no_lock_in_the_callers_transaction(key):
    with transaction.atomic():
        assert passed(key, MORNING) == 3
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE relation = 'public.limit_bucket'::regclass")
            assert cursor.fetchone() == (0,)


def test_it_connects_again_when_the_server_closed_the_connection(key):
    assert passed(key, MORNING, calls=1) == 1
    (pid,) = limits._connection.run("SELECT pg_backend_pid()", {})[0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    assert passed(key, MORNING) == 2
