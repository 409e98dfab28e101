"""Our writes on their way to the simulated marketplaces: service, queue, real client, read-back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from catalog.models import Listing
from config.core import clock
from inventory.models import Order
from marketplaces.models import Account, Command
from marketplaces.sandbox.troubles import Troubles
from marketplaces.services.writes import Parcel, Wish
from tests.chaos.conftest import DAY, TODAY, Street, all_worlds, street

__all__ = ["all_worlds", "street"]
HOUR = timedelta(hours=1)


def wish() -> Wish:
    """A request of its own."""
    return Wish(request_id=uuid4(), asked_by="anna")


def parcel(lines: dict[str, int], **changes: Any) -> Parcel:
    values = {
        "carrier": "DHL",
        "tracking_number": "00340434161094022115",
        "shipped_at": clock.now() - timedelta(minutes=1),
    }
    return Parcel(lines=lines, **{**values, **changes})


@dataclass
class Shop:
    """One connected account, read as far as a test asks, and its side of the simulated world."""

    street: Street
    account: Account
    owner: tuple[str, str]

    @property
    def view(self) -> Any:
        return self.street.sandbox.view(*self.owner)

    def read(self, resource: str) -> None:
        """What it brings, and not what is reckoned from that."""
        assert self.street.finish(self.street.ask(self.account, resource)) == "done"

    def drain(self) -> None:
        """Run everything that is due within two hours, each at its time."""
        self.street.drain(clock.now() + 2 * HOUR)

    def settled(self, command: Command) -> Command:
        """The write after its whole way."""
        self.drain()
        command.refresh_from_db()
        return command

    def listing(self) -> Listing:
        """One that we ship ourselves."""
        self.read("listings")
        return Listing.objects.filter(account=self.account, status="active", fulfilment="merchant").order_by("pk")[0]

    def serial(self, order: Order) -> int:
        """Of the order in the world."""
        placed = self.view.orders(since=order.ordered_at, until=clock.now(), by="placed")
        return next(each.serial for each in placed if each.placed_at == order.ordered_at)

    def cancel(self, order: Order) -> None:
        """Its buyer cancels at the marketplace; nobody tells us."""
        settings = {"order": self.serial(order), "at": clock.now().isoformat()}
        Troubles(self.street.sandbox.overlay, "/".join(self.owner)).switch_on("order_cancelled", settings)

    def order(self, *, units: int = 1, days: int | None = None) -> Order:
        """One to ship of the last days, with a line of so many units at least."""
        if days:
            Account.objects.filter(pk=self.account.pk).update(history_from=TODAY - days * DAY)
        self.read("orders")
        found = Order.objects.filter(account=self.account, status="to_ship", fulfilment="merchant")
        return found.filter(lines__quantity__gte=units).order_by("-ordered_at")[0]


@pytest.fixture
def shop(street: Street, adapter: Any, declared: Any) -> Shop:
    """With three days of history."""
    account = street.connect(adapter, declared)
    return Shop(street, account, (declared.client, declared.key))
