"""The one clock: frozen, simulated, and the days of a marketplace's own zone."""

from datetime import UTC, date, datetime, timedelta

import pytest

from config.core import clock
from config.core.clock import Anchor, SimulatedClock

MORNING = datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_it_holds_at_a_frozen_moment_and_goes_on_afterwards():
    with clock.frozen(MORNING):
        with clock.frozen(MORNING + timedelta(hours=1)):
            assert clock.now() == MORNING + timedelta(hours=1)
        assert clock.now() == MORNING
    assert clock.now() > MORNING


def test_it_refuses_to_freeze_at_a_moment_without_zone():
    with pytest.raises(ValueError, match="aware"), clock.frozen(datetime(2026, 3, 1)):  # noqa: DTZ001
        pass


def test_it_runs_at_the_speed_it_was_given():
    assert Anchor(MORNING, real=1000.0, speed=60.0).at(1010.0) == MORNING + timedelta(minutes=10)


def test_it_reads_the_simulated_time_again_when_the_file_changed(tmp_path, settings):
    settings.SIMULATED, settings.CLOCK_FILE = True, tmp_path / "clock.json"
    SimulatedClock(settings.CLOCK_FILE).set(MORNING, speed=0)
    assert clock.now() == MORNING
    SimulatedClock(settings.CLOCK_FILE).set(MORNING + timedelta(days=90), speed=0)
    assert clock.now() == MORNING + timedelta(days=90)
    assert clock.speed() == 1.0


def test_it_is_real_time_where_nothing_is_simulated(tmp_path, settings):
    settings.SIMULATED, settings.CLOCK_FILE = False, tmp_path / "clock.json"
    SimulatedClock(settings.CLOCK_FILE).set(MORNING, speed=0)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_it_knows_the_day_of_a_marketplaces_zone():
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert clock.business_day(late, "Europe/Berlin") == date(2026, 3, 2)
    assert clock.business_day(late, "America/Los_Angeles") == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 12, 31), 24), (date(2028, 2, 29), 24)],
)
def test_it_bounds_days_of_23_24_and_25_hours_without_gap_or_overlap(day, hours):
    start, end = clock.day_bounds(day, "Europe/Berlin")
    assert (end - start) == timedelta(hours=hours)
    assert end == clock.day_bounds(day + timedelta(days=1), "Europe/Berlin")[0]
