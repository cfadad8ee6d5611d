"""Tapes: kernels' calls that are written down, and made when the tape is played."""

from __future__ import annotations

import gc
import re
import runpy
import sys
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest

from fernet import _kernels
from fernet._kernels.tape import Tape
from fernet._training.optimizers import Adam

LIST = Path(__file__).parents[2] / "fernet/_kernels/csrc/core/kernel_list.h"
CALLS = Path(__file__).with_name("guarded_calls.py")
LISTED = re.findall(r"^KERNEL\(\w+, (\w+)", LIST.read_text(), re.M)
NAMES = sorted({re.sub("_(u8|f32|f64)$", "", name) for name in LISTED})
RATES = {"sgd_update": 0.1, "linear_backward_sgd": 0.1}


def play(tape, seed=1, step=2, learning_rate=0.1, squares=0.0):
    return tape.play(seed, step, learning_rate, squares)


def rectify(x, y):
    _kernels.relu_forward(x, y)


class Maker:
    """Makes arrays of the same numbers each time, and keeps them."""

    def __init__(self):
        self.rng = np.random.default_rng(0)
        self.arrays = []

    def __call__(self, *shape, dtype=np.float32):
        array = np.zeros(shape, dtype)
        if array.dtype.kind == "f":
            array[...] = self.rng.uniform(0.5, 1.5, shape)
        self.arrays.append(array)
        return array


@pytest.mark.skipif(sys.platform == "win32", reason="the calls' arrays are for POSIX")
@pytest.mark.parametrize("name", NAMES)
def test_a_tape_makes_the_calls_that_were_written(isa, name, same_bits):
    call, adam = runpy.run_path(str(CALLS))[name], Adam(0.9, 0.99)
    adam.n_steps = 3
    rate = RATES.get(name, adam.kernel_rate(0.01))
    for n in (1, 7, 34):
        at_once, fresh, taped, tape = Maker(), Maker(), Maker(), Tape()
        call(at_once, n)
        Tape().write(call, (fresh, n))
        tape.write(call, (taped, n))
        for array, untouched in zip(taped.arrays, fresh.arrays, strict=True):
            same_bits(array, untouched)
        play(tape, learning_rate=rate)
        for array, expected in zip(taped.arrays, at_once.arrays, strict=True):
            same_bits(array, expected)


def test_nothing_is_done_before_the_tape_is_played_and_all_of_it_each_time():
    x, y, tape = np.array([-1, 2], np.float32), np.zeros(2, np.float32), Tape()
    tape.write(rectify, (x, y))
    assert len(tape) == 1
    assert y.tolist() == [0, 0]
    play(tape)
    assert y.tolist() == [0, 2]
    x[:] = 3
    play(tape)
    assert y.tolist() == [3, 3]


def test_a_tape_grows_and_plays_in_order():
    x, tape = np.array([-1, 2], np.float32), Tape()
    assert len(tape) == 0
    tape.write(_kernels.scale_inplace, (x, -3.0))
    tape.write(rectify, (x, x))
    assert len(tape) == 2
    play(tape)
    assert x.tolist() == [3, 0]


def test_questions_are_answered_at_once():
    answers, tape = [], Tape()
    tape.write(lambda x: answers.append(_kernels.sum_of_squares(x)), (np.full(3, 2, np.float32),))
    assert answers == [12.0]
    assert len(tape) == 0


def test_seed_and_step_are_those_of_the_play(same_bits):
    x, mask, tape = np.ones(1000, np.float32), np.empty(125, np.uint8), Tape()
    y, expected = np.empty_like(x), np.empty_like(x)
    tape.write(_kernels.dropout_forward, (x, y, mask, 0.5, 0, 0, 3))
    for seed, step in ((0, 0), (2**64 - 1, 5), (7, 2**40)):
        play(tape, seed=seed, step=step)
        _kernels.dropout_forward(x, expected, mask.copy(), 0.5, seed, step, 3)
        same_bits(y, expected)


