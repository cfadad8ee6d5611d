"""What tests of the benchmarks share: their programs, loaded as Python loads a script."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch):
    """Load a program by its path below ``benchmarks/``, without running it."""
    before = set(sys.modules)

    def load(name: str):
        monkeypatch.setattr(sys, "path", [str(BENCHMARKS), str(BENCHMARKS / "peers"), *sys.path])
        path = BENCHMARKS / name
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, path.stem, module)  # dataclasses look there
        spec.loader.exec_module(module)
        return module

    yield load
    # Names such as `machine` and `inputs` are the programs' own.
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if Path(file).is_relative_to(BENCHMARKS):
            del sys.modules[name]


@pytest.fixture
def run_script(tmp_path):
    """Run a program of ``benchmarks/`` as users do, from another folder, a warning an error."""

    def run(name: str, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", str(BENCHMARKS / name), *options],
            cwd=tmp_path,
            env=os.environ | {"OMP_NUM_THREADS": "1"} | variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run
