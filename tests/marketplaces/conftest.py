from __future__ import annotations

from collections.abc import Iterator

import pytest

from config.core import clock
from config.tenants.models import Tenant
from marketplaces.models import Account, Credential
from tests.factories import NOON
from tests.marketplaces import stall


@pytest.fixture
def remote() -> stall.Remote:
    stall.install()
    return stall.renew()


@pytest.fixture
def at_noon() -> Iterator[None]:
    with clock.frozen(NOON):
        yield


@pytest.fixture
def shop(north: Tenant, remote: stall.Remote, at_noon: None) -> Account:
    """An account of the stall that reads ten days of history; it is noon of 2 October 2026."""
    account = Account.objects.create(
        key="shop", marketplace=stall.KEY, label="Shop", stores=["NL"], connected_at=NOON,
        history_from=NOON - stall.timedelta(days=10),
    )  # fmt: skip
    Credential.objects.create(account=account, name="token", value="t0p-secret")
    return account
