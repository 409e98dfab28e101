from __future__ import annotations

import gzip
import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from config.core import clock, tenancy
from config.core.jobs import JOBS
from finance.models import SettlementLine
from inventory.models import Order
from marketplaces import registry
from marketplaces.models import RawPage, RejectedRow, SyncRun
from marketplaces.services import pulls
from tests.factories import NOON
from tests.marketplaces import stall

STATEMENT = b"S-1;2026-09-01T00:00:00+00:00;2026-09-15T00:00:00+00:00;30.00\nA-1;10.00\nA-2;20.00\n"


def out(*command, **options):
    text = StringIO()
    call_command(*command, stdout=text, **options)
    return text.getvalue()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_it_maps_a_payload_without_a_client_and_without_a_database(remote, tmp_path, pack):
    file = tmp_path / "orders.txt"
    orders = [{"id": "A-1", "at": NOON.isoformat(), "status": "to_ship", "qty": 2}, {"id": "A-2", "half": 1.50}]
    file.write_bytes(pack(json.dumps(orders).encode()))
    mapped = json.loads(out("adapter", "map", "stall", "orders", str(file)))
    assert [(row["type"], row["external_id"], row["lines"][0]["quantity"]) for row in mapped["rows"]] == [
        ("Order", "A-1", 2)
    ]
    assert mapped["rejected"] == [
        {"reason": "field qty is missing; the order cannot be read", "raw": {"id": "A-2", "half": "1.5"}}
    ]


def test_it_tells_the_mapping_what_the_payload_does_not_say(remote, tmp_path, monkeypatch):
    file = tmp_path / "orders.txt"
    file.write_bytes(b"[]")
    told = []
    monkeypatch.setitem(stall.MAPPERS, "orders", lambda page: told.append(dict(page.context)) or iter(()))
    given = ("--context", "store=NL", "--context", "period=a=b")
    out("adapter", "map", "stall", "orders", *given, str(file))
    assert {name: told[0][name] for name in ("store", "period")} == {"store": "NL", "period": "a=b"}
    assert "observed_at" in told[0]
    with pytest.raises(CommandError, match="not of the form KEY=VALUE"):
        out("adapter", "map", "stall", "orders", "--context", "store", str(file))


def test_it_says_what_is_wrong_with_a_file_that_was_cut_off(remote, tmp_path):
    file = tmp_path / "orders.gz"
    file.write_bytes(gzip.compress(b"[]" * 5000)[:40])
    mapped = json.loads(out("adapter", "map", "stall", "orders", str(file)))
    assert mapped["rows"] == []
    assert mapped["rejected"][0]["reason"] == "the file is cut off: its gzip stream has no end; fetch it again"


def test_it_names_what_there_is_when_a_marketplace_resource_or_file_is_unknown(remote, tmp_path):
    with pytest.raises(CommandError, match="unknown marketplace 'nowhere'; known: "):
        out("adapter", "map", "nowhere", "orders", "-")
    with pytest.raises(CommandError, match="stall has no resource 'wishes'; it has orders, stock"):
        out("adapter", "map", "stall", "wishes", "-")
    with pytest.raises(CommandError, match="No such file"):
        out("adapter", "map", "stall", "orders", str(tmp_path / "missing"))


@pytest.mark.parametrize("adapter", list(registry.all_adapters()), ids=lambda a: a.key)
def test_it_maps_garbage_of_every_marketplace_to_a_reason(adapter, tmp_path):
    file = tmp_path / "garbage"
    for garbage in (
        b"\x00\xff<html>nothing; to\tsee,\r\n here",
        b"",
        b"null",
        "{".encode("utf-16"),
        b"%PDF-1.7",
        b"[" * 99_999,
    ):
        file.write_bytes(garbage)
        for resource in adapter.resources:
            mapped = json.loads(out("adapter", "map", adapter.key, resource.key, str(file)))
            assert (mapped["rows"], bool(mapped["rejected"])) == ([], True), (resource.key, garbage[:9])
            assert all(piece["reason"] for piece in mapped["rejected"])


