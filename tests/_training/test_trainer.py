"""Trainer: the loop's promises, seen from outside."""

from __future__ import annotations

import copy
import gc
import weakref

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from fernet._engine.network import Network
from fernet._engine.session import Session
from fernet._kernels import reference
from fernet._training.data_loader import DataLoader
from fernet._training.evaluation import evaluate
from fernet._training.frozen_backbone import freeze_backbone
from fernet._training.history import History
from fernet._training.native_backend import NativeBackend
from fernet._training.optimizers import SGD, Adam
from fernet._training.settings import Settings
from fernet._training.trained_part import WholeNetwork
from fernet._training.trainer import Trainer
from fernet.architectures import mlp
from fernet.augmentation import Augmentation
from fernet.callbacks import Callback
from fernet.layers import BatchNorm, Conv2D, Flatten, Linear, ReLU
from fernet.schedules import ExponentialSchedule

RNG = np.random.default_rng(0)
TARGET = RNG.integers(3, size=250).astype(np.int32)
X = (RNG.integers(0, 60, (250, 64)) + 60 * TARGET[:, None]).astype(np.uint8)


NORMED = [Linear(16), BatchNorm(), ReLU(), Linear(3)]
"""Layers with running statistics."""


def make_trainer(
    optimizer=None,
    *,
    dropout=0.1,
    layers=None,
    image=(64,),
    validation=False,
    weight=None,
    **kwargs,
):
    settings = {"learning_rate": 0.001, "batch_size": 40, "n_epochs": 3}
    given = {k: v for k, v in kwargs.items() if k in Settings.__slots__}
    rest = {k: v for k, v in kwargs.items() if k not in Settings.__slots__}
    network = Network(mlp((16, 8), 3, dropout=dropout) if layers is None else layers, image)
    network.initialize(0)
    augmentation = rest.pop("augmentation", None)
    training = DataLoader(
        X, TARGET, weight, indices=np.arange(200), augmentation=augmentation, image_shape=(8, 8, 1)
    )
    held_out = DataLoader(X, TARGET, indices=np.arange(200, 250)) if validation else None
    return Trainer(
        network,
        SGD() if optimizer is None else optimizer,
        training,
        held_out,
        settings=Settings(**settings | given),
        **rest,
    )


def trained(*args, **kwargs):
    trainer = make_trainer(*args, **kwargs)
    trainer.train()
    return trainer


class Recorder(Callback):
    def __init__(self):
        self.calls = []

    def on_train_begin(self, trainer):
        self.calls.append("train begin")

    def on_epoch_begin(self, trainer):
        self.calls.append("epoch begin")

    def on_step_end(self, trainer):
        self.calls.append("step")

    def on_epoch_end(self, trainer):
        self.calls.append(f"epoch {trainer.epoch}")

    def on_train_end(self, trainer):
        self.calls.append("train end")


def test_the_loss_falls():
    losses = trained(n_epochs=10).history.epochs["loss"]
    assert losses[-1] < 0.5 * losses[0]


def test_a_step_is_the_one_that_the_numpy_kernels_take():
    def two_steps(kernels, dtype):
        network = Network(mlp((16,), 3, dropout=0.2), (64,), dtype=dtype, kernels=kernels)
        network.initialize(0)
        x = (X / 100).astype(dtype)
        batches = DataLoader(x, TARGET, kernels=kernels)
        optimizer = SGD(0.9, weight_decay=0.1, kernels=kernels)
        settings = Settings(0.1, batch_size=125, n_epochs=1, seed=4, clip_norm=0.5)
        trainer = Trainer(network, optimizer, batches, settings=settings)
        trainer.train()
        return dict(network.named_parameters()), trainer.history.iterations["loss"]

    params, losses = two_steps(None, np.float32)
    expected, expected_losses = two_steps(reference, np.float64)
    for name, values in params.items():
        np.testing.assert_allclose(values, expected[name], atol=1e-5)
    assert losses == pytest.approx(expected_losses, rel=1e-5)


def test_history_has_a_loss_for_each_iteration_and_a_row_for_each_epoch():
    history = trained(validation=True, n_epochs=3).history
    assert len(history.iterations["loss"]) == 3 * 5
    assert history.epochs["epoch"] == [1, 2, 3]
    scores = history.epochs.pop("validation_score")
    assert scores == [None] * 3
    for name, column in history.epochs.items():
        assert len(column) == 3, name
        assert np.isfinite(column).all(), name


