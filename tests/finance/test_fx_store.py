"""Rates as they are kept: the packaged history, corrections as new facts, pegs by the dollar of their day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import Client

from config.core import clock, tenancy
from config.core.errors import Transient
from config.core.money import Money
from finance.fx import convert, services, sources, store
from finance.fx.models import Peg, Rate

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 10, 2)
PUBLISHED = datetime(2026, 10, 2, 14, tzinfo=UTC)
CORRECTED = datetime(2026, 10, 5, 9, tzinfo=UTC)


def told(per_eur: str, currency: str = "USD", day: date = FRIDAY) -> tuple[date, str, Decimal, str]:
    return day, currency, Decimal(per_eur), "ECB"


def worth(currency: str, to: str, on: date, known_at: datetime | None = None) -> Decimal:
    rates = convert.load([currency, to], since=on, until=on, known_at=known_at)
    return rates.convert(Money(Decimal("100"), currency), to, on=on).money.rounded().amount


def xml(day: date, rates: dict[str, str]) -> bytes:
    cubes = "".join(f'<Cube currency="{code}" rate="{rate}"/>' for code, rate in rates.items())
    return (
        '<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" '
        'xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">'
        f'<Cube><Cube time="{day}">{cubes}</Cube></Cube></gesmes:Envelope>'
    ).encode()


def test_it_brings_the_banks_whole_history_from_the_package_once():
    assert services.begin() > 200_000
    with tenancy.in_public():
        codes = set(Rate.objects.values_list("currency", flat=True).distinct())
        assert len(codes) == 43
        assert {"USD", "CYP", "ROL", "TRL", "AED", "SAR"} <= codes
        assert Rate.objects.order_by("day").first().day == date(1999, 1, 4)
    assert worth("EUR", "USD", date(2008, 3, 10)) == Decimal("153.40")
    assert worth("USD", "AED", date(2008, 3, 10)) == Decimal("367.25")
    assert worth("TRY", "AED", date(2022, 3, 2)) == Decimal("26.10")
    assert worth("EUR", "USD", date(1999, 1, 4), datetime(1999, 1, 4, 15, tzinfo=UTC)) == Decimal("117.89")
    assert services.begin() == 0


def test_it_keeps_a_correction_as_a_new_fact_and_answers_as_known_then(noon):
    store.add([told("1.25")])
    with clock.frozen(CORRECTED):
        assert store.add([told("1.20")]) == 1
        assert store.add([told("1.20")]) == 0
    assert worth("EUR", "USD", FRIDAY) == Decimal("120.00")
    assert worth("EUR", "AED", FRIDAY) == Decimal("440.70")
    before = CORRECTED - timedelta(seconds=1)
    assert worth("EUR", "USD", FRIDAY, before) == Decimal("125.00")
    assert worth("EUR", "AED", FRIDAY, before) == Decimal("459.06")
    with pytest.raises(convert.MissingRate):
        worth("EUR", "USD", FRIDAY, PUBLISHED - timedelta(seconds=1))


def test_it_derives_a_new_peg_for_the_days_that_stand_from_its_first_day_on():
    store.add([told("1.25"), told("1.30", day=date(2026, 10, 1))])
    with tenancy.in_public():
        Peg.objects.create(currency="QAR", units=Decimal("3.64"), valid_from=FRIDAY, source="Qatar Central Bank")
    store.add([])
    assert worth("EUR", "QAR", FRIDAY) == Decimal("455.00")
    with pytest.raises(convert.MissingRate):
        worth("EUR", "QAR", date(2026, 10, 1))


def test_it_ends_a_peg_when_the_currency_floats_again_and_keeps_what_was_known():
    store.add([told("1.25")])
    with tenancy.in_public(), clock.frozen(CORRECTED):
        Peg.objects.create(currency="AED", units=Decimal("4"), valid_from=FRIDAY, source="a test")
        Peg.objects.create(currency="SAR", units=None, valid_from=FRIDAY + timedelta(days=1), source="a test")
    store.add([told("1.50", day=FRIDAY + timedelta(days=3))], known_at=CORRECTED)
    assert worth("EUR", "AED", FRIDAY, PUBLISHED) == Decimal("459.06")
    assert worth("EUR", "AED", FRIDAY) == Decimal("500.00")
    with tenancy.in_public():
        assert [row.day for row in Rate.objects.filter(currency="SAR")] == [FRIDAY]


def test_it_leaves_a_currency_that_a_source_tells_to_that_source():
    store.add([told("5", currency="AED"), told("1.25")])
    assert worth("EUR", "AED", FRIDAY) == Decimal("500.00")


@pytest.fixture
def bank(tmp_path, settings):
    """The folder from which a bank on this machine serves its two files."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path))
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    settings.RATES_URL, settings.RATES_HISTORY_URL = f"{url}/90d.xml", f"{url}/history.csv"
    yield tmp_path
    server.shutdown()
    server.server_close()


