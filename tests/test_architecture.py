"""The layers, read out of the source: dependencies point down, and rare things have one home."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import tdv

PACKAGE = Path(tdv.__file__).parent
# From the lowest to the highest; a module imports its own layer and those before it.
LAYERS = [
    "errors",
    "version",
    "entrypoints",
    "model",
    "store",
    "formats",
    "rowdiff",
    "rowmerge",
    "quality",
    "rules",
    "analysis",
    "repo",
    "ops",
    "snapshot",
    "api",
    "cli",
]
# Not of any layer: the door (`import tdv`) and the entry point (`python -m tdv`).
DOORS = {"": {"api", "version"}, "__main__": {"cli"}}
# Imports that cost too much to be had by accident, and the modules that may have them.
HEAVY = {
    "pyarrow": {
        "tdv.formats.tables",
        "tdv.ops.arrow",
        "tdv.quality.extracting.arrowtext",
        "tdv.quality.extracting.extract",
        "tdv.quality.searching.textsearch",
        "tdv.rowmerge.tables",
    },
    "numpy": {
        "tdv.analysis.beside",
        "tdv.analysis.byvalue",
        "tdv.analysis.copying",
        "tdv.analysis.describing",
        "tdv.analysis.extraction",
        "tdv.analysis.joining",
        "tdv.analysis.judging",
        "tdv.analysis.looking",
        "tdv.analysis.partfile",
        "tdv.formats.blob",
        "tdv.quality.extracting.arrowtext",
        "tdv.quality.extracting.distribution",
        "tdv.quality.extracting.extract",
        "tdv.quality.extracting.facts",
        "tdv.quality.extracting.summary",
        "tdv.quality.extracting.textcolumns",
        "tdv.quality.searching.textsearch",
        "tdv.quality.vectors",
        "tdv.rowdiff.spill",
        "tdv.rowmerge.compared",
        "tdv.rowmerge.edits",
        "tdv.rowmerge.replaced",
        "tdv.rowmerge.threeway",
        "tdv.rowmerge.twins",
    },
    "rich": set(),
    "tomlkit": {"tdv.repo.config", "tdv.repo.tomledit", "tdv.repo.trust"},
    "jsonschema_rs": {"tdv.quality.schemas.schema"},
    "pydantic": set(),
    "click": set(),
}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "manager", "core", "misc"}


class Import(NamedTuple):
    """One module imports another.

    Attributes:
        target: the imported module, dotted.
        line: where.
        typing_only: the import stands below `if TYPE_CHECKING:`.
    """

    target: str
    line: int
    typing_only: bool


def name_of(path: Path) -> str:
    parts = ["tdv", *path.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(part for part in parts if part != "__init__")


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def tree_of(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text("utf-8"))


@cache
def imports_of(module: str) -> tuple[Import, ...]:
    return tuple(_imports(tree_of(module), False))


def _imports(node: ast.AST, typing_only: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, child.lineno, typing_only)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"relative import in line {child.lineno}"
            for alias in child.names:
                full = f"{child.module}.{alias.name}"
                target = full if full in MODULES else str(child.module)
                yield Import(target, child.lineno, typing_only)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for statement in child.body:
                yield from _imports(ast.Module([statement], []), True)
            for statement in child.orelse:
                yield from _imports(ast.Module([statement], []), typing_only)
        else:
            yield from _imports(child, typing_only)


def layer_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module):
    layer = layer_of(module)
    for target, line, _ in imports_of(module):
        if target.split(".")[0] != "tdv" or target == "tdv":
            continue
        other = layer_of(target)
        if layer in DOORS:
            allowed = DOORS[layer]
        else:
            assert layer in LAYERS, f"{module} belongs to no layer"
            allowed = set(LAYERS[: LAYERS.index(layer) + 1])
        assert other in allowed, f"{module}:{line} imports {target}, which lies above it"


def test_no_import_cycle():
    graph = {
        module: {each.target for each in imports_of(module) if not each.typing_only} & {*MODULES}
        for module in MODULES
    }
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join([*path[path.index(module) :], module])
        if module not in done:
            for target in sorted(graph[module] - {module}):
                visit(target, (*path, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())


@pytest.mark.parametrize("module", [name for name in MODULES if layer_of(name) == "quality"])
def test_rules_know_nothing_of_files_and_stores(module):
    for target, line, _ in imports_of(module):
        assert layer_of(target) in {
            "",
            "errors",
            "version",
            "entrypoints",
            "model",
            "quality",
        } or not (target.startswith("tdv")), f"{module}:{line} imports {target}"


@pytest.mark.parametrize("module", MODULES)
def test_heavy_imports_have_a_home(module):
    for target, line, typing_only in imports_of(module):
        owners = HEAVY.get(target.split(".")[0])
        if owners is not None and not typing_only:
            assert module in owners, f"{module}:{line} imports {target}"


@pytest.mark.parametrize("module", [name for name in MODULES if layer_of(name) != "cli"])
def test_the_library_neither_prints_nor_exits_nor_reads_the_environment(module):
    banned = {"os.environ", "os.environb", "os.getenv", "sys.exit", "sys.argv", "os._exit"}
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Attribute):
            assert ast.unparse(node) not in banned or module == "tdv.__main__", (
                f"{module}:{node.lineno} uses {ast.unparse(node)}"
            )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"print", "input", "exit", "breakpoint"}, (
                f"{module}:{node.lineno} calls {node.func.id}()"
            )


@pytest.mark.parametrize("module", MODULES)
def test_modules_say_what_they_are(module):
    assert ast.get_docstring(tree_of(module)), f"{module} has no docstring"
    assert VAGUE_NAMES.isdisjoint(module.split(".")), f"{module} has a name that says nothing"


def test_only_the_write_seam_writes():
    """Files are created, renamed and removed through `tdv.store.files` alone."""
    writing = {"os.rename", "os.replace", "os.unlink", "os.remove", "os.fsync", "os.ftruncate"}
    for module in MODULES:
        if module == "tdv.store.files" or layer_of(module) == "cli":
            continue
        for node in ast.walk(tree_of(module)):
            if isinstance(node, ast.Attribute):
                assert ast.unparse(node) not in writing, (
                    f"{module}:{node.lineno} uses {ast.unparse(node)}"
                )


def test_no_two_test_files_have_one_name():
    """Without packages among the tests, pytest imports the first of them and stops at the other."""
    names = Counter(path.name for path in Path(__file__).parent.rglob("*.py"))
    assert [name for name, files in names.items() if files > 1 and name != "conftest.py"] == []
