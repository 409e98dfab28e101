"""Incidents open and close themselves, say how bad they are for customers, and keep what was done."""

import csv
import io
import json
import zipfile
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from config.core import clock
from marketplaces.models import Gap
from tickets import dossiers
from tickets.health import seed
from tickets.health.effects import Sign, severity_of, verdict
from tickets.health.recovery import longest
from tickets.models import Evidence, HealthDay, Incident, Rehearsal, Ticket
from tickets.rules import engine
from tickets.rules.conditions import Verdict
from tickets.services import health, incidents

TODAY = date(2026, 10, 2)
WORSE = {"risk": "0.06", "watch": "0.03", "stable": "0.01"}


def sign(band, *, used="1.2", affected=5, metric="late_dispatch", value="0.05"):
    return Sign(metric, band, Decimal(value), Decimal(used), affected)


@pytest.mark.parametrize(
    ("bands", "wanted"),
    [
        (["risk", "stable"], Verdict.HOLDS), (["watch", "stable"], Verdict.BETWEEN), (["stable", ""], Verdict.BETTER),
        (["", ""], Verdict.NOT_MEASURED), ([], Verdict.NOT_MEASURED),
    ],
)  # fmt: skip
def test_metrics_of_one_effect_speak_with_the_worst_voice(bands, wanted):
    assert verdict([sign(band) for band in bands]) is wanted


@pytest.mark.parametrize(
    ("effect", "signs", "wanted"),
    [
        ("oversold", [sign("risk", metric="oversold", affected=1)], "S1"),
        ("blind", [sign("risk", metric="order_age", value="3", affected=None)], "S1"),
        ("blind", [sign("risk", metric="completeness", affected=2)], "S2"),
        ("late", [sign("risk", affected=20)], "S1"),
        ("late", [sign("risk", affected=19)], "S2"),
        ("late", [sign("risk", used="0.9", affected=500)], "S3"),
        ("slow", [sign("risk", metric="sync_delay", value="90000", affected=None)], "S3"),
        ("money", [sign("risk", metric="variance", affected=None)], "S4"),
    ],
)
def test_it_is_as_bad_as_customers_feel_it_and_not_as_machines_complain(effect, signs, wanted):
    assert severity_of(effect, signs) == wanted


def test_recovery_is_the_longest_outage_and_one_that_lasts_grows(noon):
    hour = timedelta(hours=1)
    ended, lasts = (noon - 10 * hour, noon - 9 * hour), (noon - 2 * hour, None)
    assert longest([ended], noon) == 3600
    assert longest([ended, lasts], noon) == 7200
    assert longest([ended, lasts], noon + 2 * hour) == 14_400
    assert longest([(noon - timedelta(days=40), noon - timedelta(days=31))], noon) is None


@pytest.fixture
def told(shop):
    """Days of late dispatch by band, the newest last, and the incidents that follow."""
    seed.seed()

    def tell(*bands, metric="late_dispatch", numerator=25):
        first = TODAY - timedelta(days=len(bands))
        days = [first + timedelta(days=n) for n in range(len(bands))]
        HealthDay.objects.bulk_create(
            HealthDay(
                account=shop, metric=metric, day=day, band=band, value=WORSE.get(band), numerator=numerator,
                denominator=400, used="1.5", as_of=clock.now(),
            )
            for day, band in zip(days, bands, strict=True)
        )  # fmt: skip
        return incidents.follow(days)

    return tell


def at_end(days_ago):
    return clock.now().replace(hour=0) - timedelta(days=days_ago)


@pytest.mark.django_db
def test_it_opens_after_two_bad_days_and_closes_after_two_good_ones(told):
    assert told("stable", "risk", "risk", "watch", "stable", "risk", "stable", "stable", "") == {
        "opened": 1,
        "closed": 1,
    }
    found = Incident.objects.get()
    assert (found.state, found.severity, found.affected) == ("closed", "S1", 25)
    assert found.title == "Shop: orders late or cancelled (late dispatch 6.00%)"
    assert [found.detected_at, found.opened_at, found.recovered_at, found.closed_at] == [
        at_end(days) for days in (7, 6, 2, 1)
    ]
    assert list(found.events.values_list("kind", "actor")) == [("opened", "health"), ("closed", "health")]


@pytest.mark.django_db
@pytest.mark.parametrize("bands", [("risk",), ("risk", "watch", "risk"), ("watch", "watch"), ("", "")])
def test_it_does_not_open_for_a_single_bad_day(told, bands):
    told(*bands)
    assert not Incident.objects.filter(state="open").exists()


