"""Signals are declared where things happen, received in one file, and listed in one catalogue."""

import ast
from collections.abc import Iterator
from itertools import pairwise

from tests.architecture.source import ROOT, Module, modules

RECEIVERS = "tickets/receivers.py"
CATALOGUE = ROOT / "tickets" / "README.md"
OTHER_SIGNALS = {"config/worker.py": "Celery's own signals of a worker's life"}


def declared() -> dict[str, tuple[Module, ast.Assign, ast.stmt | None]]:
    """Signal name -> its module, its assignment, and the statement that follows it."""
    found = {}
    for module in modules():
        body = [*module.tree.body, None]
        for node, after in pairwise(body):
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.value, ast.Call)
                and name_of(node.value.func) == "Signal"
            ):
                found[name_of(node.targets[0])] = (module, node, after)
    return found


def name_of(node: ast.AST) -> str:
    return getattr(node, "id", getattr(node, "attr", ""))


def subscriptions(module: Module) -> Iterator[int]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef):
            yield from (d.lineno for d in node.decorator_list if "receiver" in ast.dump(d))
        if isinstance(node, ast.Call) and name_of(node.func) == "connect" and sender_of(node.func) in declared():
            yield node.lineno


def sender_of(node: ast.AST) -> str:
    return name_of(getattr(node, "value", node))


def test_it_receives_signals_in_one_file_only():
    outside = [m for m in modules() if m.name != RECEIVERS and m.name not in OTHER_SIGNALS]
    assert [f"{m.name}:{line}" for m in outside for line in subscriptions(m)] == []


def test_it_declares_signals_in_signals_files_only():
    assert [m.name for m, _, _ in declared().values() if m.path.name != "signals.py"] == []


def test_it_says_of_each_signal_when_it_is_sent_and_which_ids_it_carries():
    silent = [
        f"{module.name}: {name}"
        for name, (module, _, after) in declared().items()
        if not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and "`" in str(after.value.value))
    ]
    assert silent == []


def test_it_lists_every_signal_and_every_receiver_in_the_catalogue():
    catalogue = CATALOGUE.read_text()
    receivers = [n.name for m in modules() if m.name == RECEIVERS for n in m.tree.body if is_receiver(n)]
    assert receivers, "tickets open by receivers"
    assert [name for name in [*declared(), *receivers] if f"`{name}`" not in catalogue] == []


def is_receiver(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef) and any("receiver" in ast.dump(d) for d in node.decorator_list)


def test_it_keeps_receivers_small():
    tree = next(m.tree for m in modules() if m.name == RECEIVERS)
    long = [n.name for n in tree.body if is_receiver(n) and (n.end_lineno or 0) - n.lineno + 1 > 10]
    assert long == []
