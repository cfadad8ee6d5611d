"""What every kernel asks of its arrays: bad ones are named, and nothing is written then."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest

from fernet import _kernels


def f(*shape):
    return np.random.default_rng(0).random(shape, np.float32)


class Kernel(NamedTuple):
    arguments: Callable[[], dict]
    outputs: set[str]
    optional: set[str] = frozenset()
    any_shape: bool = False  # sizes alone must agree
    any_last_axis: str = ""  # the array whose last axis the others say nothing of
    shape_of_all: str = ""  # the array of any shape that the others are held against


KERNELS = {
    "linear_forward": Kernel(
        lambda: {"x": f(5, 3), "weight": f(3, 7), "bias": f(7), "y": f(5, 7)}, {"y"}, {"bias"}
    ),
    "linear_backward_input": Kernel(
        lambda: {"dy": f(5, 7), "weight": f(3, 7), "dx": f(5, 3)}, {"dx"}
    ),
    "linear_backward_params": Kernel(
        lambda: {"x": f(5, 3), "dy": f(5, 7), "dweight": f(3, 7), "dbias": f(7)},
        {"dweight", "dbias"},
        {"dbias"},
    ),
    "linear_backward_sgd": Kernel(
        lambda: {
            "x": f(5, 3),
            "dy": f(5, 7),
            "params": f(28),
            "velocity": f(28),
            "weight_start": 0,
            "bias_start": 21,
            "learning_rate": 0.1,
            "momentum": 0.9,
            "weight_decay": 0.1,
        },
        {"params", "velocity"},
    ),
    "linear_backward_adam": Kernel(
        lambda: {
            "x": f(5, 3),
            "dy": f(5, 7),
            "params": f(28),
            "first_moment": f(28),
            "second_moment": f(28),
            "weight_start": 0,
            "bias_start": 21,
            "step": 1,
            "learning_rate": 0.1,
            "beta_1": 0.9,
            "beta_2": 0.999,
            "epsilon": 1e-8,
            "weight_decay": 0.1,
        },
        {"params", "first_moment", "second_moment"},
    ),
    "relu_forward": Kernel(lambda: {"x": f(5, 7), "y": f(5, 7)}, {"y"}, any_shape=True),
    "relu_backward": Kernel(
        lambda: {"dy": f(5, 7), "y": f(5, 7), "dx": f(5, 7)}, {"dx"}, any_shape=True
    ),
    "dropout_forward": Kernel(
        lambda: {
            "x": f(5, 7),
            "y": f(5, 7),
            "mask": np.zeros(5, np.uint8),
            "rate": 0.5,
            "seed": 0,
            "step": 0,
            "layer": 0,
        },
        {"y", "mask"},
        any_shape=True,
    ),
    "dropout_backward": Kernel(
        lambda: {
            "dy": f(5, 7),
            "dx": f(5, 7),
            "mask": np.zeros(5, np.uint8),
            "rate": 0.5,
            "y": f(5, 7),
        },
        {"dx"},
        {"y"},
        any_shape=True,
    ),
    "softmax_forward": Kernel(lambda: {"logits": f(5, 7), "proba": f(5, 7)}, {"proba"}),
    "log_softmax_forward": Kernel(lambda: {"logits": f(5, 7), "log_proba": f(5, 7)}, {"log_proba"}),
    "count_right": Kernel(
        lambda: {"logits": f(5, 7), "target": np.zeros(5, np.int32)}, set(), any_last_axis="logits"
    ),
    "batch_figures": Kernel(
        lambda: {
            "loss": f(5),
            "logits": f(5, 7),
            "target": np.zeros(5, np.int32),
            "figures": np.zeros(2),
        },
        {"figures"},
        any_last_axis="logits",
    ),
    "softmax_cross_entropy": Kernel(
        lambda: {
            "logits": f(5, 7),
            "target": np.zeros(5, np.int32),
            "weight": f(5),
            "scale": 1.0,
            "label_smoothing": 0.0,
            "loss": f(5),
            "dlogits": f(5, 7),
        },
        {"loss", "dlogits"},
        {"weight"},
    ),
    "soft_target_cross_entropy": Kernel(
        lambda: {
            "logits": f(5, 7),
            "target": f(5, 7),
            "weight": f(5),
            "scale": 1.0,
            "label_smoothing": 0.0,
            "loss": f(5),
            "dlogits": f(5, 7),
        },
        {"loss", "dlogits"},
        {"weight"},
    ),
    "sgd_update": Kernel(
        lambda: {
            "params": f(13),
            "grads": f(13),
            "velocity": f(13),
            "learning_rate": 0.1,
            "momentum": 0.9,
            "weight_decay": 0.1,
            "n_decayed": 5,
        },
        {"params", "velocity"},
    ),
    "adam_update": Kernel(
        lambda: {
            "params": f(13),
            "grads": f(13),
            "first_moment": f(13),
            "second_moment": f(13),
            "step": 1,
            "learning_rate": 0.1,
            "beta_1": 0.9,
            "beta_2": 0.999,
            "epsilon": 1e-8,
            "weight_decay": 0.1,
            "n_decayed": 5,
        },
        {"params", "first_moment", "second_moment"},
    ),
    "ema_update": Kernel(lambda: {"average": f(13), "params": f(13), "decay": 0.9}, {"average"}),
    "scale_inplace": Kernel(lambda: {"x": f(13), "factor": 3.0}, {"x"}, any_shape=True),
    "mirror_mean": Kernel(
        lambda: {"weight": f(3, 3, 2, 4), "input_pairs": True, "output_pairs": True}, {"weight"}
    ),
    "sum_of_squares": Kernel(lambda: {"x": f(13)}, set(), any_shape=True),
    "gather_rows": Kernel(
        lambda: {
            "X": f(4, 9),
            "indices": np.array([3, 0, 3], np.int64),
            "offset": f(9),
            "scale": f(9),
            "out": f(3, 9),
        },
        {"out"},
        {"offset", "scale"},
    ),
    "gather_targets": Kernel(
        lambda: {
            "target": np.arange(4, dtype=np.int32),
            "indices": np.array([3, 0, 3], np.int64),
            "out": np.zeros(3, np.int32),
        },
        {"out"},
        any_last_axis="target",
    ),
    "affine_gather": Kernel(
        lambda: {
            "X": f(4, 3, 5, 2),
            "indices": np.array([3, 0, 3], np.int64),
            "matrices": f(3, 2, 3),
            "gain": f(3),
            "bias": f(3),
            "boxes": np.zeros((3, 4), np.int32),
            "fill": f(3),
            "offset": f(30),
            "scale": f(30),
            "low": 0.0,
            "high": 255.0,
            "out": f(3, 3, 5, 2),
        },
        {"out"},
        {"offset", "scale"},
    ),
    "degrade_images": Kernel(
        lambda: {
            "x": f(3, 4, 5, 2),
            "row_filters": f(2, 4, 4),
            "column_filters": f(2, 5, 5),
            "filters": np.zeros((3, 2), np.int32),
            "gamma": f(3),
            "noise": f(3),
            "coarseness": f(3),
            "black": 0.0,
            "grey_level": 1.0,
            "seed": 0,
            "step": 0,
            "offset": f(40),
            "scale": f(40),
        },
        {"x"},
        {"offset", "scale"},
    ),
    "mix_pairs": Kernel(
        lambda: {"x": f(4, 3, 5, 2), "share": f(2), "boxes": np.zeros((2, 4), np.int32)},
        {"x"},
        any_last_axis="x",
    ),
    "conv2d_pack": Kernel(
        lambda: {
            "x_shape": (1, 6, 6, 3),
            "weight": f(3, 3, 3, 96),  # whole panels of every instruction set
            "packed": f(_kernels.conv2d_packed_size((1, 6, 6, 3), (3, 3, 3, 96))),
        },
        {"packed"},
    ),
    "conv2d_forward": Kernel(
        lambda: {"x": f(2, 5, 6, 3), "weight": f(3, 3, 3, 4), "bias": f(4), "y": f(2, 3, 4, 4)},
        {"y"},
        {"bias"},
    ),
    "conv2d_pool_forward": Kernel(
        lambda: {
            "x": f(1, 4, 4, 16),
            "weight": f(3, 3, 16, 16),
            "bias": f(16),
            "y": f(1, 2, 2, 16),
            "argmax": np.zeros(16, np.uint8),
            "padding": (1, 1),
        },
        {"y", "argmax"},
        {"bias", "argmax"},
    ),
    "conv2d_backward": Kernel(
        lambda: {
            "x": f(2, 5, 6, 3),
            "dy": f(2, 3, 4, 4),
            "weight": f(3, 3, 3, 4),
            "dx": f(2, 5, 6, 3),
            "dweight": f(3, 3, 3, 4),
            "dbias": f(4),
            "relu_x": f(2, 5, 6, 3),
        },
        {"dx", "dweight", "dbias"},
        {"dbias", "relu_x"},
    ),
    "conv2d_backward_input": Kernel(
        lambda: {
            "dy": f(2, 3, 4, 4),
            "weight": f(3, 3, 3, 4),
            "dx": f(2, 5, 6, 3),
            "relu_x": f(2, 5, 6, 3),
        },
        {"dx"},
        {"relu_x"},
    ),
    "conv2d_backward_params": Kernel(
        lambda: {
            "x": f(2, 5, 6, 3),
            "dy": f(2, 3, 4, 4),
            "dweight": f(3, 3, 3, 4),
            "dbias": f(4),
        },
        {"dweight", "dbias"},
        {"dbias"},
    ),
    "max_pool_forward": Kernel(
        lambda: {"x": f(2, 5, 7, 3), "y": f(2, 2, 3, 3), "argmax": np.zeros(9, np.uint8)},
        {"y", "argmax"},
        {"argmax"},
    ),
    "max_pool_backward": Kernel(
        lambda: {
            "dy": f(2, 2, 3, 3),
            "y": f(2, 2, 3, 3),
            "argmax": np.zeros(9, np.uint8),
            "dx": f(2, 5, 7, 3),
        },
        {"dx"},
        {"y"},
    ),
    "global_avg_pool_forward": Kernel(lambda: {"x": f(2, 5, 7, 3), "y": f(2, 3)}, {"y"}),
    "global_avg_pool_backward": Kernel(lambda: {"dy": f(2, 3), "dx": f(2, 5, 7, 3)}, {"dx"}),
    "batch_norm_forward": Kernel(
        lambda: {
            "x": f(5, 7),
            "gamma": f(7),
            "beta": f(7),
            "mean": f(7),
            "var": f(7),
            "y": f(5, 7),
            "eps": 1e-5,
        },
        {"mean", "var", "y"},
        shape_of_all="x",
    ),
    "batch_norm_inference": Kernel(
        lambda: {
            "x": f(5, 7),
            "gamma": f(7),
            "beta": f(7),
            "mean": f(7),
            "var": f(7),
            "y": f(5, 7),
            "eps": 1e-5,
        },
        {"y"},
        shape_of_all="x",
    ),
    "batch_norm_backward": Kernel(
        lambda: {
            "dy": f(5, 7),
            "x": f(5, 7),
            "gamma": f(7),
            "beta": f(7),
            "mean": f(7),
            "var": f(7),
            "dx": f(5, 7),
            "dgamma": f(7),
            "dbeta": f(7),
            "eps": 1e-5,
        },
        {"dx", "dgamma", "dbeta"},
        shape_of_all="x",
    ),
    "add_forward": Kernel(
        lambda: {"a": f(5, 7), "b": f(5, 7), "y": f(5, 7)}, {"y"}, any_shape=True
    ),
}

ARRAYS = [
    (name, argument)
    for name, kernel in KERNELS.items()
    for argument, value in kernel.arguments().items()
    if isinstance(value, np.ndarray)
]


def each_array(condition=lambda kernel, argument, array: True):
    """Run the test for each array of each kernel, or for those that meet a condition."""
    chosen = [
        (name, argument)
        for name, argument in ARRAYS
        if condition(KERNELS[name], argument, KERNELS[name].arguments()[argument])
    ]
    return pytest.mark.parametrize(("name", "argument"), chosen)


def wider_than_a_byte(kernel, argument, array):
    return array.itemsize > 1


def beside_others(kernel, argument, array):
    n_arrays = sum(isinstance(value, np.ndarray) for value in kernel.arguments().values())
    return n_arrays > 1 and argument != kernel.any_last_axis


def of_fixed_dimensions(kernel, argument, array):
    any_shape = kernel.any_shape or argument in kernel.optional - kernel.outputs
    return argument == "mask" or not (any_shape or argument == kernel.shape_of_all)


def run(name, arguments):
    getattr(_kernels, name)(**arguments)


def assert_refused(name, changes, error, message):
    """The kernel raises, and its outputs are as they were."""
    kernel = KERNELS[name]
    arguments = kernel.arguments() | changes
    outputs = [arguments[o] for o in sorted(kernel.outputs) if isinstance(arguments[o], np.ndarray)]
    before = [output.copy() for output in outputs]
    with pytest.raises(error, match=message):
        run(name, arguments)
    for output, copy in zip(outputs, before, strict=True):
        np.testing.assert_array_equal(output, copy)


def test_every_kernel_is_in_the_table():
    others = {
        "argmax_size",
        "available_isas",
        "checksum",
        "conv2d_packed_size",
        "conv2d_pools",
        "get_num_threads",
        "select_isa",
        "selected_isa",
        "set_num_threads",
    }
    assert set(KERNELS) == set(_kernels.__all__) - others


@each_array()
def test_another_dtype_is_refused(name, argument):
    wrong = KERNELS[name].arguments()[argument].astype(np.int16)
    message = rf"^{argument} has dtype int16, expected "
    assert_refused(name, {argument: wrong}, TypeError, message)


@each_array(wider_than_a_byte)
def test_another_byte_order_is_refused(name, argument):
    array = KERNELS[name].arguments()[argument]
    wrong = array.astype(array.dtype.newbyteorder())
    assert_refused(name, {argument: wrong}, TypeError, rf"^{argument} has dtype [<>]")


@each_array()
def test_an_array_with_gaps_is_refused(name, argument):
    wrong = np.repeat(KERNELS[name].arguments()[argument], 2, axis=-1)[..., ::2]
    assert_refused(name, {argument: wrong}, ValueError, rf"^{argument} is not C-contiguous")


@each_array(wider_than_a_byte)
def test_an_array_off_its_alignment_is_refused(name, argument):
    array = KERNELS[name].arguments()[argument]
    wrong = np.empty(array.nbytes + 1, np.uint8)[1:].view(array.dtype).reshape(array.shape)
    wrong[...] = array
    assert_refused(name, {argument: wrong}, ValueError, rf"^{argument} is not aligned")


@each_array(beside_others)
def test_one_element_too_many_is_refused(name, argument):
    array = KERNELS[name].arguments()[argument]
    wrong = np.concatenate([array, array[..., :1]], axis=-1)
    arguments = "|".join(KERNELS[name].arguments())
    assert_refused(name, {argument: wrong}, ValueError, rf"^({arguments}) (has|is) ")


@each_array(of_fixed_dimensions)
def test_one_dimension_too_many_is_refused(name, argument):
    wrong = KERNELS[name].arguments()[argument][None]
    assert_refused(name, {argument: wrong}, ValueError, rf"^{argument} has shape .*, expected ")


@each_array()
def test_none_is_refused_unless_optional(name, argument):
    kernel = KERNELS[name]
    if argument in kernel.optional:
        run(name, kernel.arguments() | {argument: None})
    else:
        message = rf"^{argument} is None, expected an array"
        assert_refused(name, {argument: None}, TypeError, message)


@each_array()
def test_a_list_is_refused(name, argument):
    wrong = KERNELS[name].arguments()[argument].tolist()
    assert_refused(name, {argument: wrong}, TypeError, argument)


@each_array()
def test_only_outputs_must_be_writeable(name, argument):
    kernel = KERNELS[name]
    array = kernel.arguments()[argument]
    array.setflags(write=False)
    if argument in kernel.outputs:
        assert_refused(name, {argument: array}, ValueError, rf"^{argument} is read-only")
    else:
        run(name, kernel.arguments() | {argument: array})


@pytest.mark.usefixtures("isa")
@pytest.mark.parametrize("name", KERNELS)
def test_nothing_is_written_but_the_outputs(name):
    margin = 64
    kernel = KERNELS[name]
    arguments = kernel.arguments()
    inputs = {a: v.copy() for a, v in arguments.items() if isinstance(v, np.ndarray)}
    frames = {}
    for output in kernel.outputs:
        array = arguments[output]
        frame = np.full(array.size + 2 * margin, 77, array.dtype)
        frame[margin:-margin] = array.ravel()
        arguments[output] = frame[margin:-margin].reshape(array.shape)
        frames[output] = frame
    run(name, arguments)
    for frame in frames.values():
        assert np.all(frame[:margin] == 77)
        assert np.all(frame[-margin:] == 77)
    for argument in set(inputs) - kernel.outputs:
        np.testing.assert_array_equal(arguments[argument], inputs[argument])
