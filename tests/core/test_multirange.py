"""Covered time: what is missing, and that the database keeps it as it was."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, models
from django.db.models import F, Value
from django.test.utils import isolate_apps
from hypothesis import given
from hypothesis import strategies as st

from config.core.multirange import MultiRangeField, covered_until, is_covered, merged, missing

START = datetime(2026, 3, 1, tzinfo=UTC)


def at(hour):
    return START + timedelta(hours=hour)


def hours(*pairs):
    return tuple((at(start), at(end)) for start, end in pairs)


spans = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6).map(lambda pairs: hours(*pairs))


def test_it_joins_spans_that_touch_and_drops_empty_ones():
    assert merged(hours((4, 6), (0, 2), (2, 4), (9, 9))) == hours((0, 6))


def test_it_finds_what_is_missing_before_between_and_after():
    assert missing(hours((0, 10)), hours((1, 3), (5, 6))) == list(hours((0, 1), (3, 5), (6, 10)))


def test_it_misses_nothing_when_all_is_covered():
    assert is_covered((at(1), at(3)), hours((0, 2), (2, 4)))
    assert not is_covered((at(1), at(5)), hours((0, 2), (2, 4)))


def test_it_tells_how_far_time_is_covered_without_a_gap():
    assert covered_until(at(1), hours((0, 4), (5, 6))) == at(4)
    assert covered_until(at(4), hours((0, 4), (5, 6))) == at(4)


@given(spans, spans)
def test_covered_and_missing_time_make_up_what_was_expected(expected, covered):
    gaps = missing(expected, covered)
    for hour in range(31):
        is_wanted = any(start <= at(hour) < end for start, end in expected)
        is_done = any(start <= at(hour) < end for start, end in covered)
        assert any(start <= at(hour) < end for start, end in gaps) == (is_wanted and not is_done)


@isolate_apps()
def test_it_is_stored_and_added_to_within_the_database(db):
    class Flow(models.Model):  # noqa: DJ008
        covered = MultiRangeField(default=tuple)

        class Meta:
            app_label = "core"

    with connection.schema_editor() as editor:
        editor.create_model(Flow)
    flow = Flow.objects.create(covered=hours((0, 2)))
    Flow.objects.update(covered=F("covered") + Value(hours((2, 3), (5, 6)), MultiRangeField()))
    flow.refresh_from_db()
    assert flow.covered == hours((0, 3), (5, 6))
    assert Flow.objects.create().covered == ()
    with pytest.raises(ValueError, match="aware"):
        Flow.objects.create(covered=[(datetime(2026, 3, 1), datetime(2026, 3, 2))])  # noqa: DTZ001
