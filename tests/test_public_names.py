"""What users see of each module: the names that it is for, each with its text, and no others."""

from __future__ import annotations

import ast
import functools
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import fernet

NAMES = [module.name for module in pkgutil.walk_packages(fernet.__path__, "fernet.")]
PUBLIC = ["fernet", *(name for name in NAMES if "._" not in name)]
ROOMS = [name.removeprefix("fernet.") for name in PUBLIC if name.count(".") == 1]


@pytest.mark.parametrize("name", PUBLIC)
def test_dir_shows_the_names_that_a_module_is_for(name):
    module = importlib.import_module(name)
    assert dir(module) == sorted(module.__all__)
    assert not [shown for shown in module.__all__ if shown.startswith("_") and shown[:2] != "__"]


@functools.cache
def source(name: str) -> ast.Module:
    return ast.parse(Path(importlib.import_module(name).__file__).read_text(encoding="utf-8"))


def has_a_text(module: str, name: str) -> bool:
    """Whether a function or class has a docstring, or a constant a string behind it.

    What a module takes from another one has its text there.
    """
    body = statements(source(module))
    for node, after in zip(body, [*body[1:], None], strict=True):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            if ast.get_docstring(node):
                return True
        elif isinstance(node, ast.Assign | ast.AnnAssign) and name in targets(node):
            return isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
    home = homes(module)[name]
    if f"{home}.{name}" in NAMES:
        return bool(ast.get_docstring(source(f"{home}.{name}")))
    return has_a_text(home, name)


def statements(node: ast.AST) -> list[ast.AST]:
    """What a module's body holds, with what stands below an ``if`` or ``try``."""
    found = []
    for part in node.body:
        found += [part, *(statements(part) if isinstance(part, ast.If | ast.Try) else [])]
    return found


def targets(node: ast.Assign | ast.AnnAssign) -> set[str]:
    names = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {name.id for name in names if isinstance(name, ast.Name)}


def homes(module: str) -> dict[str, str]:
    """Where a module takes its names from."""
    nodes = ast.walk(source(module))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module for node in imports for alias in node.names}


@pytest.mark.parametrize("name", PUBLIC)
def test_each_public_name_has_a_text(name):
    shown = set(importlib.import_module(name).__all__) - {"__version__"}
    assert not [one for one in sorted(shown) if not has_a_text(name, one)]


def test_import_fernet_is_enough_for_each_public_module():
    code = "import fernet\n" + "\n".join(f"print(fernet.{room}.__name__)" for room in ROOMS)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == [f"fernet.{room}" for room in ROOMS]


def test_fernet_names_each_public_module():
    assert set(ROOMS) <= set(fernet.__all__)