@pytest.mark.django_db
def test_judging_a_day_again_changes_nothing(told):
    told("risk", "risk")
    before = Incident.objects.values().get()
    assert incidents.follow([TODAY - timedelta(days=2), TODAY - timedelta(days=1)]) == {"opened": 0, "closed": 0}
    assert Incident.objects.values().get() == before


@pytest.mark.django_db
def test_it_points_at_the_tickets_of_its_account_and_opens_none(told, shop):
    HealthDay.objects.create(
        account=shop, metric="late_dispatch", day=TODAY, value="0.06", used="1.5", limit="0.04", left=-8, band="risk",
        numerator=25, denominator=400, samples=400, as_of=clock.now(),
    )  # fmt: skip
    engine.sweep("health")
    ticket = Ticket.objects.get()
    assert (ticket.type, ticket.severity) == ("account_health", "S2")
    assert ticket.title == "Shop: late dispatch is 6.00% of 4.00% allowed, nothing is left"
    told("risk", "risk")
    assert list(Incident.objects.get().tickets.all()) == [ticket]
    assert Ticket.objects.count() == 1


@pytest.mark.django_db
def test_a_step_is_done_once_by_one_person(told):
    told("risk", "risk")
    found = Incident.objects.get()
    assert found.steps.count() == 5
    for person in ("olga", "piet"):
        assert incidents.do_step(found, 1, by=person).done_by == "olga"
    with pytest.raises(ValidationError):
        incidents.do_step(found, 9, by="olga")
    assert list(found.events.values_list("kind", flat=True)) == ["opened", "step"]


@pytest.mark.django_db
def test_its_archive_holds_the_proof_as_it_was_given(told):
    told("risk", "risk")
    found = Incident.objects.get()
    letter = b"%PDF-1.4 the carrier lost a lorry"
    for _ in range(2):
        incidents.attach(found, "../../letter.pdf", letter, media_type="application/pdf", by="olga", note="=1+1")
    assert Evidence.objects.count() == 1
    incidents.comment(found, "=cmd()", by="olga")
    files = zipfile.ZipFile(io.BytesIO(dossiers.archive(found)))
    names = files.namelist()
    assert names[:3] == ["incident.json", "timeline.csv", "measures.csv"]
    assert names[3].endswith("-letter.pdf")
    assert files.read(names[3]) == letter
    assert json.loads(files.read("incident.json"))["evidence"][0]["name"] == "letter.pdf"
    lines = list(csv.DictReader(io.StringIO(files.read("timeline.csv").decode())))
    assert [line["text"] for line in lines][-1] == "'=cmd()"
    measures = list(csv.DictReader(io.StringIO(files.read("measures.csv").decode())))
    assert [row["why"] for row in measures] == ["", ""]


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"", b"x" * (5 * 1024 * 1024 + 1)], ids=["empty", "large"])
def test_it_refuses_evidence_that_is_empty_or_too_large(told, body):
    told("risk", "risk")
    with pytest.raises(ValidationError):
        incidents.attach(Incident.objects.get(), "a.pdf", body, media_type="", by="olga")


@pytest.mark.django_db
def test_a_rehearsal_has_an_age(noon):
    incidents.rehearse("late", by="olga", note="labels ran out")
    Rehearsal.objects.update(held_on=TODAY - timedelta(days=40))
    incidents.rehearse("blind", by="olga")
    ages = {each.effect: each.days for each in dossiers.rehearsals()}
    assert (ages["late"], ages["blind"], ages["slow"]) == (40, 0, None)


@pytest.mark.django_db
def test_measuring_opens_an_incident_for_an_account_that_is_blind(shop):
    seed.seed()
    shop.flows.filter(resource="orders").update(last_ok_at=clock.now() - timedelta(days=20))
    for hours in (0, 1):
        with clock.frozen(clock.now() + timedelta(hours=hours)):
            health.measure()
    found = Incident.objects.get()
    assert (found.effect, found.state, found.severity) == ("blind", "open", "S1")
    assert HealthDay.objects.get(metric="recovery", day=TODAY).value == 3600


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "tickets"), [(59, 0), (60, 1)])
def test_an_order_that_is_missing_for_an_hour_is_a_ticket(shop, minutes, tickets):
    found_at = clock.now() - timedelta(minutes=minutes)
    for state in ("open", "unfillable"):
        Gap.objects.create(
            account=shop, resource="orders", kind="record", external_id=state, state=state, revealed_by="settlements",
            found_at=found_at,
        )  # fmt: skip
    engine.sweep("health")
    found = list(Ticket.objects.values_list("title", "severity"))
    assert found == [("Shop: 1 order that others speak of did not come", "S3")] * tickets
