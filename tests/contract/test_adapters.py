"""What every marketplace must declare, and what its mapping must bear; a new folder is tested without a change here."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from copy import deepcopy
from functools import reduce
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.core import redaction
from inventory.carriers.news import TrackingState
from marketplaces import canonical, plain, registry
from marketplaces.canonical import LineClass, Rejected
from marketplaces.contract import FIELDS, Capability, CommandKind, Flow, Outbound, Page
from marketplaces.sandbox.wire import SandboxApi
from marketplaces.services import commands, payloads
from marketplaces.sync import rejects

pytestmark = pytest.mark.contract

ROWS = {row.__name__: row for row in canonical.CANONICAL_TYPES}
REPORT_PARTS = ("request_report", "find_report", "report_state", "download")
MEDIA = {".json": "application/json", ".csv": "text/csv", ".tsv": "text/tab-separated-values"}
PARTS = ("client", "mapping", "actions", "events", "sandbox")


def folder(adapter) -> Path:
    return registry.FOLDER / adapter.key


def samples(adapter) -> list[Path]:
    found = [file for file in (folder(adapter) / "samples").iterdir() if file.is_file()]
    return sorted(file for file in found if not file.name.endswith(".expected.json"))


def read(adapter, page: Page) -> list:
    return list(registry.mapper(adapter.key, page.resource)(page))


def test_it_declares_stores_that_can_be_found_and_told_apart(adapter):
    codes = [store.code for store in adapter.stores]
    assert len(set(codes)) == len(codes) > 0
    for store in adapter.stores:
        assert adapter.store(store.code) == store
        assert re.fullmatch(r"[A-Z]{3}", store.currency)
        assert re.fullmatch(r"[A-Z]{2}", store.country)


def test_it_publishes_fees_that_are_dated_read_somewhere_and_told_apart(adapter):
    rows = registry.tariff(adapter.key)
    stores = {store.code: store for store in adapter.stores}
    keys = Counter(
        (
            r.line_class,
            r.channel,
            r.category,
            r.programme,
            r.currency,
            r.valid_from,
            r.price_from,
            r.weight_from_g,
            r.longest_mm,
            r.middle_mm,
            r.shortest_mm,
        )
        for r in rows
    )
    assert [key for key, count in keys.items() if count > 1] == []
    for row in rows:
        assert re.search(r"read \d{4}-\d\d", row.source), row
        assert row.category == row.category.strip().lower()
        assert not row.channel or row.currency in ("", stores[row.channel].currency)
        assert 0 <= row.rate < 1


def test_it_declares_resources_that_yield_known_rows(adapter):
    assert adapter.resources
    for resource in adapter.resources:
        assert resource.rows
        assert set(resource.rows) <= set(ROWS), resource.key
        assert resource.why, f"{resource.key} does not say why it is read"
        assert resource.overlap < resource.window <= resource.history
        assert resource.needs <= adapter.capabilities


def test_it_declares_limits_that_let_calls_through(adapter):
    operations = {route.operation for route in registry.part(adapter.key, "sandbox").API.routes if route.operation}
    assert operations <= set(adapter.limits)
    assert all(limit.rate > 0 and limit.burst >= 1 for limit in adapter.limits.values())


def test_it_has_all_its_parts(adapter):
    for name in PARTS:
        assert registry.part(adapter.key, name)
    assert (folder(adapter) / "README.md").read_text().strip()
    assert isinstance(registry.part(adapter.key, "sandbox").API, SandboxApi)


def test_it_reads_every_declared_resource(adapter):
    client = registry.part(adapter.key, "client").Client
    for resource in adapter.resources:
        assert registry.mapper(adapter.key, resource.key)
        wanted = REPORT_PARTS if resource.flow is Flow.REPORT else (resource.key,)
        assert all(callable(getattr(client, name, None)) for name in wanted), resource.key
        assert any(sample.name.partition(".")[0] == resource.key for sample in samples(adapter)), (
            f"there is no sample of {resource.key}"
        )


def test_it_keeps_its_words_in_its_vocabulary(adapter):
    assert adapter.key in {word.casefold() for word in adapter.vocabulary}


def test_it_maps_its_samples_exactly(adapter):
    for sample in samples(adapter):
        resource = sample.name.partition(".")[0]
        page = Page(resource=resource, body=sample.read_bytes(), media_type=MEDIA.get(sample.suffix, "text/plain"))
        rows = read(adapter, page)
        found = {
            "rows": [plain.row(row) for row in rows if not isinstance(row, Rejected)],
            "rejected": [plain.rejected(row) for row in rows if isinstance(row, Rejected)],
        }
        expected = json.loads(sample.with_name(f"{sample.name.removesuffix(sample.suffix)}.expected.json").read_text())
        assert found == expected, sample.name


def test_it_maps_a_sample_the_same_when_it_is_packed_or_marked(adapter):
    for sample in samples(adapter):
        resource, body = sample.name.partition(".")[0], sample.read_bytes()
        if body.startswith((b"\x1f\x8b", b"\xef\xbb\xbf")):
            continue
        bare = [plain.dumps(row) for row in read(adapter, Page(resource=resource, body=body))]
        packed = [plain.dumps(row) for row in read(adapter, Page(resource=resource, body=gzip.compress(body)))]
        assert packed == bare, f"{sample.name} as gzip"


def test_it_maps_a_sample_the_same_when_the_archive_has_cut_the_buyers_out(adapter):
    for sample in samples(adapter):
        resource, body = sample.name.partition(".")[0], sample.read_bytes()
        whole, kept = (read(adapter, Page(resource=resource, body=b)) for b in (body, redaction.without_people(body)))
        assert [_told(row) for row in kept] == [_told(row) for row in whole], sample.name


def _told(piece):
    """A row as text; of a piece that is refused, what decides whether it is met again."""
    return rejects.fingerprint(piece) if isinstance(piece, Rejected) else plain.dumps(plain.row(piece))


GARBAGE = st.one_of(
    st.binary(max_size=200),
    st.text(max_size=200).map(str.encode),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode()),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=GARBAGE)
def test_it_rejects_garbage_and_never_raises(adapter, body):
    for resource in adapter.resources:
        for row in read(adapter, Page(resource=resource.key, body=body)):
            assert isinstance(row, Rejected), (resource.key, row)
            assert len(row.reason) > 10


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_it_survives_a_sample_that_is_damaged_anywhere(adapter, data):
    sample = data.draw(st.sampled_from(samples(adapter)))
    body = bytearray(sample.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    for damaged in (bytes(body), bytes(body[:cut])):
        rows = read(adapter, Page(resource=sample.name.partition(".")[0], body=damaged))
        assert all(isinstance(row, canonical.Row | Rejected) for row in rows)


ODD = (
    None, True, -1, "", "x", "1e400", "1E+999999", "NaN", "12,5", "9" * 4400, [], {}, [None], [{}], {"a": 1}, 10**18,
    "2026-13-45T99:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "EURO", "\x00", "٣",
    {"amount": "1e400", "currencyCode": "EUR"}, {"amount": "1", "currencyCode": "ZZZ"}, {"amount": None}, "x" * 140_000,
)  # fmt: skip


def places(value, path=()):
    """The way to every value inside a payload."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield (*path, key)
        yield from places(each, (*path, key))


