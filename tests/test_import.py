"""What ``import fernet`` brings, and what it leaves until it is asked for."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fernet

ROOT = Path(__file__).parents[1]
THIRD_PARTY = {
    "PIL", "click", "fastjsonschema", "joblib", "matplotlib", "numpy", "pandas", "rich",
    "safetensors", "scipy", "sklearn", "threadpoolctl",
}  # fmt: skip


def loaded_by(statement: str) -> set[str]:
    """Third-party packages that a fresh interpreter has after a statement."""
    code = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return THIRD_PARTY.intersection(run.stdout.split())


def test_importing_fernet_alone_loads_nothing_else():
    assert loaded_by("import fernet") == set()


def test_the_command_line_answers_before_it_loads_anything_heavy():
    assert loaded_by("import fernet.cli") == {"click"}


def test_training_needs_no_images_tables_or_pictures():
    loaded = loaded_by("from fernet import FERMLPClassifier")
    assert loaded.isdisjoint({"PIL", "click", "fastjsonschema", "matplotlib"})


@pytest.mark.parametrize("name", fernet.__all__)
def test_each_public_name_is_there(name):
    assert getattr(fernet, name) is not None
    assert getattr(fernet, name) is getattr(fernet, name)


def test_dir_lists_the_public_names():
    assert dir(fernet) == sorted(fernet.__all__)


def test_type_checkers_see_each_public_name():
    tree = ast.parse(Path(fernet.__file__).read_text(encoding="utf-8"))
    branch = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name for node in branch.body for alias in getattr(node, "names", [])}
    seen |= {node.target.id for node in branch.body if isinstance(node, ast.AnnAssign)}
    assert seen == set(fernet.__all__)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'fernet' has no attribute 'FERTree'"):
        fernet.FERTree  # noqa: B018


def test_the_version_is_the_one_that_meson_names():
    declared = re.search(r"version: '(.+?)'", (ROOT / "meson.build").read_text(encoding="utf-8"))
    assert fernet.__version__ == declared[1] == importlib.metadata.version("fernet-emotion")
