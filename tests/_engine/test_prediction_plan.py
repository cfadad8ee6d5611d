"""Prepared weights: the same answers, shared, bounded, and gone once they are no longer true."""

from __future__ import annotations

import copy
import pickle
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fernet import _kernels
from fernet._engine.network import Network
from fernet._engine.prediction_plan import PredictionPlan
from fernet._engine.session import Session
from fernet._kernels import reference
from fernet.architectures import compact, detailed, mlp, resnet, vgg
from fernet.layers import BatchNorm, Conv2D, Linear

RNG = np.random.default_rng(0)

NETWORKS = {
    "mlp": lambda: (mlp((64, 32), 7), (100,)),
    "normalised linear": lambda: ([Linear(16), BatchNorm(), Linear(3, use_bias=False)], (9,)),
    "vgg": lambda: (vgg(filters=[(8, 2), (32, 1), (70, 2)], hidden_layer_sizes=(20,)), (24, 24, 1)),
    "vgg with norms": lambda: (
        vgg(filters=[(32, 2), (64, 1)], hidden_layer_sizes=(20,), batch_norm=True),
        (24, 24, 1),
    ),
    "compact": lambda: (compact(width=16), (48, 48, 1)),
    "detailed": lambda: (detailed(width=8), (48, 48, 1)),
    "symmetric": lambda: (detailed(width=8, mirrored=True), (48, 48, 1)),
    "resnet18": lambda: (resnet(18, width=8), (24, 24, 1)),
    "resnet50": lambda: (resnet(50, width=8), (24, 24, 1)),
}


def make(name, **kwargs):
    layers, input_shape = NETWORKS[name]()
    network = Network(layers, input_shape, **kwargs)
    network.initialize(0)
    for _, view in network.named_state():
        view[...] = np.random.default_rng(1).uniform(1, 2, view.shape)
    return network


def rows(network, n):
    return RNG.standard_normal((n, *network.input_shape)).astype(network.dtype)


# -- answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("isa", _kernels.available_isas())
@pytest.mark.parametrize("name", NETWORKS)
def test_answers_have_the_bits_of_weights_that_are_read_anew(name, isa):
    before = _kernels.selected_isa()
    _kernels.select_isa(isa)
    try:
        network = make(name)
        x = rows(network, 5)
        anew = Session(network).predict(x)
        np.testing.assert_array_equal(Session(network, keeps_plan=True).predict(x), anew)
    finally:
        _kernels.select_isa(before)


def test_the_oracles_networks_have_plans_too():
    network = make("vgg with norms", dtype=np.float64, kernels=reference)
    x = rows(network, 2)
    anew = Session(network).predict(x)
    np.testing.assert_array_equal(Session(network, keeps_plan=True).predict(x), anew)


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(sorted(NETWORKS)), st.integers(1, 70), st.integers(0, 2**32 - 1))
def test_a_rows_answer_does_not_depend_on_its_neighbours(name, n_rows, seed):
    network = make(name)
    session = Session(network, keeps_plan=True)
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n_rows, *network.input_shape), dtype=np.float32)
    together, order = session.predict(x), rng.permutation(n_rows)
    np.testing.assert_array_equal(session.predict(x[order]), together[order])
    for row in (0, n_rows - 1):
        np.testing.assert_array_equal(session.predict(x[row : row + 1])[0], together[row])


# -- one plan for all ------------------------------------------------------------------------


def test_threads_share_one_plan():
    session = Session(make("vgg with norms"), keeps_plan=True)
    x = rows(session.network, 3)
    expected = Session(session.network).predict(x)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(session.predict, [x] * 20))
    for answer in answers:
        np.testing.assert_array_equal(answer, expected)
    assert len({id(session._prepared.plan)}) == 1


def test_no_array_of_a_plan_can_be_written_to():
    network = make("vgg with norms")
    for params in PredictionPlan(network).node_params:
        for array in params.values():
            own = np.may_share_memory(array, network.values)
            assert array.flags.writeable == own


def test_a_copied_or_pickled_network_has_no_part_in_it():
    session = Session(make("compact"), keeps_plan=True)
    session.network.is_shared = True
    size = len(pickle.dumps(session.network))
    session.predict(rows(session.network, 1))
    assert len(pickle.dumps(session.network)) == size
    for twin in (copy.deepcopy(session.network), session.network.copy()):
        assert not twin.is_shared


# -- memory ----------------------------------------------------------------------------------


def test_the_reports_network_takes_ten_megabytes_more():
    network = Network(vgg(), (48, 48, 1))
    # NEON's panels are 12 columns wide, and 128 filters are 11 of them
    limit = 10.9e6 if _kernels.selected_isa() == "neon" else 10.5e6
    assert PredictionPlan(network).n_bytes <= limit


def test_linear_weights_stay_where_they_are():
    assert PredictionPlan(make("mlp")).n_bytes == 0


@pytest.mark.parametrize("name", NETWORKS)
def test_one_rows_prediction_allocates_nothing_but_its_answer(name):
    session = Session(make(name), keeps_plan=True)
    x = rows(session.network, 1)
    for _ in range(3):
        session.predict(x)
    tracemalloc.start()
    try:
        session.predict(x)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12_000  # small Python objects, and the answer


# -- until the weights are others ------------------------------------------------------------


@pytest.mark.parametrize("name", ["mlp", "normalised linear", "vgg with norms", "compact"])
def test_weights_that_others_may_write_to_are_looked_at_each_time(name):
    network = make(name)
    session = Session(network, keeps_plan=True)
    x = rows(network, 2)
    before = session.predict(x)
    plan = session._prepared.plan
    network.is_shared = True
    np.testing.assert_array_equal(session.predict(x), before)
    assert session._prepared.plan is plan
    for _, view in network.named_parameters():
        view += RNG.standard_normal(view.shape).astype(np.float32) / 10
        after = session.predict(x)
        assert session._prepared.plan is not plan
        np.testing.assert_array_equal(after, Session(network.copy()).predict(x))
    for _, view in network.named_state():
        view *= 2
        np.testing.assert_array_equal(session.predict(x), Session(network.copy()).predict(x))


def test_weights_that_change_places_are_noticed():
    network = Network([Conv2D(32), Conv2D(32)], (12, 12, 32))
    network.initialize(0)
    network.is_shared = True
    plan = PredictionPlan(network)
    weight = network.node_params[0]["weight"]
    weight[0, 0, 0, :2] = weight[0, 0, 0, 1::-1].copy()
    assert not plan.is_current()


def test_another_instruction_set_has_a_plan_of_its_own():
    network = make("vgg")
    session = Session(network, keeps_plan=True)
    x, before = rows(network, 2), _kernels.selected_isa()
    for isa in _kernels.available_isas():
        _kernels.select_isa(isa)
        try:
            answer = session.predict(x)
            np.testing.assert_array_equal(answer, Session(network).predict(x))
        finally:
            _kernels.select_isa(before)


def test_a_released_plan_comes_back():
    session = Session(make("compact"), keeps_plan=True)
    x = rows(session.network, 1)
    answer = session.predict(x)
    session.release()
    assert session._prepared is None
    np.testing.assert_array_equal(session.predict(x), answer)
