"""Statements about what an install holds."""

from __future__ import annotations

import importlib
import importlib.metadata
import pkgutil
import re
from pathlib import Path

import pytest

import fernet

SOURCES = Path(__file__).parents[1] / "fernet"
INSTALLED_SUFFIXES = {
    ".css", ".html", ".js", ".json", ".md", ".npy", ".py", ".pyi", ".safetensors", ".typed",
}  # fmt: skip
# to import __main__ is to run the command; the kernels' library looks like a module, and is none
NOT_TO_IMPORT = ("__main__", "libfernet_kernels")
MODULES = [
    module.name
    for module in pkgutil.walk_packages(fernet.__path__, "fernet.")
    if not module.name.endswith(NOT_TO_IMPORT)
]


def source_folders() -> list[Path]:
    files = (f for f in SOURCES.rglob("*") if f.suffix in INSTALLED_SUFFIXES)
    return sorted({file.parent for file in files if not {"__pycache__", "csrc"} & {*file.parts}})


@pytest.mark.parametrize(
    "folder", source_folders(), ids=lambda path: str(path.relative_to(SOURCES.parent))
)
def test_meson_installs_each_file_of_a_folder(folder):
    present = {file.name for file in folder.iterdir() if file.suffix in INSTALLED_SUFFIXES}
    recipe = folder / "meson.build"
    assert recipe.exists(), f"{folder.name} has no meson.build"
    text = recipe.read_text(encoding="utf-8")
    lists = re.findall(r"py\.install_sources\(\s*\[(.*?)\]\s*,\s*subdir: '(.+?)'", text, re.DOTALL)
    listed = {name for names, _ in lists for name in re.findall(r"'(.+?)'", names)}
    assert listed == present
    assert {subdir for _, subdir in lists} == {folder.relative_to(SOURCES.parent).as_posix()}


@pytest.mark.parametrize("module", MODULES)
def test_each_module_imports(module):
    importlib.import_module(module)


def test_there_is_a_marker_for_type_checkers():
    assert (Path(fernet.__file__).parent / "py.typed").exists()


def test_the_distribution_holds_the_package_and_nothing_else():
    files = importlib.metadata.files("fernet-emotion") or []
    if any(file.name.endswith(("_editable_loader.py", ".egg-link")) for file in files):
        pytest.skip("an editable install points to its sources")
    places = {file.parts[0].split("-")[0] for file in files}
    assert places <= {"fernet", "fernet_emotion", ".."}
    suffixes = {file.suffix for file in files if file.parts[0] == "fernet"}
    assert suffixes <= {*INSTALLED_SUFFIXES, ".so", ".pyc"}
    assert not any("csrc" in file.parts or "tests" in file.parts for file in files)
