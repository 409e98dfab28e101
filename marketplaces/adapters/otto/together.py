"""Quantities, prices and switches: many variations in one call, and what its answer and its task say of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from config.core.errors import Rejected
from marketplaces.adapters.otto import actions, answers, endpoints
from marketplaces.adapters.otto.auth import Api
from marketplaces.adapters.otto.rows.reading import text
from marketplaces.contract import CommandKind, Outbound, Outcome, OutcomeState

Piece = Mapping[str, Any]
Shown = Callable[[Sequence[str]], Mapping[str, Piece]]
"""The variations of some SKUs, as they stand."""
KINDS = frozenset({CommandKind.SET_STOCK, CommandKind.SET_PRICE, CommandKind.SET_HOLD})


def send(api: Api, commands: Sequence[Outbound], shown: Shown) -> list[Outcome]:
    """Writes of one kind; what cannot be said is REJECTED alone. Raises Rejected where the call is refused as a whole."""
    refused: dict[int, Outcome] = {}
    for place, command in enumerate(commands):
        try:
            _checked(command)
        except Rejected as error:
            refused[place] = Outcome(OutcomeState.REJECTED, reason=str(error))
    leaving = [command for place, command in enumerate(commands) if place not in refused]
    told = iter(outcomes([c.external_id for c in leaving], _called(api, leaving, shown)) if leaving else [])
    return [refused.get(place) or next(told) for place in range(len(commands))]


def _checked(command: Outbound) -> None:
    if command.kind is CommandKind.SET_PRICE:
        actions.wanted_price(command.payload)
    if command.kind is CommandKind.SET_STOCK:
        actions.wanted_quantity(command.payload)


def _called(api: Api, leaving: Sequence[Outbound], shown: Shown) -> Piece:
    if leaving[0].kind is CommandKind.SET_STOCK:
        return answers.body(api.call(endpoints.SET_QUANTITIES, body=[actions.quantity_row(c) for c in leaving]))
    if leaving[0].kind is CommandKind.SET_HOLD:
        return answers.body(api.call(endpoints.SET_ACTIVE, body={"status": [actions.switch_row(c) for c in leaving]}))
    stand = shown([command.external_id for command in leaving])
    rows = [actions.price_row(command, stand.get(command.external_id, {})) for command in leaving]
    return answers.body(api.call(endpoints.PRICES, body=rows))


def outcomes(skus: Sequence[str], answer: Piece) -> list[Outcome]:
    """What an answer means for each SKU. Its errors name none but in their words; an error that names nobody leaves
    every variation in doubt that is not among the results."""
    refused: dict[str, str] = {}
    is_clear = True
    for error, words in zip(answers.each_error(answer), answers.errors(answer), strict=True):
        about = list(skus) if len(skus) == 1 else answers.named(f"{error.get('title')} {error.get('detail')}", skus)
        is_clear = is_clear and len(about) == 1
        refused |= {sku: "; ".join(filter(None, (refused.get(sku), words))) for sku in about if len(about) == 1}
    done = {text(piece, "sku") for piece in answers.pieces(answer, "results")}
    task = task_id(answer)
    return [_outcome(refused.get(sku, ""), is_clear or sku in done, task) for sku in skus]


def _outcome(refused: str, is_taken: bool, task: str) -> Outcome:
    if refused:
        return Outcome(OutcomeState.REJECTED, reason=refused)
    if is_taken:
        return Outcome(OutcomeState.ACCEPTED, remote_ref=task)
    reason = "the marketplace refused something without saying what; read back"
    return Outcome(OutcomeState.UNKNOWN, reason=reason, remote_ref=task)


def task_id(answer: Piece) -> str:
    """The task's id stands at the end of its link."""
    for link in answers.pieces(answer, "links"):
        path = urlsplit(text(link, "href")).path
        if "update-tasks/" in path:
            return path.partition("update-tasks/")[2].partition("/")[0]
    return text(answer, "uuid", "id")


def failure(sku: str, task: Piece, remote_ref: str) -> Outcome | None:
    """Why a task (with its `results`) could not change the variation; None where its failures are those of others."""
    told = [task, *answers.pieces(task, "results")]
    if text(task, "total") != "1":
        told = [piece for piece in told if _is_about(piece, sku)]
    if not told:
        return None
    reason = "; ".join(word for piece in told for word in answers.errors(piece))
    reason = reason or "the marketplace says only that it failed"
    return Outcome(OutcomeState.REJECTED, reason=reason, remote_ref=remote_ref)


def _is_about(result: Piece, sku: str) -> bool:
    """By its variation, a SKU or the link of one, else by its words."""
    if told := text(result, "variation"):
        return told == sku or told.endswith(f"/{sku}")
    return bool(answers.named(" ".join(answers.errors(result)), [sku]))
