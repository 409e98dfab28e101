"""A newcomer in finance: costs by a sheet with ten mistakes, margins, the month's close, the books, and the proof."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
import zlib
from datetime import date, timedelta
from hashlib import sha256

import pytest
from playwright.sync_api import expect

from catalog.services import products
from config.core import clock, runner
from config.core.models import WorkItem
from config.core.permissions import Role
from finance import sinks
from finance.fx import sources, store
from finance.models import LineProfit, Settlement
from finance.services import books, journals, profit, reconcile
from finance.services.bank import deposits
from inventory import sinks as inventory_sinks
from marketplaces.canonical import LineClass, OrderStatus
from marketplaces.models import RawPage
from tests import factories
from tests.finance.conftest import euro, header, line

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

RAW = b"S-1;26.94;EUR\nprincipal;39.90\ncommission;-5.03\nstorage;-7.93\n"
MISTAKES = (
    "MUK;EUR;{day};11,20", "MUG-BLUE;EURO;{day};11,20", "MUG-BLUE;EUR;31/31/2026;11,20", "MUG-BLUE;EUR;{day};",
    "MUG-BLUE;EUR;{day};-4", "MUG-BLUE;EUR;{day};four", "MUG-BLUE;EUR;{day};=4+1", ";;;", "MUG-BLUE;EUR;;11,20",
    "MUG-BLUE;;{day};11,20",
)  # fmt: skip


@pytest.fixture
def month():
    """The month before this one."""
    return (clock.now().date().replace(day=1) - timedelta(days=1)).replace(day=1)


@pytest.fixture
def settled(month):
    """One mug sold, settled and paid in the month, with the statement's document in the archive; its cost is unknown."""
    store.add(sources.simulated(month - timedelta(days=10), clock.now().date()))
    products.import_master([{"code": "MUG-BLUE", "title": "Mug", "brand": "Kiln", "category": "kitchen"}])
    books.set_books({"datev_consultant": 1001, "datev_client": 7})
    account = factories.account()
    start, end = clock.day_bounds(month, account.zone())[0], clock.day_bounds(_next(month), account.zone())[0]
    sold = factories.order_line("L1", quantity=1, quantity_shipped=1, item_total=euro("39.90"), unit_price=None)
    at = start + timedelta(days=9)
    order = factories.order("O-1", status=OrderStatus.SHIPPED, ordered_at=at, changed_at=at, lines=(sold,))
    inventory_sinks.orders([order], factories.source(account))
    source = factories.source(account, "settlements", at=end + timedelta(hours=5))
    sinks.settlements([header(total="26.94", period_start=start, period_end=end)], source)
    told = {"order_id": "O-1", "line_id": "L1", "posted_at": at + timedelta(days=2)}
    rows = [
        line(1, LineClass.PRINCIPAL, "39.90", quantity=1, **told),
        line(2, LineClass.COMMISSION, "-5.03", **told),
        line(3, LineClass.STORAGE, "-7.93", posted_at=at),
    ]
    sinks.settlement_lines(rows, source)
    _archive(account, end)
    bank = f"account,booked_on,amount,currency,reference\nshop,{_next(month)},26.94,EUR,payout S-1\n"
    _import(bank)
    reconcile.reconcile_open()
    journals.book(list(Settlement.objects.values_list("pk", flat=True)))
    profit.rebuild(account.pk, [clock.business_day(at, account.zone()).isoformat()])
    return account


def _next(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def _archive(account, at) -> None:
    page = RawPage.objects.create(
        account=account, resource="settlements", sha256=sha256(RAW).hexdigest(), media_type="text/plain",
        body=zlib.compress(RAW), size=len(RAW), fetched_at=at,
    )  # fmt: skip
    Settlement.objects.update(page_id=page.pk)


def _import(text: str) -> None:
    deposits.import_deposits(io.BytesIO(text.encode()))


def _work() -> None:
    """What a worker would do now."""
    for item in WorkItem.objects.filter(state="ready", job="finance.rebuild_profit"):
        runner.run("north", item.pk)


def _sheet(tmp_path, name: str, rows) -> str:
    file = tmp_path / name
    file.write_text("\n".join(("sku;currency;valid_from;purchase", *rows)) + "\n")
    return str(file)


def test_it_closes_a_month_from_a_cost_sheet_with_mistakes_to_a_proof_that_notices_one_byte(
    settled, month, desk, tmp_path
):
    page = desk(Role.FINANCE)
    page.goto("/money/costs/sheets/")
    bad = [row.format(day=month) for row in MISTAKES]
    page.locator("input[type=file]").set_input_files(_sheet(tmp_path, "costs.csv", bad))
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_text("0 rows can be used, 10 are rejected")).to_be_visible()
    page.goto("/money/costs/sheets/")
    page.get_by_role("link", name="costs.csv").click()
    expect(page.get_by_text("no SKU is called 'MUK'")).to_be_visible()
    expect(page.get_by_text("formulas are never run; paste the value instead")).to_be_visible()
    expect(page.locator("tbody tr", has_text="rejected")).to_have_count(10)

    page.goto("/money/costs/sheets/")
    mended = _sheet(tmp_path, "mended.csv", [f"MUG-BLUE;EUR;{month};11,20"])
    page.locator("input[type=file]").set_input_files(mended)
    page.get_by_role("button", name="Upload and check").click()
    expect(page.get_by_text("1 rows can be used, 0 are rejected")).to_be_visible()
    page.goto("/money/costs/sheets/")
    page.get_by_role("link", name="mended.csv").click()
    assert LineProfit.objects.get().cm1 is None
    page.get_by_role("button", name="Apply 1 rows").click()
    expect(page.get_by_text("1 costs recorded")).to_be_visible()
    _work()
    assert LineProfit.objects.get().cm1 is not None
    page.goto(f"/money/margins/?since={month}&until={_next(month)}")
    expect(page.get_by_text("22.33").first).to_be_visible()

    where = f"/money/months/{settled.key}/{month.year}/{month.month}/"
    page.goto(where)
    page.get_by_label("format").select_option("datev")
    page.get_by_role("button", name="Export").click()
    expect(page.locator("small", has_text="sha256")).to_have_count(1)
    page.goto(where)
    page.get_by_role("button", name="Prepared: ready to lock").click()
    expect(page.get_by_text("You prepared it, so another person locks it.")).to_be_visible()

    other = desk(Role.OWNER)
    other.goto(where)
    other.get_by_role("button", name="Lock and certify").click()
    with other.expect_download() as waiting:
        other.get_by_role("link", name="Archive with verify.py").click()
    folder = tmp_path / "proof"
    with zipfile.ZipFile(waiting.value.path()) as archive:
        archive.extractall(folder)
    assert _verify(folder)[0] == 0
    (raw,) = (folder / "raw").iterdir()
    raw.write_bytes(raw.read_bytes().replace(b"39.90", b"39.91"))
    code, said = _verify(folder)
    assert (code, said.startswith(f"FAILED raw/{raw.name}")) == (1, True)


def _verify(folder) -> tuple[int, str]:
    """The archive's own script, in a Python without our packages."""
    command = [sys.executable, "-I", "-S", str(folder / "verify.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr
