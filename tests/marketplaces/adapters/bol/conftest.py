"""bol's client against bol's sandbox, over HTTP on this machine."""

import threading
from collections.abc import Iterator
from wsgiref.simple_server import make_server

import pytest

from config.core import clock
from marketplaces.adapters.bol import auth
from marketplaces.adapters.bol.client import Client
from marketplaces.sandbox.overlay import Overlay
from tests.marketplaces.adapters.bol.simulated import NOW, Bol, Silent, client_of


@pytest.fixture
def bol() -> Iterator[Bol]:
    found = Bol(Overlay())
    auth.tokens.clear()
    with make_server("127.0.0.1", 0, found.application, handler_class=Silent) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield found
        server.shutdown()


@pytest.fixture(autouse=True)
def _stopped() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


@pytest.fixture
def client(bol: Bol) -> Client:
    return client_of(bol)
