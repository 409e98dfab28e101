from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from config.core import clock
from config.core.models import WorkItem
from marketplaces.contract import Page
from marketplaces.models import RawPage, RejectedRow, SyncRun
from marketplaces.services import housekeeping, pulls
from marketplaces.sync import archive
from tests.factories import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def run(shop):
    return SyncRun.objects.create(account=shop, resource="orders", started_at=NOON)


def test_a_large_document_is_a_file_under_its_client_and_reads_back_as_it_came(run, tmp_path):
    file = tmp_path / "report.tsv"
    file.write_bytes(b"order\tqty\n" * 10_000)
    (stored,) = archive.store(run, [Page(resource="orders", path=str(file), document_id="D-1")])
    raw = RawPage.objects.get(pk=stored.id)
    assert (raw.size, raw.body) == (100_000, None)
    assert Path(raw.path).parts[0] == "north"
    with archive.opened(raw) as page, page.open() as stream:
        assert stream.read() == file.read_bytes()
    assert not Path(page.path).exists()


def test_the_same_body_about_another_storefront_is_another_page(run):
    pages = [Page(resource="orders", body=b"{}", context={"store": code}) for code in ("NL", "BE", "NL")]
    assert len(archive.store(run, pages)) == 2


def test_a_page_is_kept_without_its_buyer_and_one_that_names_nobody_as_it_came(run):
    named = b'{"order": "A-1", "total": 12.50, "buyer": {"name": "Ann Example", "countryCode": "NL"}}'
    plain = b'{ "order": "A-2", "total": 12.50 }'
    pages = archive.store(run, [Page(resource="orders", body=body) for body in (named, plain)])
    kept = []
    for stored in pages:
        with archive.opened(RawPage.objects.get(pk=stored.id)) as page:
            kept.append(page.body)
    assert kept[1] == plain
    assert json.loads(kept[0])["buyer"] == {"name": "[redacted]", "countryCode": "NL"}
    assert [stored.page.body for stored in pages] == [named, plain]


def test_pages_past_retention_go_and_statements_and_pages_with_open_rows_stay(shop, remote):
    remote.documents["S-1"] = b"S-1;2026-09-01T00:00:00+00:00;2026-09-15T00:00:00+00:00;10.00\nA-1;10.00\n"
    remote.put("A-1", NOON - timedelta(days=9))
    remote.put("A-2", NOON - timedelta(days=1))
    del remote.orders["A-2"]["qty"]
    for resource in ("orders", "settlements", "stock"):
        pulls.pull(shop.pk, resource)
    with clock.frozen(NOON + timedelta(days=91)):
        counts = housekeeping.prune(timedelta(days=90))
    assert counts["pages"] == 2
    kept = RawPage.objects.order_by("pk").values_list("resource", flat=True)
    assert list(kept) == ["orders", "settlements"]
    assert RejectedRow.objects.get().page is not None


def test_finished_work_goes_after_a_week_and_parked_work_stays(north, at_noon):
    for state in ("done", "dead"):
        WorkItem.objects.create(
            job="x", dedupe_key=state, queue="default", state=state, due_at=NOON, created_at=NOON, finished_at=NOON
        )
    with clock.frozen(NOON + timedelta(days=8)):
        assert housekeeping.prune_jobs() == {"items": 1, "runs": 0}
    assert WorkItem.objects.get().state == "dead"
