"""Each sample of DHL's answers gives what stands beside it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from inventory.carriers.dhl import mapping, scans

FOLDER = Path(mapping.__file__).parent / "samples"
READERS: dict[str, Callable[[bytes], Any]] = {
    "label": lambda body: mapping.result(json.loads(body)),
    "return": lambda body: mapping.returned(json.loads(body)),
    "manifest": lambda body: mapping.closed(json.loads(body)),
    "unified": lambda body: list(scans.unified(json.loads(body))),
    "pieces": scans.parcel_de,
}


def plain(value: Any) -> Any:
    """A result as JSON; a paper by the beginning of its hash, and a parcel with the state that its scans come to."""
    if dataclasses.is_dataclass(value):
        told = {each.name: plain(getattr(value, each.name)) for each in dataclasses.fields(value)}
        return told | ({"state": value.state.value} if hasattr(value, "events") else {})
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()[:12]
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return json.loads(json.dumps(value, default=lambda each: each.isoformat()))


def read(sample: Path) -> Any:
    return plain(READERS[sample.name.partition(".")[0]](sample.read_bytes()))


SAMPLES = sorted(path for path in FOLDER.iterdir() if ".expected." not in path.name)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_a_sample_gives_what_stands_beside_it(sample):
    assert read(sample) == json.loads((FOLDER / f"{sample.stem}.expected.json").read_text())


def test_every_kind_of_answer_has_a_sample():
    assert {sample.name.partition(".")[0] for sample in SAMPLES} == set(READERS)
