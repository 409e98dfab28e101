"""Maps archived pages, checks the rows, hands them to the sinks in batches, and keeps what could not be taken."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from marketplaces import registry, sinks
from marketplaces.canonical import CANONICAL_TYPES, Rejected, Row
from marketplaces.contract import Mapper, Page
from marketplaces.sync import archive, checks, rejects

BATCH = 5_000
POISON_SHARE = 5
POISON_LEAST = 5
JUDGE_FROM = 1_000


class Poisoned(Exception):
    """More than a fifth of a page could not be read; `found` holds some of what could not."""

    def __init__(self, page_id: int, found: list[Rejected]) -> None:
        super().__init__(f"more than a fifth of page {page_id} cannot be read; the first reason: {found[0].reason}")
        self.page_id, self.found = page_id, found


@dataclass(slots=True)
class Counts:
    """What became of the rows of a run; `newest` is the latest record time among them, `subjects` goes by page id."""

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    newest: datetime | None = None
    rejected_ids: list[int] = field(default_factory=list)
    subjects: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))


@dataclass(slots=True)
class _Tally:
    """One page: how many pieces, and those that failed."""

    page_id: int
    pieces: int = 0
    failed: int = 0
    kept: list[Rejected] = field(default_factory=list)

    def is_poisoned(self) -> bool:
        return self.failed >= POISON_LEAST and self.failed * POISON_SHARE > self.pieces


class Landing:
    """Carries the rows of one run to the sinks; used inside one transaction, closed by `close`.

    Small pages share a batch. Rows of a page with a document id never share one, so that each knows its page.
    """

    def __init__(self, source: sinks.Source, *, judges: bool = True) -> None:
        self.source = source
        self.counts = Counts()
        self._judges = judges
        self._mapper: Mapper = registry.mapper(source.account.marketplace, source.resource)
        self._waiting: dict[str, list[tuple[Row, int]]] = defaultdict(list)
        self._rejected: list[tuple[int, Rejected]] = []

    def page(self, page_id: int, page: Page) -> None:
        """Map one page; raises Poisoned when more than a fifth of it (and at least five pieces) cannot be read."""
        tally = _Tally(page_id)
        self.counts.subjects[page_id].update(())
        for piece in self._mapper(page):
            self._take(piece, tally)
            if tally.pieces % JUDGE_FROM == 0:
                self._judge(tally)
        self._judge(tally)
        if page.document_id:
            self.flush()

    def close(self) -> Counts:
        """Hand over what is left and note that the pages are applied."""
        self.flush()
        archive.mark_applied(self.counts.subjects.items())
        return self.counts

    def flush(self) -> None:
        for kind in CANONICAL_TYPES:
            waiting = self._waiting.pop(kind.__name__, [])
            for start in range(0, len(waiting), BATCH):
                self._hand_over(kind.__name__, waiting[start : start + BATCH])
        self._keep_rejected()

    def _take(self, piece: Row | Rejected, tally: _Tally) -> None:
        tally.pieces += 1
        self.counts.read += 1
        refused = piece if isinstance(piece, Rejected) else checks.refusal(piece)
        if refused:
            tally.failed += 1
            tally.kept.append(refused)
            self._reject(tally.page_id, refused)
        elif not isinstance(piece, Rejected):
            self._accept(piece, tally.page_id)

    def _accept(self, row: Row, page_id: int) -> None:
        unknown = checks.unknown_value(row)
        if unknown:
            self.counts.unknown[unknown[:200]] += 1
        if row.changed_at and (self.counts.newest is None or row.changed_at > self.counts.newest):
            self.counts.newest = row.changed_at
        found = self.counts.subjects[page_id]
        if len(found) < archive.MOST_SUBJECTS:
            found.update(subject[:120] for subject in checks.subjects(row))
        waiting = self._waiting[type(row).__name__]
        waiting.append((row, page_id))
        if len(waiting) >= BATCH:
            self.flush()

    def _reject(self, page_id: int, refused: Rejected) -> None:
        self.counts.rejected += 1
        self._rejected.append((page_id, refused))
        if len(self._rejected) >= JUDGE_FROM:
            self._keep_rejected()

    def _judge(self, tally: _Tally) -> None:
        if self._judges and tally.is_poisoned():
            raise Poisoned(tally.page_id, tally.kept[:JUDGE_FROM])
        del tally.kept[JUDGE_FROM:]

    def _hand_over(self, kind: str, batch: list[tuple[Row, int]]) -> None:
        pages = {page_id for _, page_id in batch}
        source = replace(self.source, page_id=pages.pop() if len(pages) == 1 else None)
        rows = [row for row, _ in batch]
        for index, sink in enumerate(sinks.receivers(kind)):
            applied = sink(rows, source)
            if index == 0:
                self.counts.inserted += applied.inserted
                self.counts.updated += applied.updated
                self.counts.unchanged += applied.unchanged
            for refused in applied.rejected:
                self._reject(_page_of(refused, batch), refused)

    def _keep_rejected(self) -> None:
        waiting, self._rejected = self._rejected, []
        self.counts.rejected_ids += rejects.keep(self.source, waiting)


def _page_of(refused: Rejected, batch: list[tuple[Row, int]]) -> int:
    """The page a sink's refusal came from; the batch's first one when the sink did not name the row."""
    return next((page_id for row, page_id in batch if row.external_id == refused.external_id), batch[0][1])


def pieces(mapper: Mapper, page: Page) -> Iterator[Row | Rejected]:
    """Rows that pass the checks, and pieces that do not; for looking at a page without storing anything."""
    for piece in mapper(page):
        yield piece if isinstance(piece, Rejected) else checks.refusal(piece) or piece
