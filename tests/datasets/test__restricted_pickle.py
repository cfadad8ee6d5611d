"""Pickles: plain data comes back, and nothing else is ever run."""

from __future__ import annotations

import contextlib
import datetime
import os
import pickle
import struct

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fernet.datasets import _restricted_pickle
from fernet.datasets._restricted_pickle import UnsafePickleError, load_plain

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.binary(max_size=20)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=5) | st.binary(max_size=5), inner, max_size=5)
    ),
    max_leaves=20,
)


def depth(value):
    if isinstance(value, dict | list):
        values = value.values() if isinstance(value, dict) else value
        return 1 + max(map(depth, values), default=0)
    return 0


class Call:
    """Pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@given(PLAIN.filter(lambda value: depth(value) <= 4), st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_plain_data_comes_back_from_every_protocol(value, protocol):
    assert load_plain(pickle.dumps(value, protocol)) == value


@given(
    PLAIN.filter(lambda value: depth(value) < 4),
    st.integers(0, 2**64 - 1) | st.integers(0, 60),
)
@example([b"0123456789", 2], 12)  # ends within the bytes
def test_frames_of_any_length_change_nothing(value, length):
    data = pickle.dumps({"it": value}, 4)
    assert data[2:3] == pickle.FRAME

    framed_anew = data[:3] + struct.pack("<Q", length) + data[11:]

    assert load_plain(framed_anew) == load_plain(data)


@given(
    hnp.arrays(
        st.sampled_from(["u1", "<i4", ">i4", "<u8", "i1"]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
    ),
    st.integers(0, pickle.HIGHEST_PROTOCOL),
    st.sampled_from("CF"),
)
def test_arrays_come_back_from_every_protocol(array, protocol, order):
    data = pickle.dumps({"data": array.copy(order)}, protocol)
    for name in (b"numpy.core.", b"numpy._core."):
        # NumPy before 2.0 wrote the first of these names; protocols from 4 on state its length.
        if protocol < 4:
            data = data.replace(b"numpy._core.", name).replace(b"numpy.core.", name)
        loaded = load_plain(data)["data"]
        assert np.array_equal(loaded, array)
        assert loaded.dtype == array.dtype


def test_a_batch_as_python_2_wrote_it_has_bytes_for_text():
    # {'labels': [6, 9], 'data': array([[1, 2]], dtype=uint8)}, written by Python 2.7, protocol 2.
    data = (
        b"\x80\x02}q\x01(U\x06labelsq\x02]q\x03(K\x06K\teU\x04dataq\x04"
        b"cnumpy.core.multiarray\n_reconstruct\nq\x05cnumpy\nndarray\nq\x06"
        b"K\x00\x85q\x07U\x01bq\x08\x87q\tRq\n(K\x01K\x01K\x02\x86q\x0bcnumpy\ndtype\nq\x0c"
        b"U\x02u1q\rK\x00K\x01\x87q\x0eRq\x0f(K\x03U\x01|q\x10NNNJ\xff\xff\xff\xff"
        b"J\xff\xff\xff\xffK\x00tq\x11b\x89U\x02\x01\x02q\x12tq\x13bu."
    )
    batch = load_plain(data)
    assert batch[b"labels"] == [6, 9]
    assert batch[b"data"].tolist() == [[1, 2]]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("function", [os.system, eval, exec, open, getattr, __import__])
def test_a_pickle_that_calls_something_does_not_get_to_call_it(tmp_path, function, protocol):
    trace = tmp_path / "trace"
    argument = f"touch {trace}" if function is os.system else f"open({str(trace)!r}, 'w')"
    data = pickle.dumps({"labels": [1], "data": Call(function, argument)}, protocol)
    with pytest.raises(UnsafePickleError, match="asks for"):
        load_plain(data)
    assert not trace.exists()


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        {1, 2},
        frozenset(),
        1j,
        datetime.date(2013, 1, 1),
        np.float32(1),
        range(3),
        np.array(["x"]),
        np.array([1.5]),
        np.array([None]),
        np.array([(1,)], [("a", "i4")]),
        np.ma.array([1]),
        bytearray,
        len,
        2**70,
        {(1, 2): 3},
        [[[[[[1]]]]]],
    ],
    ids=repr,
)
@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_other_values_are_refused(value, protocol):
    with pytest.raises(UnsafePickleError):
        load_plain(pickle.dumps([value], protocol))


def ops(*parts: bytes) -> bytes:
    return b"\x80\x02" + b"".join(parts) + b"."


DTYPE = b"cnumpy\ndtype\n"
RECONSTRUCT = b"cnumpy.core.multiarray\n_reconstruct\n"
ENCODE = b"c_codecs\nencode\n"


@pytest.mark.parametrize(
    "data",
    [
        ops(b"cos\nsystem\n", b"X\x02\x00\x00\x00ls", b"\x85R"),
        ops(b"cnumpy\nndarray\n", b"J\xff\xff\xff\x7f\x85\x85R"),
        ops(DTYPE, b"X\x01\x00\x00\x00O\x85R"),
        ops(DTYPE, b"]\x85R"),
        ops(ENCODE, b"X\x01\x00\x00\x00xX\x03\x00\x00\x00rot\x86R"),
        ops(b"cbuiltins\nbytes\n", b"J\xff\xff\xff\x7f\x85R"),
        ops(RECONSTRUCT, b")R"),  # an array without a state
        ops(RECONSTRUCT),  # a function as a value
        ops(RECONSTRUCT, b")R", b"(K\x01K\x01\x85", DTYPE, b"X\x02\x00\x00\x00u1\x85R\x89U\x00tb"),
        b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"x.",  # a bytearray of a terabyte
        b"\x80\x02X\xff\xff\xff\x7fx.",
        b"",
        b"\x80",
        b".",
        b"\x80\x63.",
        b"garbage",
    ],
)
def test_crafted_pickles_are_refused(data):
    before = dict(vars(_restricted_pickle))
    with pytest.raises(UnsafePickleError):
        load_plain(data)
    assert vars(_restricted_pickle) == before


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (ops(b"]", b"r\xff\xff\xff\x7f"), "numbers a value 2147483647 in 9 bytes"),
        (ops(b"\x82\x01"), "uses EXT1"),
        (ops(b"U\x01x", b"Q"), "uses BINPERSID"),
        (b"(S'ls'\nios\nsystem\n.", "uses INST"),
        (ops(DTYPE, b")\x81"), "uses NEWOBJ"),
        # A state set on a function that is then dropped, so that only data is left.
        (ops(RECONSTRUCT, b"}X\x01\x00\x00\x00xK\x01s", b"b", b"0]"), "changes a function"),
        (ops(DTYPE, b"N}X\x0c\x00\x00\x00__defaults__)s\x86", b"b", b"0]"), "changes a function"),
    ],
)
def test_instructions_beyond_plain_data_are_refused_for_what_they_are(data, message):
    with pytest.raises(UnsafePickleError, match=message):
        load_plain(data)


def test_lists_within_lists_that_share_are_not_walked_for_ever():
    many = [1] * 2000
    for _ in range(3):
        many = [many] * 2000
    with pytest.raises(UnsafePickleError, match="nested too deep or too often"):
        load_plain(pickle.dumps(many))


def test_a_list_within_itself_is_refused():
    loop: list = []
    loop.append(loop)
    with pytest.raises(UnsafePickleError, match="nested too deep"):
        load_plain(pickle.dumps(loop))


@given(st.binary(max_size=100))
@example(pickle.dumps({"data": np.zeros((2, 3), np.uint8)})[:-9])
def test_any_bytes_load_or_are_refused(data):
    for content in (data, b"\x80\x04" + data):
        with contextlib.suppress(UnsafePickleError):
            load_plain(content)


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_a_batch_with_one_byte_changed_loads_or_is_refused(place, byte):
    data = bytearray(pickle.dumps({b"data": np.zeros((2, 3), np.uint8), b"labels": [1, 2]}, 2))
    data[place % len(data)] = byte
    with contextlib.suppress(UnsafePickleError):
        load_plain(bytes(data))