@pytest.mark.django_db
def test_a_statement_by_file_takes_the_way_of_a_downloaded_one(shop, tmp_path):
    file = tmp_path / "september.csv.gz"
    file.write_bytes(gzip.compress(STATEMENT))
    said = out("import_statement", str(file), account="shop", tenant="north")
    assert said.endswith("3 rows read, 3 new, 0 changed, 0 known, 0 rejected\n")
    assert sum(SettlementLine.objects.values_list("amount", flat=True)) == 30
    assert SyncRun.objects.values_list("reason", "state").get(resource="settlements") == ("file", "ok")
    assert RawPage.objects.get().document_id == "file:september.csv.gz"


@pytest.mark.django_db
def test_the_same_statement_twice_changes_nothing(shop, tmp_path):
    file = tmp_path / "september.csv"
    file.write_bytes(STATEMENT)
    out("import_statement", str(file), account="shop", tenant="north")
    lines = set(SettlementLine.objects.values_list("pk", flat=True))
    with clock.frozen(NOON + timedelta(days=1)):
        said = out("import_statement", str(file), account="shop", tenant="north")
    assert said.endswith("3 rows read, 0 new, 0 changed, 3 known, 0 rejected\n")
    assert set(SettlementLine.objects.values_list("pk", flat=True)) == lines
    assert (len(lines), RawPage.objects.count()) == (2, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("content", [b"<html><body>busy</body></html>", b"", b"%PDF-1.7 a form"])
def test_it_refuses_a_file_that_is_no_statement_and_keeps_nothing_of_it(shop, tmp_path, content):
    file = tmp_path / "statement.csv"
    file.write_bytes(content)
    with pytest.raises(CommandError, match="this is no statement of"):
        out("import_statement", str(file), account="shop", tenant="north")
    kept = (SyncRun, RawPage, RejectedRow, SettlementLine)
    assert [model.objects.count() for model in kept] == [0, 0, 0, 0]


@pytest.mark.django_db
def test_it_replays_a_row_of_the_named_client(shop, remote, monkeypatch):
    remote.put("A-1", NOON - timedelta(minutes=1))
    del remote.orders["A-1"]["qty"]
    pulls.read_missing(shop.pk, "orders", since=NOON - timedelta(hours=1), until=NOON)
    row = RejectedRow.objects.get()
    monkeypatch.setitem(stall.MAPPERS, "orders", lambda page: (stall._order({**raw, "qty": 1}) for raw in page.json()))
    assert "1 rows read, 1 new" in out("replay", "row", str(row.pk), tenant="north")
    assert Order.objects.get().external_id == "A-1"
    with pytest.raises(CommandError, match="name the client by --tenant"):
        out("replay", "row", str(row.pk))
    with pytest.raises(CommandError, match="this client has no row"):
        out("replay", "row", str(row.pk), tenant="south")


@pytest.mark.django_db
def test_it_prints_every_job_with_its_cadence_and_why(north):
    said = out("jobs")
    assert said.endswith(f"{len(JOBS)} jobs\n")
    assert all(f"{key} " in said for key, _ in JOBS)
    assert "compare the time that was read" in said


@pytest.mark.django_db
def test_it_runs_one_job_now_for_one_client(shop):
    assert out("jobs", "run", "marketplaces.find_gaps", tenant="north") == "north: ok\n"
    assert tenancy.current() == "north"


@pytest.mark.parametrize("adapter", list(registry.all_adapters()), ids=lambda a: a.key)
def test_every_resource_of_every_marketplace_is_a_job_with_a_cadence(adapter):
    for resource in adapter.resources:
        job = JOBS.get(f"pull.{adapter.key}.{resource.key}")
        assert (job.every, job.queue, job.scope) == (resource.every, resource.queue, "account")
        assert job.selects == {"marketplace": adapter.key, "resource": resource.key}
