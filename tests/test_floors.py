"""Each floor stands on lower floors only, in C and Cython as in Python.

The floors of Python are a contract of import-linter's, in ``pyproject.toml``. It sees neither
``#include`` nor ``cimport``; those are read here.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CSRC = ROOT / "fernet" / "_kernels" / "csrc"
C_FILES = sorted([*CSRC.glob("*/*.c"), *CSRC.glob("*/*.h")])
# Each folder of C includes itself and the floors below it, and none on its own floor.
C_FLOORS = [
    {"core"},
    {"simd"},
    {"gemm", "updates", "pooling", "activation", "batches", "normalisation"},
    {"linear", "convolution"},
]
CYTHON_FILES = sorted(p for ext in ("pyx", "pxd") for p in (ROOT / "fernet").rglob(f"*.{ext}"))

OUTSIDE_PACKAGES = {"numpy", "scipy", "libc", "cpython", "cython"}
C_API_FILES = {"c_api.pxd"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def cimports(path: Path) -> set[str]:
    """Modules that a Cython file cimports, with the names for ``from package cimport module``."""
    text = path.read_text(encoding="utf-8")
    found = set(re.findall(r"^\s*cimport\s+([\w.]+)", text, re.MULTILINE))
    for package, names in re.findall(r"^\s*from\s+([\w.]+)\s+cimport\s+(.+)", text, re.MULTILINE):
        first = names.split(",")[0].split()[0].strip("(")
        is_module = (ROOT.joinpath(*package.split(".")) / f"{first}.pxd").exists()
        found.add(f"{package}.{first}" if is_module else package)
    return found


def includes(path: Path) -> list[str]:
    """What a C file includes of ours, by path from ``csrc``."""
    return re.findall(r'^\s*#\s*include\s*"(.+?)"', path.read_text("utf-8"), re.MULTILINE)


def c_name(path: Path) -> str:
    return path.relative_to(CSRC).as_posix()


def test_each_folder_of_c_has_one_floor():
    floors = [folder for floor in C_FLOORS for folder in floor]
    assert sorted(floors) == sorted({path.parent.name for path in C_FILES})
    assert not [*CSRC.glob("*.[ch]")]


@pytest.mark.parametrize("path", C_FILES, ids=relative)
def test_c_includes_headers_of_lower_floors_and_of_the_system_alone(path):
    below: set[str] = {path.parent.name}
    for floor in C_FLOORS[: next(i for i, f in enumerate(C_FLOORS) if path.parent.name in f)]:
        below |= floor
    for name in includes(path):
        assert (CSRC / name).is_file(), f"{name} is no path from csrc"
        assert name.endswith(".h")
        assert name.split("/")[0] in below, f"{c_name(path)} includes {name}"
    system = re.findall(r"^\s*#\s*include\s*<(.+?)>", path.read_text("utf-8"), re.MULTILINE)
    assert not [name for name in system if name.startswith(("Python", "numpy/", "cblas"))]


def test_headers_do_not_include_in_circles():
    included = {c_name(path): includes(path) for path in C_FILES}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"circle: {' -> '.join([*trail, name])}"
        if name not in done:
            for below in included[name]:
                visit(below, (*trail, name))
            done.add(name)

    for name in included:
        visit(name, ())


@pytest.mark.parametrize("path", C_FILES, ids=relative)
def test_a_c_file_is_short(path):
    assert len(path.read_text("utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", CYTHON_FILES, ids=relative)
def test_cython_cimports_only_its_own_folder_and_libraries(path):
    package = ".".join(path.parent.relative_to(ROOT).parts)
    for module in cimports(path):
        outside = module.split(".")[0] in OUTSIDE_PACKAGES
        assert outside or module.startswith(f"{package}."), f"{path.name} cimports {module}"


@pytest.mark.parametrize("path", CYTHON_FILES, ids=relative)
def test_one_cython_file_declares_the_c(path):
    declared = re.findall(r'cdef extern from "(.+?)"', path.read_text(encoding="utf-8"))
    own = [name for name in declared if (CSRC / name).exists()]
    assert not own or path.name in C_API_FILES


def test_the_kernels_know_nothing_of_what_stands_on_them():
    folder = ROOT / "fernet" / "_kernels"
    for path in [*folder.rglob("*.py"), *folder.rglob("*.pyx")]:
        text = path.read_text(encoding="utf-8")
        used = re.findall(r"^\s*(?:from|import)\s+(fernet[\w.]*)(.*)", text, re.MULTILINE)
        for module, rest in used:
            full = module if module != "fernet" else f"fernet.{rest.split()[-1]}"
            assert full.startswith("fernet._kernels"), f"{path.name}: {full}"


def test_the_layers_contract_is_kept():
    pytest.importorskip("importlinter", reason="import-linter is not installed")
    # An editable install's finder gives no folder to read: without it, the sources' is found.
    script = (
        "import sys; from importlinter.cli import lint_imports; sys.path.insert(0, '.')\n"
        "sys.meta_path = [f for f in sys.meta_path if 'editable' not in type(f).__module__]\n"
        "sys.exit(lint_imports(no_cache=True))"
    )
    run = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