def test_a_scorer_is_what_patience_goes_by():
    trainer = make_trainer(validation=True, n_epochs=9, patience=2)
    said = iter([0.1, 0.5, 0.4, 0.3, 0.9])
    trainer.scorer = lambda trainer: next(said)
    trainer.train()
    assert trainer.history.epochs["validation_score"] == [0.1, 0.5, 0.4, 0.3]
    assert trainer.best_score == 0.5


def test_the_epochs_loss_is_the_mean_over_its_rows():
    trainer = trained(n_epochs=1, batch_size=150)
    first, second = trainer.history.iterations["loss"]
    assert trainer.history.epochs["loss"][0] == pytest.approx(0.75 * first + 0.25 * second)


def test_the_reported_loss_holds_the_l2_term():
    plain, decayed = (
        trained(SGD(weight_decay=d), learning_rate=1e-12, n_epochs=1, dropout=0) for d in (0.0, 0.5)
    )
    network = make_trainer().network
    squares = sum(
        float((view.astype(np.float64) ** 2).sum())
        for name, view in network.named_parameters()
        if name.endswith("weight")
    )
    difference = decayed.history.epochs["loss"][0] - plain.history.epochs["loss"][0]
    assert difference == pytest.approx(0.25 * squares, rel=1e-4)


def test_the_validation_figures_are_those_of_the_epochs_weights():
    trainer = trained(validation=True)
    loss, accuracy = evaluate(Session(trainer.network), trainer.validation)
    assert trainer.history.epochs["validation_loss"][-1] == loss
    assert trainer.history.epochs["validation_accuracy"][-1] == accuracy


def test_the_schedule_sets_the_rate():
    trainer = trained(schedule=ExponentialSchedule(0.5), n_epochs=3, learning_rate=0.001)
    assert trainer.history.epochs["learning_rate"] == [0.001, 0.0005, 0.00025]


@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_the_same_seed_gives_the_same_bits_for_any_number_of_threads(optimizer):
    def weights(n_threads, seed=0):
        with threadpool_limits(n_threads):
            augmentation = Augmentation(flip="random", shift=1)
            return trained(optimizer(), seed=seed, augmentation=augmentation).network.params

    one = weights(1)
    for n_threads in (2, 3):
        np.testing.assert_array_equal(one, weights(n_threads))
    assert (one != weights(1, seed=1)).any()


def test_early_stopping_waits_and_keeps_the_best_weights():
    scores = iter([0.5, 0.7, 0.6, 0.7, 0.1, 0.9])
    seen = []

    class Scripted(NativeBackend):
        def evaluate(self, data):
            seen.append(self._network.params.copy())
            return 1.0, next(scores)

    trainer = trained(validation=True, n_epochs=50, patience=3, backend=Scripted)
    assert trainer.epoch == 5
    assert trainer.best_score == 0.7
    trainer.finish()
    np.testing.assert_array_equal(trainer.network.params, seen[1])


def test_without_patience_the_last_weights_stay():
    trainer = trained(validation=True, n_epochs=4)
    last = trainer.network.params.copy()
    trainer.finish()
    np.testing.assert_array_equal(trainer.network.params, last)
    assert trainer.best_score == max(trainer.history.epochs["validation_accuracy"])


def test_averaged_weights_are_evaluated_and_kept():
    trainer = trained(validation=True, ema_decay=0.9)
    raw = trainer.network.params.copy()
    trainer.finish()
    assert (trainer.network.params != raw).any()
    loss, _ = evaluate(Session(trainer.network), trainer.validation)
    assert trainer.history.epochs["validation_loss"][-1] == loss


def test_the_average_is_the_running_mean_over_all_steps():
    class Follow(Callback):
        average = None

        def on_train_begin(self, trainer):
            self.average = trainer.network.params.astype(np.float64)

        def on_step_end(self, trainer):
            decay = min(0.9, (1 + trainer.step) / (10 + trainer.step))
            self.average = decay * self.average + (1 - decay) * trainer.network.params

    follow = Follow()
    trainer = trained(ema_decay=0.9, callbacks=[follow])
    trainer.finish()
    np.testing.assert_allclose(trainer.network.params, follow.average, atol=1e-6)