def spoilt_json(chance, body):
    """The payload with a key missing or with something in it that nobody would send."""
    value = json.loads(body)
    for _ in range(chance.choice((1, 1, 2, 4))):
        *way, last = chance.choice([*places(value)] or [(None,)])
        inside = reduce(lambda piece, key: piece[key], way, value)
        if isinstance(inside, list | dict) and last is not None:
            inside[last] = deepcopy(chance.choice(ODD))
            if chance.random() < 0.25:
                del inside[last]
    return json.dumps(value).encode()


def spoilt_table(chance, body):
    lines = body.decode("utf-8", "replace").split("\n")
    mark = max("\t;,", key=lines[0].count)
    for _ in range(chance.choice((1, 1, 2, 4))):
        place = chance.randrange(len(lines))
        cells = lines[place].split(mark)
        cells[chance.randrange(len(cells))] = f"{chance.choice((*ODD, chr(34)))}"
        lines[place] = mark.join(cells[: chance.choice((None, None, -1))])
    return "\n".join(lines).encode()


SPOILT_TIMES = 100


def test_it_gives_rows_or_reasons_for_samples_with_fields_missing_or_of_another_kind(adapter):
    chance = random.Random(adapter.key)  # noqa: S311 - examples, no secrets
    for _ in range(SPOILT_TIMES):
        sample = chance.choice(samples(adapter))
        spoil = spoilt_json if sample.suffix == ".json" else spoilt_table
        body = spoil(chance, sample.read_bytes())
        for encoded in (body, body.decode().encode("utf-16")):
            resource = sample.name.partition(".")[0]
            mapped = payloads.map_stream(registry.mapper(adapter.key, resource), resource, BytesIO(encoded))
            for kind, piece in mapped:
                assert json.dumps(piece)
                assert kind == "rows" or piece["reason"]


def test_it_tells_what_it_can_write(adapter):
    kinds = {*commands.NEEDS.values()}
    client = registry.part(adapter.key, "client").Client
    if adapter.capabilities & kinds:
        assert callable(client.send)
        assert callable(client.read_back)
    together = {writing.together for writing in adapter.writes.values()}
    assert min(together, default=1) > 0
    for name in ("send_together", "look_ahead"):
        assert callable(getattr(client, name, None)) is (max(together, default=1) > 1)
    assert Outbound(kind=CommandKind.SET_PRICE, key="k").payload == {}
    assert bool(adapter.tracking_news) is (Capability.TELL_TRACKING in adapter.capabilities)
    assert adapter.tracking_news <= {state.value for state in TrackingState}


def test_it_tells_of_every_field_that_it_writes_whether_its_neighbours_are_kept(adapter):
    needs = {field: commands.NEEDS[kind] for field, kind in FIELDS.items()}
    assert set(adapter.writes) <= {field for field, need in needs.items() if need in adapter.capabilities}
    written = {needs[field] for field in adapter.writes}
    assert written == adapter.capabilities & set(needs.values())


def test_it_bounds_every_text_that_it_writes(adapter):
    for field in {"title", "description", "bullets", "images"} & set(adapter.writes):
        bounds = adapter.writes[field]
        assert bounds.longest, field
        assert field not in ("bullets", "images") or bounds.most, field


def test_it_names_only_line_classes_that_exist_in_what_its_accounts_lack(adapter):
    known = {line_class.value for line_class in LineClass}
    for account in adapter.sandbox_accounts:
        assert account.without <= known
        assert {"principal", "commission"}.isdisjoint(account.without)
