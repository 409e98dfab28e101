"""Size budgets, banned names and banned patterns. Whoever exceeds one stands in the table with a reason."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source import Module, modules

FILE_LINES = 500
MEDIAN_FILE_LINES = 100
FUNCTION_LINES = 50
PARAMETERS = 5
NESTING = 3
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "handler", "handlers"}
BLOCKS = ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith | ast.Try | ast.Match
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef

EXEMPT: dict[tuple[str, str], str] = {
    ("config/core/runner.py", "broad except"): "the job wrapper turns every failure into an outcome",
    ("config/core/tenancy.py", "lock of all clients"): "puts the client into the name of every lock",
    ("config/beat.py", "lock of all clients"): "one beat runs for all clients",
    ("finance/fx/store.py", "lock of all clients"): "exchange rates are shared by all clients",
    ("config/core/clock.py", "own clock"): "the one clock reads the real time",
    ("marketplaces/sandbox/process.py", "own clock"): "the simulated world is dated before its clock exists",
}
PATTERNS = {
    "broad except": r"except\s*(\(?\s*(Base)?Exception\b.*)?:",
    "unfinished": r"\b(TODO|FIXME|XXX|HACK)\b|\bbreakpoint\(\)|pdb\.set_trace",
    "silent tenant": r"or [\"']public[\"']",
    "own clock": r"\bdatetime\.(now|utcnow|today)\(|\bdate\.today\(|\btimezone\.now\(",
    "branch on a marketplace": r"\.marketplace\s*(==|!=)\s*[\"']",
    "banner": r"^\s*#\s*[-=#*]{4,}",
    "lock of all clients": r"\bpg_(try_)?advisory",
    "model signal": r"(?<![.\w])(?<!def )(pre|post)_(save|delete)\b",
}
MONEY_FILES = ("finance/**", "**/canonical.py", "**/mapping.py", "**/mapping/**", "**/rows/**", "config/core/money.py")


def violations(kind: str, found: Iterator[tuple[Module, str]]) -> list[str]:
    """What is found and not exempt, and what is exempt for nothing."""
    listed = [(module.name, text) for module, text in found]
    excused = {name for name, rule in EXEMPT if rule == kind}
    idle = excused - {name for name, _ in listed}
    return [f"{name}{text}" for name, text in listed if name not in excused] + [
        f"{name} no longer needs its exemption from {kind!r}" for name in sorted(idle)
    ]


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(module.tree) if isinstance(node, FUNCTIONS))


def matching(pattern: str) -> Iterator[tuple[Module, str]]:
    for module in modules():
        for number, line in enumerate(module.text.splitlines(), 1):
            if re.search(pattern, line):
                yield module, f":{number} {line.strip()}"


def depth(node: ast.AST, *, inside: int = 0) -> int:
    """Blocks within blocks; `elif` continues its `if`, and a function within a function starts anew."""
    deepest = inside
    for field, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, FUNCTIONS | ast.Lambda | ast.ClassDef):
                continue
            is_elif = isinstance(node, ast.If) and field == "orelse" and isinstance(child, ast.If) and len(value) == 1
            step = isinstance(child, BLOCKS) and not is_elif
            deepest = max(deepest, depth(child, inside=inside + step))
    return deepest


def test_it_keeps_files_short():
    long = ((m, f": {n} lines") for m in modules() if (n := len(m.text.splitlines())) > FILE_LINES)
    assert violations("file lines", long) == []


def test_it_keeps_the_usual_file_very_short():
    lengths = sorted(n for m in modules() if (n := len(m.text.splitlines())) > 0)
    assert lengths[len(lengths) // 2] < MEDIAN_FILE_LINES


def test_it_keeps_functions_short():
    long = (
        (m, f":{f.lineno} {f.name} has {n} lines")
        for m in modules()
        for f in functions(m)
        if (n := (f.end_lineno or f.lineno) - f.lineno + 1) > FUNCTION_LINES
    )
    assert violations("function lines", long) == []


def test_it_keeps_positional_parameters_few():
    many = (
        (m, f":{f.lineno} {f.name} takes {n}")
        for m in modules()
        for f in functions(m)
        if (n := sum(a.arg not in ("self", "cls") for a in [*f.args.posonlyargs, *f.args.args])) > PARAMETERS
    )
    assert violations("parameters", many) == []


def test_it_keeps_nesting_flat():
    deep = (
        (m, f":{f.lineno} {f.name} nests {n}") for m in modules() for f in functions(m) if (n := depth(f)) > NESTING
    )
    assert violations("nesting", deep) == []


def test_it_names_files_after_what_they_hold():
    vague = ((m, "") for m in modules() if m.path.stem in BANNED_NAMES or m.path.parent.name in BANNED_NAMES)
    assert violations("name", vague) == []


def test_it_uses_no_banned_pattern():
    assert [each for kind, pattern in PATTERNS.items() for each in violations(kind, matching(pattern))] == []


def test_it_never_uses_a_float_near_money():
    floats = (
        (m, f":{node.lineno} float(")
        for m in modules()
        if any(m.matches(pattern) for pattern in MONEY_FILES)
        for node in ast.walk(m.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float"
    )
    assert violations("float", floats) == []


def test_it_reads_no_marketplace_extras_outside_the_adapters():
    reads = (
        (m, f":{node.lineno} reads a key of `extra`")
        for m in modules()
        if not m.matches("marketplaces/adapters/**")
        for node in ast.walk(m.tree)
        if is_read_of_extra(node)
    )
    assert violations("extra", reads) == []


def is_read_of_extra(node: ast.AST) -> bool:
    holder = None
    if isinstance(node, ast.Subscript):
        holder = node.value
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        holder = node.func.value
    return isinstance(holder, ast.Attribute) and holder.attr == "extra"


def test_it_measures_nesting_as_a_reader_does():
    tree = ast.parse("def f():\n if a:\n  pass\n elif b:\n  for x in y:\n   with z:\n    pass\n")
    assert depth(tree.body[0]) == 3
