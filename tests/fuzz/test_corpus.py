"""The inputs that fuzzing begins with, and those that it found, behave; so do small changes."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

HERE = Path(__file__).parent
CORPUS = sorted((HERE / "corpus").glob("*/*"))
MOST_BYTES = 200_000


@pytest.fixture(scope="module")
def targets():
    """The functions by name; they stand in no package, as a program imports them too."""
    spec = importlib.util.spec_from_file_location("fernet_fuzz_targets", HERE / "targets.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module.TARGETS
    del sys.modules[spec.name]


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_each_input_behaves(path, targets):
    targets[path.parent.name](path.read_bytes())


@settings(max_examples=60, deadline=None)
@given(
    path=st.sampled_from(CORPUS),
    place=st.floats(0, 1, exclude_max=True),
    change=st.binary(max_size=8),
    removed=st.integers(0, 8),
)
def test_a_changed_input_behaves(targets, path, place, change, removed):
    raw = path.read_bytes()
    start = int(place * len(raw))
    targets[path.parent.name](raw[:start] + change + raw[start + removed :])


def test_each_target_has_inputs_and_all_are_small(targets):
    assert {path.parent.name for path in CORPUS} == set(targets)
    assert sum(path.stat().st_size for path in CORPUS) < MOST_BYTES
