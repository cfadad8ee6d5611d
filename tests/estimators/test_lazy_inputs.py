"""Images that are read as they are needed: the same results as of an array, and few in memory."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from fernet import FERCNNClassifier, FERMLPClassifier
from fernet.augmentation import Augmentation
from fernet.estimators.lazy_inputs import as_lazy_rows

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (120, 6, 6)).astype(np.uint8)
Y = np.arange(120) % 3
KINDS = {
    "bytes": IMAGES,
    "rows": IMAGES.reshape(120, -1),
    "colour": RNG.integers(0, 256, (120, 4, 6, 3)).astype(np.uint8),
    "pixels as floats": IMAGES.astype(np.float64),
    "floats": (IMAGES / 255).astype(np.float32),
    "resized": IMAGES * 0.9,
}


class Lazy:
    """Rows of an array that come when they are asked for, and never all at once."""

    most = 64

    def __init__(self, array):
        self._array = array
        self.shape, self.dtype = array.shape, array.dtype
        self.n_read = 0

    def __len__(self):
        return len(self._array)

    def __getitem__(self, rows):
        assert len(rows) <= self.most, "read more at once than a batch"
        self.n_read += len(rows)
        return self._array[rows]


@pytest.fixture(autouse=True)
def few_at_a_time(monkeypatch):
    monkeypatch.setattr("fernet._engine.session.PREDICTION_BATCH", 64)
    monkeypatch.setattr("fernet._training.scaling._ROWS_AT_A_TIME", 64)
    monkeypatch.setattr("fernet._training.lazy_rows._ROWS_AT_A_TIME", 64)
    monkeypatch.setattr("fernet.estimators.images._ROWS_AT_A_TIME", 64)


def fitted(X, y=Y, estimator=FERMLPClassifier, X_val=None, **params):
    params = {"hidden_layer_sizes": (8,), "max_iter": 2, "batch_size": 20} | params
    model = estimator(random_state=0, **params)
    given = {} if X_val is None else {"X_val": X_val, "y_val": Y[:30]}
    return model.fit(X, y, **given)


def assert_same(lazy, plain, X):
    np.testing.assert_array_equal(lazy.network_.values, plain.network_.values)
    np.testing.assert_array_equal(lazy.predict_proba(Lazy(X)), plain.predict_proba(X))
    np.testing.assert_array_equal(lazy.transform(Lazy(X)), plain.transform(X))
    assert lazy.score(Lazy(X), Y) == plain.score(X, Y)
    assert lazy.history_.epochs["loss"] == plain.history_.epochs["loss"]


@pytest.mark.parametrize("kind", KINDS)
def test_it_comes_to_the_same_bits_as_in_memory(kind):
    X = KINDS[kind]
    assert_same(fitted(Lazy(X)), fitted(X), X)


@pytest.mark.parametrize(
    "params",
    [
        {"early_stopping": True, "validation_fraction": 0.25},
        {"early_stopping": True, "validation_fraction": 0.25, "monitor": "macro_f1"},
        {"shuffle": False, "batch_size": 64},
        {"augmentation": Augmentation(flip="alternating", shift=1), "average_flips": True},
        {"scaling": "standard"},
        {"class_weight": "balanced", "ema_decay": 0.5},
    ],
)
@pytest.mark.parametrize("kind", ["bytes", "pixels as floats"])
def test_whatever_is_done_with_it(params, kind):
    X = KINDS[kind]
    assert_same(fitted(Lazy(X), **params), fitted(X, **params), X)


@pytest.mark.parametrize("highest", [0, 1, 30, 255])
@pytest.mark.parametrize("augmentation", [Augmentation(brightness=40.0), "robust"])
def test_a_grey_level_is_that_of_the_bytes_wherever_they_are(highest, augmentation):
    """Bytes of 0 and 1 are black and white images, in the unit 0 to 1."""
    X = np.minimum(IMAGES, highest)
    X[:20] = 0
    lazy, plain = (fitted(data, augmentation=augmentation) for data in (Lazy(X), X))
    assert_same(lazy, plain, X)
    plain.predict(Lazy(X))
    lazy.predict(X)


@pytest.mark.parametrize("kind", ["bytes", "pixels as floats"])
@pytest.mark.parametrize("flips", [False, True])
def test_views_of_it_are_averaged_too(kind, flips):
    X, params = KINDS[kind], {"average_views": "zooms", "average_flips": flips}
    model = fitted(X, **params)
    np.testing.assert_array_equal(model.predict_proba(Lazy(X)), model.predict_proba(X))


def test_a_validation_set_may_be_lazy_too():
    X, X_val = KINDS["bytes"], KINDS["bytes"][:30]
    lazy = fitted(Lazy(X), X_val=Lazy(X_val))
    assert_same(lazy, fitted(X, X_val=X_val), X)


def test_a_convolutional_network_and_its_frozen_backbone_read_it_too():
    X, params = KINDS["colour"], {"estimator": FERCNNClassifier, "filters": [(4, 1)], "max_iter": 1}
    models = [fitted(data, **params) for data in (Lazy(X), X)]
    assert_same(*models, X)
    for model, data in zip(models, (Lazy(X), X), strict=True):
        model.set_params(freeze="backbone", max_iter=2).fit(data, Y)
    assert_same(*models, X)


def test_partial_fit_reads_it_too():
    lazy, plain = (
        FERMLPClassifier((8,), batch_size=20, random_state=0)
        .partial_fit(data, Y)
        .partial_fit(data, Y)
        for data in (Lazy(IMAGES), IMAGES)
    )
    assert_same(lazy, plain, IMAGES)


def test_a_training_goes_on_from_a_checkpoint(tmp_path, monkeypatch):
    # All are read to see whether they are those of the checkpoint.
    monkeypatch.setattr(Lazy, "most", len(IMAGES))
    place = tmp_path / "checkpoint"
    fitted(Lazy(IMAGES), checkpoint=place)
    longer = fitted(Lazy(IMAGES), checkpoint=place, max_iter=4)
    assert_same(longer, fitted(IMAGES, max_iter=4), IMAGES)


def test_every_epoch_reads_each_sample_once():
    lazy = Lazy(IMAGES)
    fitted(lazy, max_iter=3)
    learnt_the_scaling, found_the_unit = 1, 8
    assert lazy.n_read == (3 + learnt_the_scaling) * len(IMAGES) + found_the_unit


@pytest.mark.parametrize("X", [np.zeros((2, 2)), [[1]], sparse.eye(3).tocsr(), memoryview(b"12")])
def test_arrays_and_the_like_are_not_read_so(X):
    assert as_lazy_rows(X) is None


def test_tensors_are_not_read_so():
    class Tensor(Lazy):
        def __dlpack__(self, **options):
            return self._array.__dlpack__(**options)

    assert as_lazy_rows(Lazy(IMAGES)) is not None
    assert as_lazy_rows(Tensor(IMAGES)) is None


class Broken(Lazy):
    """Fails at its row 70, or says of itself what is not so."""

    def __init__(self, array, *, claims=None):
        super().__init__(array)
        self._claims = claims

    def __getitem__(self, rows):
        if self._claims is None and 70 in rows:
            raise OSError("row 70 can't be read")
        found = super().__getitem__(rows)
        return found if self._claims is None else self._claims(found)


@pytest.mark.parametrize("scaling", ["pixels", None])
def test_a_row_that_can_not_be_read_ends_the_training_and_changes_nothing(scaling):
    model = fitted(IMAGES, scaling=scaling)
    before = model.network_.values.copy()
    with pytest.raises(OSError, match="row 70 can't be read"):
        model.set_params(max_iter=5).fit(Broken(IMAGES), Y)
    np.testing.assert_array_equal(model.network_.values, before)
    with pytest.raises(OSError, match="row 70 can't be read"):
        model.predict(Broken(IMAGES))


@pytest.mark.parametrize("dtype", ["uint8", np.uint8, np.dtype(np.uint8)])
def test_the_type_of_the_numbers_may_be_given_by_its_name_or_class(dtype):
    lazy = Lazy(IMAGES)
    lazy.dtype = dtype
    np.testing.assert_array_equal(fitted(lazy).network_.values, fitted(IMAGES).network_.values)


@pytest.mark.parametrize("dtype", ["pixels", "int16", None])
def test_a_name_of_no_such_type_is_refused(dtype):
    lazy = Lazy(IMAGES)
    lazy.dtype = dtype
    with pytest.raises(ValueError, match=f"{dtype}"):
        fitted(lazy)


@pytest.mark.parametrize("claims", [lambda rows: rows[:, :5], lambda rows: rows * 1.0, len])
def test_rows_that_are_not_what_was_promised_are_refused(claims):
    with pytest.raises(ValueError, match=r"X\[rows\] gave .*; expected .* as X\.shape and X\.dt"):
        fitted(Broken(IMAGES, claims=claims))


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (Lazy(IMAGES.astype(np.int16)), Y, "X is read as it is needed, and holds .* int16"),
        (Lazy(np.zeros(4, np.uint8)), Y[:4], r"X has shape \(4,\); expected"),
        (Lazy(IMAGES[:0]), Y[:0], "expected one sample and feature or more"),
        (Lazy(np.zeros((4, 3, 48, 48), np.uint8)), Y[:4], "channels"),
        (Lazy(IMAGES), Y[:5], "inconsistent numbers of samples"),
        (Lazy(np.full((4, 4), np.nan)), Y[:4], "contains NaN or infinity"),
        (Lazy(np.full((4, 4), 1e300)), Y[:4], "numbers of size 1e[+]300"),
    ],
)
def test_what_can_not_be_learnt_from_is_refused(X, y, message):
    with pytest.raises(ValueError, match=message):
        fitted(X, y)


def test_images_of_another_size_than_those_of_fit_are_refused():
    model = fitted(IMAGES)
    with pytest.raises(ValueError, match=r"X has 16 features, but FERMLP.* is expecting 36 feat"):
        model.predict(Lazy(np.zeros((2, 16), np.uint8)))
    with pytest.raises(ValueError, match=r"X holds .* \(4, 4, 1\); expected \(6, 6, 1\)"):
        model.predict(Lazy(np.zeros((2, 4, 4), np.uint8)))
    with pytest.raises(ValueError, match=r"images of shape \(4, 9, 1\); expected \(6, 6, 1\)"):
        model.predict(Lazy(np.zeros((2, 4, 9), np.uint8)))
    with pytest.raises(ValueError, match="X is one image"):
        model.predict(Lazy(IMAGES[0]))


def test_floats_in_another_unit_are_warned_of():
    model = fitted(IMAGES)
    with pytest.warns(UserWarning, match="the model has learnt from data that span 0 to 255"):
        model.predict(Lazy(KINDS["floats"]))
