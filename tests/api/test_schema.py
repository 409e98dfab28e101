"""What the API says of itself is what it does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import requests
import schemathesis
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase
from hypothesis import settings as budget
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from config.api import router
from config.core import tenancy
from tests import lookalikes

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
KEPT = ("idempotency-key", "accept")
FILE = Path(settings.BASE_DIR, "openapi.json")
OPERATIONS = schemathesis.openapi.from_path(FILE)
pytestmark = pytest.mark.django_db


@pytest.fixture
def described(north):
    return SchemaGenerator(urlconf="config.urls").get_schema(request=None, public=True)


def test_it_is_described_by_the_committed_file(described):
    message = "run: manage.py spectacular --urlconf config.urls --format openapi-json --file openapi.json"
    assert json.loads(json.dumps(described, default=str)) == json.loads(FILE.read_text()), message


def test_it_describes_no_list_that_grows_with_a_marketplace(described):
    named = [p for path in described["paths"].values() for o in path.values() for p in o.get("parameters", [])]
    assert [p for p in named if p["name"] == "resource" and "enum" in p["schema"]] == []


def test_it_shows_its_page_without_asking_the_world_outside(at_north, north):
    text = at_north.get("/api/v1/docs/").content.decode()
    addresses = re.findall(r"""(?:src|href)=["']([^"']+)""", text)
    assert addresses
    assert [address for address in addresses if not address.startswith(("/", "data:"))] == []
    assert "/api/v1/schema/" in text
    for address in addresses:
        assert at_north.get(address).status_code == 200


def test_it_refuses_every_operation_to_whoever_is_not_signed_in(at_north, north):
    addresses = [(path, method) for path, item in json.loads(FILE.read_text())["paths"].items() for method in item]
    assert len(addresses) > 100
    open_ones = [
        (path, method)
        for path, method in addresses
        if at_north.generic(method.upper(), re.sub(r"{\w+}", "1", path)).status_code != 401
    ]
    assert open_ones == []


def is_one_question(context):
    """Whether examples differ in nothing but a number, in whose place the number of our row is put."""
    return context.operation.method.lower() == "get" and "{id}" in context.operation.path


def examples(most):
    return budget(
        max_examples=most, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


@OPERATIONS.exclude(is_one_question).parametrize()
@examples(6)
def test_it_never_breaks_and_keeps_to_its_description(case, world):
    hold(case, send(world, case))


@OPERATIONS.include(is_one_question).parametrize()
@examples(2)
def test_it_shows_each_row_as_described(case, world):
    hold(case, send(world, case))


def hold(case, answer):
    """The answer against the description."""
    assert answer.status_code < 500, answer.content
    assert answer.headers["x-request-id"]
    case.validate_response(answer, checks=CHECKS)


@pytest.fixture(scope="module")
def stored(own_copy, django_db_setup, django_db_blocker):
    """A row of every kind, committed once for all operations; each test still takes back what it did itself."""
    with django_db_blocker.unblock():
        with tenancy.in_tenant("north"):
            rows = lookalikes.fill("mark")
        yield {
            name: rows.get(view.queryset.model._meta.label) for app in router.APPS for name, view in app.VIEWS.items()
        }
        own_copy.renew()


@pytest.fixture
def world(stored, program):
    """A program that may do everything, and one row of every kind for it to meet."""
    return program(), stored


def send(world, case):
    """The generated request through Django's own client, so that it stays within the test's transaction."""
    client, rows = world
    row = rows.get(case.path.split("/")[3])
    if row is not None and "id" in (case.path_parameters or {}):
        case.path_parameters["id"] = row.pk
    sent = requests.Request(**case.as_transport_kwargs(base_url="http://north.localhost")).prepare()
    headers = {name.lower(): value for name, value in sent.headers.items() if name.lower() in KEPT}
    body, kind = sent.body or b"", sent.headers.get("content-type", "application/json")
    body = body.encode() if isinstance(body, str) else body
    return heard(sent, client.generic(sent.method, sent.path_url, body, kind, headers=headers))


def heard(sent, answer):
    """The answer in the form that the description is compared with."""
    return schemathesis.Response(
        status_code=answer.status_code,
        headers={name.lower(): [value] for name, value in answer.headers.items()},
        content=b"".join(answer.streaming_content) if answer.streaming else answer.content,
        request=sent,
        elapsed=0,
        verify=False,
    )
