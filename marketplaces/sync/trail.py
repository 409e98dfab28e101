"""Which calls of a run speak of what: those that name it, else the one that brought the page it stands on."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.db import connection

from marketplaces.contract import Page
from marketplaces.models import Traffic
from marketplaces.services.connections import Recorder
from marketplaces.sync import archive

READ_AT_ONCE = 50
_IN_ADDRESS = re.compile(rb"[/?&=,]")
_MARK = """
    UPDATE marketplaces_traffic AS call SET subjects = found.subjects
    FROM jsonb_to_recordset(%s::jsonb) AS found(id bigint, subjects varchar[]) WHERE call.id = found.id
"""
Found = defaultdict[int, set[str]]


class Trail:
    """Remembers between which pages the calls of a run were made."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._ends: list[int] = []

    def along(self, pages: Iterable[Page]) -> Iterator[Page]:
        """The pages as they come; the calls since the page before are theirs."""
        for page in pages:
            self._ends.append(self._recorder.calls)
            yield page

    def mark(self, stored: Sequence[archive.Stored], subjects: Mapping[int, set[str]]) -> None:
        """Write on each recorded call what it speaks of, once the run's rows are stored; at most 5,000 subjects each.

        `subjects` are those of each archived page by its id, whether or not the page was known before.
        """
        calls = self._recorder.written
        wanted = set().union(*subjects.values())
        if not calls or not wanted:
            return
        found = _named(calls, wanted)
        for item in stored:
            mine = self._calls_of(item.position)
            if mine:
                found[mine[-1]] |= subjects.get(item.id, set()).difference(*(found[call] for call in mine))
        _write(found)

    def _calls_of(self, position: int) -> Sequence[int]:
        """Ids of the calls that brought a page; several pages of one call share it."""
        end = self._ends[position]
        start = next((before for before in reversed(self._ends[:position]) if before < end), 0)
        return self._recorder.written[start:end]


def _named(calls: Sequence[int], wanted: set[str]) -> Found:
    """Subjects whose id stands whole in a call's address or in its kept bodies."""
    names = defaultdict(set)
    for subject in wanted:
        names[subject.partition(":")[2].encode()].add(subject)
    found: Found = defaultdict(set)
    rows = Traffic.objects.filter(pk__in=calls).values_list("pk", "url", "request_body", "response_body")
    for call, url, *bodies in rows.iterator(chunk_size=READ_AT_ONCE):
        words = set(_IN_ADDRESS.split(url.encode()))
        words.update(*(bytes(body or b"").split(b'"') for body in bodies))
        found[call].update(*(names[word] for word in names.keys() & words))
    return found


def _write(found: Mapping[int, set[str]]) -> None:
    rows = [{"id": call, "subjects": sorted(named)[: archive.MOST_SUBJECTS]} for call, named in found.items() if named]
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [json.dumps(rows)])
