"""The kernels' types: made from their list, the reference's too, and mypy holds callers to them."""

from __future__ import annotations

import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from fernet import _kernels
from fernet._kernels import reference
from fernet._kernels.protocol import Kernels

KERNELS = Path(__file__).parents[2] / "fernet" / "_kernels"
METHODS = [name for name in vars(Kernels) if not name.startswith("_")]


@pytest.fixture(scope="module")
def make_stubs():
    path = KERNELS / "csrc" / "make_stubs.py"
    spec = importlib.util.spec_from_file_location("make_stubs", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_stubs_are_those_of_the_list(make_stubs):
    made = make_stubs.make()
    present = {path.name for path in KERNELS.glob("*.pyi")} | {"protocol.py"}
    assert made.keys() == present
    for name, text in made.items():
        found = (KERNELS / name).read_text(encoding="utf-8")
        assert found == text, f"{name} is old: run fernet/_kernels/csrc/make_stubs.py"


def test_each_kernel_of_the_list_is_in_the_protocol(make_stubs):
    assert len(make_stubs.read_list()) > 30
    assert make_stubs.read_list().keys() <= set(METHODS)


@pytest.mark.parametrize("kernels", [_kernels, reference], ids=["compiled", "reference"])
def test_both_kernels_have_all_of_the_protocol(kernels):
    assert set(METHODS) <= set(kernels.__all__)


@pytest.mark.parametrize("name", METHODS)
def test_the_reference_has_the_parameters_of_the_protocol(name):
    _, *expected = inspect.signature(getattr(Kernels, name)).parameters.values()
    found = inspect.signature(getattr(reference, name)).parameters.values()
    assert [(p.name, p.kind, p.default) for p in found] == [
        (p.name, p.kind, p.default) for p in expected
    ]


SNIPPET = """
import numpy as np
from fernet import _kernels
from fernet._kernels import reference
from fernet._kernels.protocol import Kernels

x = np.zeros((2, 3), np.float32)
mask = np.zeros(2, np.float32)


def add(kernels: Kernels) -> None:
    kernels.add_forward(x, x, x)
    kernels.add_forwrad(x, x, x)  # wrong
    kernels.add_forward(x, x)  # wrong
    kernels.add_forward(x, x, x, rleu=True)  # wrong


add(_kernels)
add(reference)
add(np)  # wrong
_kernels.relu_forward(x, x)
_kernels.relu_forwrad(x, x)  # wrong
_kernels.relu_forward(x, "x")  # wrong
_kernels.dropout_backward(x, x, mask, 0.5)  # wrong
_kernels.sum_of_squares(x).hex()
_kernels.scale_inplace(x, 2.0).hex()  # wrong
"""


@pytest.mark.slow
def test_mypy_sees_misspelt_kernels_and_wrong_arguments(tmp_path):
    pytest.importorskip("mypy", reason="mypy is not installed")
    script = tmp_path / "snippet.py"
    script.write_text(SNIPPET, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", "--cache-dir", str(tmp_path / "cache"),
         "--ignore-missing-imports", "--hide-error-context", "--no-pretty", str(script)],
        cwd=KERNELS.parents[1], capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    places = [line.split(":") for line in run.stdout.splitlines() if ": error:" in line]
    refused = {int(number) for path, number, *_ in places if path == str(script)}
    lines = enumerate(SNIPPET.splitlines(), start=1)
    assert refused == {n for n, line in lines if line.endswith("# wrong")}, run.stdout + run.stderr