@pytest.mark.parametrize("layers", [None, NORMED])
def test_averaging_does_not_disturb_the_training(layers):
    with_average = trained(validation=True, ema_decay=0.9, layers=layers)
    without = trained(layers=layers)
    np.testing.assert_array_equal(with_average.network.values, without.network.values)


@pytest.mark.parametrize("settings", [{"patience": 9}, {"patience": 9, "ema_decay": 0.9}])
def test_running_statistics_are_kept_with_the_weights_they_belong_to(settings):
    class Scores(Callback):
        def on_epoch_end(self, trainer):
            self.kept = trainer.kept_network().values.copy()

    scores = Scores()
    trainer = trained(layers=NORMED, validation=True, n_epochs=8, callbacks=[scores], **settings)
    trainer.finish()
    np.testing.assert_array_equal(trainer.network.values, scores.kept)
    _, accuracy = evaluate(Session(trainer.network), trainer.validation)
    assert accuracy == trainer.best_score


CONVOLUTIONS = [Conv2D(4), ReLU(), Conv2D(4), ReLU(), Flatten(), Linear(3)]


def test_a_training_leaves_no_memory_behind():
    trainer = trained(layers=CONVOLUTIONS, image=(8, 8, 1))
    gone = weakref.ref(trainer)
    gc.disable()
    try:
        del trainer
        assert gone() is None
    finally:
        gc.enable()


def test_callbacks_hear_of_everything_in_order():
    recorder = Recorder()
    trained(callbacks=[recorder], n_epochs=2, batch_size=100)
    epoch = ["epoch begin", "step", "step"]
    assert recorder.calls == ["train begin", *epoch, "epoch 1", *epoch, "epoch 2", "train end"]


def test_a_callback_may_stop_the_training():
    class StopAtTwo(Callback):
        def on_epoch_end(self, trainer):
            trainer.stop = trainer.epoch == 2

    assert trained(callbacks=[StopAtTwo()], n_epochs=9).epoch == 2


def test_divergence_is_an_error_that_names_the_learning_rate():
    recorder = Recorder()
    with np.errstate(all="ignore"), pytest.raises(ValueError, match=r"learning rate of 1e\+30"):
        trained(learning_rate=1e30, callbacks=[recorder])
    assert recorder.calls[-1] == "train end"


def test_factors_that_callbacks_set_multiply():
    class Lower(Callback):
        def __init__(self, factor):
            self.factor = factor

        def on_epoch_begin(self, trainer):
            trainer.factors_of_callbacks[self] = self.factor

    class Halve(Callback):
        def on_epoch_begin(self, trainer):
            trainer.learning_rate_factor = 0.5

    trainer = trained(learning_rate=0.8, callbacks=[Lower(0.5), Lower(0.25), Halve()])
    assert trainer.history.epochs["learning_rate"][-1] == 0.8 * 0.5**4


def test_divergence_in_the_last_step_is_noticed_too():
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="diverged"):
        trained(SGD(0.0), learning_rate=1e38, n_epochs=1, batch_size=200, dropout=0)


def test_callbacks_never_see_the_end_of_an_epoch_whose_weights_are_not_finite():
    recorder = Recorder()
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="diverged"):
        trained(SGD(0.0), learning_rate=1e38, batch_size=200, dropout=0, callbacks=[recorder])
    assert recorder.calls == ["train begin", "epoch begin", "step", "train end"]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"ema_decay": 0.9, "patience": 5},
        {"layers": NORMED, "patience": 5},
        {"layers": NORMED, "ema_decay": 0.9, "patience": 5},
    ],
)
@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_a_restored_training_goes_on_with_the_same_bits(optimizer, settings):
    whole = trained(optimizer(), validation=True, n_epochs=5, **settings)
    begun = make_trainer(optimizer(), validation=True, n_epochs=5, **settings)
    begun.train(n_epochs=2)
    arrays, meta = begun.snapshot()
    resumed = make_trainer(optimizer(), validation=True, n_epochs=5, **settings)
    resumed.network.values[...] = 0
    resumed.restore(arrays, meta)
    resumed.train()
    for trainer in (whole, resumed):
        trainer.finish()
        trainer.history.epochs["seconds"] = []
    np.testing.assert_array_equal(whole.network.values, resumed.network.values)
    assert whole.history == resumed.history


