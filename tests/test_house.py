"""The rules of the house, as tests: who imports whom, what is declared, how long things are, who assigns a status."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

from gateway import schema

ROOT = Path(__file__).resolve().parent.parent
GATEWAY = ROOT / "gateway"
MODULES = sorted(path for path in GATEWAY.rglob("*.py") if "migrations" not in path.parts)
OURS = [*MODULES, *sorted((ROOT / "bot").rglob("*.py")), *sorted((ROOT / "tools").rglob("*.py"))]

LONGEST_MODULE, LONGEST_FUNCTION = 400, 40
EDGES = ("web", "clients", "demo")
EDGE_MODULES = {
    "acceptor", "app", "cli", "door", "logs", "services", "supervisor", "team_cli", "turns", "up", "web_process",
    "worker", "worker_process",
}  # fmt: skip
BANNED_IN_CORE = {"flask", "redis", "twilio", "httpx", "rasa", "requests", "werkzeug", "gunicorn"}
BANNED_NAMES = {"utils", "helpers", "services", "base", "manager", "common", "misc"}
# "services.py" finds or starts Postgres and Redis: the name is the plan's own.
NAMES_KEPT = {GATEWAY / "services.py"}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports when it is loaded or when its functions run, type checking aside."""
    tree = parsed(path)
    skipped = {
        id(child)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def area(path: Path) -> str:
    """The first folder under gateway, or the module's own name."""
    relative = path.relative_to(GATEWAY)
    return relative.parts[0].removesuffix(".py")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


CORE = [path for path in MODULES if area(path) not in EDGES and area(path) not in EDGE_MODULES]
PURE = [path for path in MODULES if area(path) in {"risk", "language"}]


@pytest.mark.parametrize("path", PURE, ids=named)
def test_risk_and_language_know_nothing_of_the_gateway(path: Path) -> None:
    own = f"gateway.{area(path)}"
    strangers = [name for name in imports(path) if name.startswith("gateway") and not name.startswith(own)]
    assert not [name for name in strangers if name != "gateway"], strangers
    assert not {name.split(".")[0] for name in imports(path)} & (BANNED_IN_CORE | {"sqlalchemy"})


@pytest.mark.parametrize("path", CORE, ids=named)
def test_the_core_knows_no_vendor_and_no_edge(path: Path) -> None:
    known = set(imports(path))
    assert not {name.split(".")[0] for name in known} & BANNED_IN_CORE
    assert not [name for name in known if f"{name}.".startswith(tuple(f"gateway.{edge}." for edge in EDGES))]


@pytest.mark.parametrize("path", [p for p in MODULES if area(p) == "clients"], ids=named)
def test_a_client_knows_one_vendor_and_no_table(path: Path) -> None:
    known = {name.split(".")[0] for name in imports(path)}
    assert len(known & BANNED_IN_CORE) <= 1
    assert "sqlalchemy" not in known
    assert not [name for name in imports(path) if name.startswith(("gateway.models", "gateway.web"))]


def test_bot_and_gateway_do_not_know_each_other() -> None:
    for path in (ROOT / "bot").rglob("*.py"):
        assert not [name for name in imports(path) if name.split(".")[0] == "gateway"], path
    for path in MODULES:
        assert not [name for name in imports(path) if name.split(".")[0] == "bot"], path


@pytest.mark.parametrize("path", OURS, ids=named)
def test_modules_and_functions_stay_short(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) < LONGEST_MODULE
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length < LONGEST_FUNCTION, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", OURS, ids=named)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(parsed(path)) or not path.read_text().strip()


def test_no_vague_names() -> None:
    found = [path for path in OURS if path.stem in BANNED_NAMES and path not in NAMES_KEPT]
    assert not found


def test_no_exception_is_swallowed() -> None:
    for path in OURS:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ExceptHandler):
                wide = node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "BaseException")
                silent = all(isinstance(line, ast.Pass) for line in node.body)
                generic = isinstance(node.type, ast.Name) and node.type.id == "Exception"
                assert not wide, f"{path}:{node.lineno}"
                assert not (generic and silent), f"{path}:{node.lineno}"


STATUS_OWNERS = {
    "escalations.py": {"status", "level", "owner_id"},
    "conversations.py": {"handler", "closed_at"},
    "delivery.py": {"status"},
}


def test_only_the_verbs_assign_a_status() -> None:
    watched = {"handler", "closed_at", "owner_id"}
    for path in CORE + [p for p in MODULES if area(p) in EDGES and "demo" not in p.parts]:
        owned = STATUS_OWNERS.get(path.name, set())
        for node in ast.walk(parsed(path)):
            if not isinstance(node, ast.Assign | ast.AugAssign):
                continue
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for leaf in ast.walk(target):
                    if isinstance(leaf, ast.Attribute) and leaf.attr in watched | {"status"}:
                        on_self = isinstance(leaf.value, ast.Name) and leaf.value.id == "self"
                        assert on_self or leaf.attr in owned, f"{named(path)}:{node.lineno} assigns {leaf.attr}"


def test_every_blueprint_declares_its_guard(app: Flask) -> None:
    from gateway.web.guards import GUARDS  # noqa: PLC0415

    assert set(app.blueprints) <= set(GUARDS)
    assert {"public", "twilio_signed", "responder", "chat_token"} <= set(GUARDS.values())
    bare = [
        rule.endpoint for rule in app.url_map.iter_rules() if "." not in rule.endpoint and rule.endpoint != "static"
    ]
    assert not bare


def test_only_guards_make_blueprints() -> None:
    for path in MODULES:
        if path.name != "guards.py":
            made = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]
            assert not [node for node in made if isinstance(node.func, ast.Name) and node.func.id == "Blueprint"], path


def test_every_setting_stands_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text()
    text = "".join((GATEWAY / name).read_text() for name in ("settings.py", "up.py"))
    named_settings = set(re.findall(r'"((?:FRONTDOOR|TWILIO|SENTRY|DATABASE|REDIS)_[A-Z_]+)"', text))
    missing = {name for name in named_settings if not re.search(rf"^#? ?{name}=", example, re.MULTILINE)}
    assert named_settings
    assert not missing


def test_migrations_are_numbered_and_have_one_head() -> None:
    files = sorted(path.name for path in (GATEWAY / "migrations" / "versions").glob("*.py"))
    assert [name[:5] for name in files] == [f"{number:04d}_" for number in range(1, len(files) + 1)]
    assert len(schema.heads()) == 1


def test_no_registry_address_is_committed() -> None:
    listed = [ROOT / "pyproject.toml", ROOT / "Makefile", *(ROOT / "requirements").glob("*.txt")]
    for path in listed:
        assert not re.search(r"(pypi|pythonhosted|npmjs|debian)\.org", path.read_text()), path
