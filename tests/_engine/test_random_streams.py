"""Random streams: functions of their key, and apart from each other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fernet._engine.random_streams import generator

KEYS = st.tuples(st.integers(0, 2**31 - 1), st.integers(0, 3), st.integers(0, 10_000))


def draw(key):
    return generator(*key).integers(2**62, size=4).tolist()


@given(KEYS)
def test_the_same_key_gives_the_same_numbers(key):
    assert draw(key) == draw(key)


@given(KEYS, KEYS)
def test_other_keys_give_other_numbers(a, b):
    assert (draw(a) == draw(b)) == (a == b)