@pytest.mark.parametrize("kernel", [_kernels.sgd_update, _kernels.linear_backward_sgd])
def test_the_learning_rate_is_that_of_the_play_and_squares_are_added(kernel):
    def call(params, velocity, rate):
        if kernel is _kernels.sgd_update:
            return kernel(params, grads, velocity, rate, 0.9, 0.5, n_decayed=4)
        return kernel(x, dy, params, velocity, 0, -1, rate, 0.9, 0.5)

    x, dy, grads = np.ones((1, 2), np.float32), np.ones((1, 2), np.float32), np.ones(4, np.float32)
    (params, velocity), (others, other_velocity) = (np.ones((2, 4), np.float32) for _ in range(2))
    tape = Tape()
    for _ in range(2):
        tape.write(call, (params, velocity, 7.0))
    squares = [0.25]
    for rate in (0.5, 0.125):
        squares.append(play(tape, learning_rate=rate, squares=squares[-1]))
        expected = squares[-2]
        for _ in range(2):
            expected += call(others, other_velocity, rate)
        assert squares[-1] == expected
        assert params.tolist() == others.tolist()
    assert squares[1] > 4


def test_arrays_live_as_long_as_the_tape():
    def call():
        x = np.array([-1.0], np.float32)
        alive.append(weakref.ref(x))
        _kernels.relu_forward(x, y)

    alive, y, tape = [], np.ones(1, np.float32), Tape()
    tape.write(call, ())
    gc.collect()
    assert alive[0]() is not None
    play(tape)
    assert y.tolist() == [0]
    del tape
    gc.collect()
    assert alive[0]() is None


def test_sizes_are_written_down_too(same_bits):
    """Those of a convolution lie in memory that the next call uses."""
    rng, tape, outputs = np.random.default_rng(0), Tape(), []
    for c in (2, 5):
        x, weight = rng.normal(size=(2, 6, 6, c)), rng.normal(size=(3, 3, c, 4))
        arrays = [a.astype(np.float32) for a in (x, weight)]
        outputs.append((*arrays, np.empty((2, 4, 4, 4), np.float32)))
        tape.write(_kernels.conv2d_forward, (*arrays, None, outputs[-1][-1]))
    play(tape)
    for x, weight, y in outputs:
        expected = np.empty_like(y)
        _kernels.conv2d_forward(x, weight, None, expected)
        same_bits(y, expected)


def test_after_an_error_the_thread_writes_no_more():
    y = np.ones(1, np.float32)
    with pytest.raises(ValueError, match="elements"):
        Tape().write(rectify, (np.ones(3, np.float32), y))
    rectify(-y, y)
    assert y.tolist() == [0]


def test_other_threads_go_on_as_ever():
    def call():
        other = threading.Thread(target=rectify, args=(-y, y))
        other.start()
        other.join()

    y, tape = np.ones(1, np.float32), Tape()
    tape.write(call, ())
    assert y.tolist() == [0]
    assert len(tape) == 0


def test_the_set_of_instructions_is_that_of_the_play():
    before, isas = _kernels.selected_isa(), _kernels.available_isas()
    rng, tape = np.random.default_rng(0), Tape()
    x, weight = (rng.normal(size=s).astype(np.float32) for s in ((9, 301), (301, 9)))
    y, expected = np.empty((2, 9, 9), np.float32)
    try:
        _kernels.select_isa(isas[0])
        tape.write(_kernels.linear_forward, (x, weight, None, y))
        for isa in isas:
            _kernels.select_isa(isa)
            play(tape)
            _kernels.linear_forward(x, weight, None, expected)
            assert y.tolist() == expected.tolist()
    finally:
        _kernels.select_isa(before)


def test_a_sum_of_losses_that_is_not_finite_ends_the_tape():
    loss, x, figures, tape = np.ones(2, np.float32), np.ones(1, np.float32), np.zeros(2), Tape()
    logits, target = np.array([[0, 1], [0, 1]], np.float32), np.array([0, 1], np.int32)
    tape.write(_kernels.scale_inplace, (x, 2.0))
    tape.write(_kernels.batch_figures, (loss, logits, target, figures))
    tape.write(_kernels.scale_inplace, (x, 3.0))
    play(tape)
    assert figures.tolist() == [2, 1]
    assert x.tolist() == [6]
    loss[0] = np.inf
    with pytest.raises(FloatingPointError, match="sum of the losses is not finite"):
        play(tape)
    assert figures.tolist() == [np.inf, 1]
    assert x.tolist() == [12]


def test_what_goes_to_blas_is_refused():
    x = np.ones((2, 2))
    with pytest.raises(TypeError, match="float32 alone, found float64"):
        Tape().write(_kernels.linear_forward, (x, x, None, np.empty_like(x)))


def test_one_tape_is_written_at_a_time_and_none_played_meanwhile():
    tape = Tape()
    with pytest.raises(RuntimeError, match="writing a tape already"):
        tape.write(tape.write, (rectify, ()))
    with pytest.raises(RuntimeError, match="is writing a tape"):
        tape.write(play, (tape,))
