"""What ``import fernet`` brings, and what it leaves until it is asked for."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import shutil
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


def test_a_package_without_its_installers_notes_has_an_unknown_version(monkeypatch):
    def lacks(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", lacks)
    monkeypatch.delitem(vars(fernet), "__version__", raising=False)

    assert getattr(fernet, "__version__", None) == "0+unknown"
    vars(fernet).pop("__version__")


@pytest.fixture
def bare_checkout(tmp_path):
    """A checkout in which nothing is compiled."""
    shutil.copytree(
        ROOT / "fernet", tmp_path / "checkout" / "fernet",
        ignore=lambda folder, names: [n for n in names if n in ("csrc", "models", "__pycache__")],
    )  # fmt: skip
    return tmp_path / "checkout"


def started_in(folder: Path, *arguments: str, installed: Path) -> subprocess.CompletedProcess[str]:
    """Start Python in a folder that it imports from, with one other place that has packages."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONSAFEPATH"}
    # Without site-packages, where an editable install would come before both.
    return subprocess.run(
        [sys.executable, "-S", *arguments],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("how", ["-c", "-m"])
def test_in_a_checkout_the_installed_package_is_imported_and_nothing_else(
    tmp_path, bare_checkout, how
):
    site = tmp_path / "site"
    (site / "fernet").mkdir(parents=True)
    (site / "fernet" / "__init__.py").write_text("what = 'the installed one'\n")
    # Both have a module of this name.
    (site / "fernet" / "emotions.py").write_text(
        "import fernet, sys\n"
        "print(fernet.what, fernet.__file__)\n"
        "print(*{m.__file__ for n, m in sys.modules.items() if n.startswith('fernet.')})\n"
    )
    what = {"-c": "import fernet.emotions", "-m": "fernet.emotions"}[how]

    run = started_in(bare_checkout, how, what, installed=site)

    assert run.returncode == 0, run.stderr
    own = str(site / "fernet" / "__init__.py")
    assert run.stdout.splitlines()[0] == f"the installed one {own}"
    assert str(bare_checkout) not in run.stdout


def test_a_checkout_is_not_taken_for_an_installed_package(tmp_path, bare_checkout):
    other = tmp_path / "other"
    shutil.copytree(bare_checkout, other)

    run = started_in(bare_checkout, "-c", "import fernet; print(fernet.__file__)", installed=other)

    assert run.stdout.strip() == str(bare_checkout / "fernet" / "__init__.py")


def test_a_checkout_without_an_installed_package_says_what_to_do(bare_checkout):
    run = started_in(bare_checkout, "-c", "import fernet._kernels", installed=bare_checkout)

    assert "ImportError" in run.stderr
    assert "install it for this Python: pip install ." in run.stderr