class Apart(NativeBackend):
    """Learns in memory of its own, as a backend on another device does."""

    def __init__(self, network, optimizer, *args):
        self.outside = network, optimizer
        super().__init__(network.copy(), copy.deepcopy(optimizer), *args)

    def pull_weights(self):
        self.outside[0].values[...] = self._network.values

    def push_weights(self):
        self._network.values[...] = self.outside[0].values

    def pull_optimizer(self):
        copy_optimizer(self._optimizer, self.outside[1])

    def push_optimizer(self):
        copy_optimizer(self.outside[1], self._optimizer)


def copy_optimizer(source, target):
    target.n_steps = source.n_steps
    for name in source.state_names:
        getattr(target, name)[...] = getattr(source, name)


@pytest.mark.parametrize(
    "settings", [{}, {"validation": True, "patience": 5}, {"validation": True, "ema_decay": 0.9}]
)
@pytest.mark.parametrize("part", [WholeNetwork, freeze_backbone])
def test_a_backend_with_memory_of_its_own_comes_to_the_same(part, settings):
    def figures(backend):
        half = make_trainer(Adam(), n_epochs=4, part=part, backend=backend, **settings)
        half.train(n_epochs=2)
        kept = half.kept_network().values
        trainer = make_trainer(Adam(), n_epochs=4, part=part, backend=backend, **settings)
        trainer.restore(*half.snapshot())
        trainer.train()
        trainer.finish()
        return kept, trainer.whole_network.values, trainer.history.epochs["accuracy"]

    for here, apart in zip(figures(NativeBackend), figures(Apart), strict=True):
        np.testing.assert_array_equal(apart, here)


def test_a_snapshot_that_does_not_fit_is_refused_and_changes_nothing():
    arrays, meta = trained(SGD()).snapshot()
    trainer = make_trainer(Adam())
    before = trainer.network.params.copy()
    with pytest.raises(ValueError, match=r"optimizer\.first_moment"):
        trainer.restore(arrays, meta)
    np.testing.assert_array_equal(trainer.network.params, before)


def test_every_step_drops_other_units():
    trainer = make_trainer(
        dropout=0.5, learning_rate=1e-12, batch_size=200, n_epochs=4, shuffle=False
    )
    trainer.train()
    losses = trainer.history.iterations["loss"]
    assert max(losses) - min(losses) > 1e-3


def test_a_continued_training_does_not_repeat_its_orders_and_masks():
    class SeeOrder(DataLoader):
        def order(self, seed, epoch, *, shuffle):
            self.orders.append(super().order(seed, epoch, shuffle=shuffle))
            return self.orders[-1]

    batches = SeeOrder(X, TARGET)
    batches.orders = []
    history = None
    for _ in range(2):
        base = make_trainer()
        settings = Settings(1e-3, n_epochs=2)
        trainer = Trainer(base.network, SGD(), batches, settings=settings, history=history)
        trainer.train()
        history = trainer.history
    assert len({order.tobytes() for order in batches.orders}) == 4


def test_a_continued_history_is_counted_on_and_left_as_it_was():
    first = trained(n_epochs=2).history
    second = trained(n_epochs=2, history=first)
    assert second.history.epochs["epoch"] == [1, 2, 3, 4]
    assert second.epoch == 4
    assert second.step == 20
    assert len(first) == 2


def test_patience_without_validation_data_is_refused():
    with pytest.raises(ValueError, match="validation"):
        make_trainer(patience=3)


def test_a_batch_larger_than_the_data_is_one_batch():
    trainer = trained(batch_size=10_000, n_epochs=2)
    assert trainer.batch_size == 200
    assert len(trainer.history.iterations["loss"]) == 2


def test_a_history_of_its_own_is_made_where_none_is_given():
    assert make_trainer().history == History()


def test_an_epoch_is_told_with_its_last_iteration():
    trainer = trained(n_epochs=3)
    history = trainer.history
    n_steps = len(history.iterations["loss"]) // 3
    assert n_steps > 1
    assert history.epochs["last_iteration"] == [n_steps, 2 * n_steps, 3 * n_steps]
