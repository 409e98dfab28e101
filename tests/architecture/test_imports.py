"""Who may import whom: the ladder, and the finer rules as one table."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.architecture.source import PACKAGES, Module, modules

LADDER = {
    "config.core": 0,
    "config.tenants": 0,
    "marketplaces": 1,
    "catalog": 2,
    "inventory": 3,
    "finance": 4,
    "advertising": 5,
    "tickets": 6,
    "config.api": 7,
    "config.checks": 7,
    "config.core.management": 7,
    "config.health": 7,
    "config.screens": 7,
    "config.urls": 7,
    "config.urls_public": 7,
}
BOTTOM = {("config.tenants", "config.core"), ("config.core.management", "config.core")}

PURE = (
    "marketplaces.canonical",
    "marketplaces.carrier_codes",
    "marketplaces.contract",
    "marketplaces.pieces",
    "marketplaces.plain",
    "marketplaces.sandbox.facts",
    "marketplaces.sandbox.people",
    "marketplaces.sandbox.tariffs",
    "marketplaces.sandbox.wire",
    "marketplaces.wording",
    "config.core.clock",
    "config.core.errors",
    "config.core.exact",
    "config.core.money",
)
TALKING = (*PURE, "config.core.http", "config.core.limits", "config.core.tokens")
FRAMEWORKS = ("django", "rest_framework", "celery", "requests", "urllib3", "boto3", "backoff")
QUERIES = ("django.db", "django.apps", "rest_framework", "celery", "requests")


@dataclass(frozen=True)
class Rule:
    """Files of this pattern may import of ours only `only`, and never `never`."""

    files: str
    why: str
    only: tuple[str, ...] | None = None
    never: tuple[str, ...] = ()
    within: int = 0  # folders of its own path whose modules it may import as well


ADAPTER = 3
RULES = (
    Rule("marketplaces/adapters/*/adapter.py", "a declaration is data", only=PURE, never=FRAMEWORKS, within=ADAPTER),
    Rule("marketplaces/adapters/*/{mapping,actions,sandbox,events}.py", "pure", PURE, FRAMEWORKS, ADAPTER),
    Rule("marketplaces/adapters/*/{mapping,actions,sandbox,events,rows}/**", "pure", PURE, FRAMEWORKS, ADAPTER),
    Rule(
        "inventory/carriers/*/{carrier,countries,addresses,rules,mapping,scans}.py",
        "pure",
        only=(*PURE, "inventory.carriers.contract", "inventory.carriers.customs", "inventory.carriers.news"),
        never=FRAMEWORKS,
        within=ADAPTER,
    ),
    Rule("marketplaces/adapters/**", "talks through the shared session only", TALKING, FRAMEWORKS, ADAPTER),
    Rule(
        "{config,catalog,inventory,finance,advertising,tickets}/**",
        "ask the registry",
        never=("marketplaces.adapters",),
    ),
    Rule("marketplaces/*.py", "ask the registry", never=("marketplaces.adapters",)),
    Rule("marketplaces/{models,services,sync,sandbox}/**", "ask the registry", never=("marketplaces.adapters",)),
    Rule(
        "{catalog,inventory,finance,advertising}/**",
        "rows come through sinks, decisions go through services",
        never=("marketplaces.sync", "marketplaces.tasks", "marketplaces.models.sync", "marketplaces.contract"),
    ),
    Rule(
        "**/{postings,profitability,matching,metrics,replenishment,states,conditions,window,classes}.py",
        "pure: tested without a database",
        never=QUERIES,
    ),
    Rule("*/services/**", "a service knows no request", never=("django.http", "django.forms", "django.views")),
    Rule("*/services.py", "a service knows no request", never=("django.http", "django.forms", "django.views")),
    Rule("*/models/**", "a model has no side effects", never=("django.http", "requests", "celery")),
)
LAYERS = {
    "services": {"views", "tasks", "api", "admin", "forms", "filters"},
    "models": {"services", "selectors", "views", "api", "admin", "tasks", "sinks"},
    "selectors": {"services", "views", "api", "admin", "tasks", "sinks"},
    "sinks": {"views", "api", "admin", "tasks"},
}
LATE_IMPORTS = {"apps.py": "an app fills the registries when Django is ready"}


def level_of(dotted: str) -> tuple[str, int] | None:
    """The longest rung that holds this name; None for what stands beside the ladder (settings, entry points)."""
    rungs = [rung for rung in LADDER if dotted == rung or dotted.startswith(f"{rung}.")]
    rung = max(rungs, key=len, default=None)
    return (rung, LADDER[rung]) if rung else None


def climbs() -> Iterator[str]:
    for module in modules():
        own = level_of(module.dotted)
        for line, name in module.imports:
            other = level_of(name)
            if own is None or other is None or own[0] == other[0] or (own[0], other[0]) in BOTTOM:
                continue
            if other[1] >= own[1] and not own[1] == other[1] == 7:
                yield f"{module.name}:{line} ({own[0]}) imports {name}"


def breaches(rule: Rule) -> Iterator[str]:
    for module in modules():
        if not module.matches(rule.files):
            continue
        own = (".".join(module.dotted.split(".")[: rule.within]),) if rule.within else ()
        for line, name in module.imports:
            ours = name.split(".")[0] in PACKAGES
            refused = rule.only is not None and ours and not within(name, (*rule.only, *own))
            if refused or within(name, rule.never):
                yield f"{module.name}:{line} imports {name}"


def within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in packages)


def test_it_imports_downwards_only():
    assert list(climbs()) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.files)
def test_it_keeps_the_finer_rule(rule):
    assert list(breaches(rule)) == [], rule.why


def test_it_never_climbs_within_an_app():
    found = [
        f"{module.name}:{line} imports {name}"
        for module in modules()
        for layer, above in LAYERS.items()
        if layer in module.dotted.split(".")[1:2]
        for line, name in module.imports
        if name.split(".")[0] == module.dotted.split(".")[0] and set(name.split(".")[1:2]) & above
    ]
    assert found == []


def test_it_leaves_the_rows_of_other_apps_to_their_selectors():
    assert [touch for module in modules() for touch in foreign_managers(module)] == []


def foreign_managers(module: Module) -> Iterator[str]:
    """`Model.objects` of a model that another app owns; screens and commands at the top ask selectors as well."""
    app = module.dotted.split(".")[0]
    if app == "config":
        return
    foreign = {
        name.rsplit(".", 1)[1]: name
        for _, name in module.imports
        if ".models" in name and name.split(".")[0] in PACKAGES and name.split(".")[0] not in (app, "config")
    }
    for node in ast.walk(module.tree):
        owner = getattr(node.value, "id", "") if isinstance(node, ast.Attribute) and node.attr == "objects" else ""
        if owner in foreign:
            yield f"{module.name}:{node.lineno} asks {foreign[owner]}.objects"


def test_it_imports_at_the_top_of_the_file():
    found = [
        f"{module.name}:{node.lineno}"
        for module in modules()
        if module.path.name not in LATE_IMPORTS
        for function in ast.walk(module.tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert found == []


def test_it_sees_a_climb_when_there_is_one():
    assert level_of("config.core.management.commands.up") == ("config.core.management", 7)
    assert level_of("finance.fx.models") == ("finance", 4)
    assert level_of("config.settings.base") is None