def test_it_reads_the_last_ninety_days_and_the_whole_history_when_it_is_further_behind(noon, bank):
    (bank / "90d.xml").write_bytes(xml(date(2026, 10, 1), {"USD": "1.99"}))
    (bank / "history.csv").write_text("Date,USD,\n2030-01-02,1.11,\n2026-09-30,1.24,\n")
    store.add([told("1.25", day=date(2026, 9, 30))])
    assert services.refresh() == {"stored": 1}
    assert worth("EUR", "USD", date(2026, 10, 1)) == Decimal("199.00")
    with clock.frozen(datetime(2030, 1, 2, 18, tzinfo=UTC)):
        assert services.refresh() == {"stored": 2}
    assert worth("EUR", "USD", date(2030, 1, 2)) == Decimal("111.00")
    assert worth("EUR", "USD", date(2026, 9, 30)) == Decimal("124.00")
    assert worth("EUR", "USD", date(2026, 9, 30), known_at=noon) == Decimal("125.00")


def test_it_keeps_what_it_has_when_the_bank_is_away_or_sends_something_else(noon, bank):
    store.add([told("1.25", day=date(2026, 9, 30))])
    with pytest.raises(Transient, match="did not come"):
        services.refresh()
    (bank / "90d.xml").write_bytes(xml(date(2026, 10, 1), {"USD": "1.2", "TRY": "many"}))
    with pytest.raises(sources.UnreadableRates, match="TRY of 2026-10-01 is 'many'"):
        services.refresh()
    assert store.latest_day() == date(2026, 9, 30)


def test_it_plays_the_real_history_in_the_demo_and_goes_on_without_a_jump(settings):
    settings.SIMULATED = True
    store.add([told("1.16", day=date(2026, 5, 31))])
    with clock.frozen(datetime(2026, 10, 30, 13, tzinfo=UTC)):
        services.refresh()
    assert store.latest_day() == date(2026, 10, 29)
    with clock.frozen(datetime(2026, 11, 6, 18, tzinfo=UTC)):
        services.refresh()
        assert services.refresh() == {"stored": 0}
    with tenancy.in_public():
        last = Rate.objects.get(currency="USD", day=date(2026, 10, 30))
        after = Rate.objects.get(currency="USD", day=date(2026, 11, 6))
        assert (last.per_eur, last.source, after.source) == (Decimal("1.1172"), "ECB", "simulated")
        assert abs(after.per_eur / last.per_eur - 1) < Decimal("0.0062")
        assert Rate.objects.filter(currency="EGP", source="simulated", day__lte=date(2026, 10, 30)).count() > 60


def test_it_takes_the_banks_files_by_hand(noon, tmp_path, capsys):
    history, recent = tmp_path / "hist.csv", tmp_path / "90d.xml"
    history.write_text("Date,USD,\n2026-09-30,1.25,\n")
    recent.write_bytes(xml(date(2026, 10, 1), {"USD": "1.20"}))
    call_command("rates", history)
    call_command("rates", recent)
    assert "1 rates are new or corrected; the last ones are of 2026-10-01" in capsys.readouterr().out
    assert worth("EUR", "AED", date(2026, 9, 30)) == Decimal("459.06")
    history.write_text("<html>")
    with pytest.raises(CommandError, match="not XML"):
        call_command("rates", history)


def test_it_lets_operators_add_pegs_on_the_installations_host_alone(admin_client):
    store.add([told("1.25")])
    peg = {"currency": "OMR", "anchor": "USD", "units": "0.3845", "valid_from": "2026-01-01", "source": "CBO"}
    with tenancy.in_public():
        host = {"host": "localhost"}
        operator = get_user_model().objects.create_superuser("operator")
        browser = Client(headers=host)
        browser.force_login(operator)
        assert browser.post("/admin/fx/peg/add/", peg).status_code == 302
    assert worth("EUR", "OMR", FRIDAY) == Decimal("48.063")
    assert admin_client.get("/admin/fx/peg/add/", headers={"host": "north.localhost"}).status_code == 403
