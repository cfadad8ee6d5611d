"""Arrays of other libraries are arrays; what can't be one says so under its name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy import __version__ as scipy_version
from scipy import sparse

from fernet import FERCNNClassifier, FERMLPClassifier
from fernet.estimators.images import as_rows
from fernet.estimators.other_arrays import (
    array_of,
    as_table_like,
    column_names,
    says_array,
    table_of,
)

HAS_AXES = tuple(map(int, scipy_version.split(".")[:2])) >= (1, 15)


class Tensor:
    """Offers DLPack alone."""

    def __init__(self, array):
        self._array = array

    def __dlpack__(self, **options):
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()


class Bound:
    def __init__(self, error):
        self._error = error

    def __array__(self, dtype=None, copy=None):
        raise self._error


def test_a_tensor_is_an_array_of_its_numbers():
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    tensor = Tensor(array)
    assert says_array(tensor)
    np.testing.assert_array_equal(array_of(tensor, "X"), array)


def test_a_masked_array_keeps_its_mask():
    masked = np.ma.masked_less(np.arange(4), 2)
    assert array_of(masked, "X") is masked


@pytest.mark.parametrize("value", [[[0, 255]], "photo.jpg", None, b"bytes"], ids=repr)
def test_what_is_no_array_stays_as_it_is(value):
    assert not says_array(value)
    assert array_of(value, "X") is value


def test_a_picture_says_that_it_can_be_an_array():
    assert says_array(Image.new("L", (2, 2)))


@pytest.mark.parametrize("error", [TypeError("on a GPU"), RuntimeError("requires grad")])
def test_a_tensor_that_is_out_of_reach_says_why_under_its_name(error):
    with pytest.raises(ValueError, match=rf"^image is of type Bound: {error}$"):
        array_of(Bound(error), "image")


def test_a_type_that_numpy_does_not_know_becomes_float32():
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    numbers = np.array([[0, 255], [0.5, -2]], bfloat16)
    assert array_of(numbers, "X").dtype == np.float32
    np.testing.assert_array_equal(array_of(numbers, "X"), numbers.astype(np.float64))
    assert array_of(np.zeros(2, [("a", float)]), "X").dtype.names == ("a",)


def test_a_tensor_in_a_list_says_under_its_place_why_it_is_no_array():
    with pytest.raises(ValueError, match=r"^X\[1\] is of type Bound: requires grad$"):
        as_rows([np.zeros((2, 2)), Bound(RuntimeError("requires grad"))])


# -- columns of tensors -----------------------------------------------------------------------

COLOURS = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), np.uint8)


def arrow(images):
    return pytest.importorskip("pyarrow").FixedShapeTensorArray.from_numpy_ndarray(images)


def in_chunks(images):
    return pytest.importorskip("pyarrow").chunked_array([arrow(images[:2]), arrow(images[2:])])


def of_pandas(images):
    table = pytest.importorskip("pyarrow").table({"image": arrow(images)})
    return table.to_pandas(types_mapper=pd.ArrowDtype)["image"]


def of_polars(images):
    polars = pytest.importorskip("polars")
    if not hasattr(polars, "BaseExtension"):
        pytest.skip("this polars knows no types of others")
    table = pytest.importorskip("pyarrow").table({"image": arrow(images)})
    return polars.from_arrow(table)["image"]


HOLDERS = [arrow, in_chunks, of_pandas, of_polars]


@pytest.mark.filterwarnings("ignore:Extension type")
@pytest.mark.parametrize("hold", HOLDERS)
def test_a_column_of_tensors_keeps_their_shape(hold):
    rows, shape = as_rows(hold(COLOURS))
    assert shape == (8, 8, 3)
    np.testing.assert_array_equal(rows, COLOURS.reshape(6, -1))


@pytest.mark.filterwarnings("ignore:Extension type")
@pytest.mark.parametrize("hold", HOLDERS)
def test_channels_first_in_a_column_of_tensors_are_refused(hold):
    model = FERCNNClassifier(filters=((4, 1),), hidden_layer_sizes=(4,), max_iter=1)
    model.fit(COLOURS, [0, 1] * 3)
    with pytest.raises(ValueError, match="channels before height and width"):
        model.predict(hold(np.ascontiguousarray(COLOURS.transpose(0, 3, 1, 2))))


def test_a_missing_tensor_is_refused():
    pyarrow = pytest.importorskip("pyarrow")
    column = arrow(COLOURS)
    storage = pyarrow.array([None, *column.storage.to_pylist()[1:]], column.type.storage_type)
    # Older versions of Arrow say that they can't reshape it.
    with pytest.raises(ValueError, match=r"^X is of type FixedShapeTensorArray: .*(null|reshape)"):
        as_rows(pyarrow.ExtensionArray.from_storage(column.type, storage))


# -- names of columns -------------------------------------------------------------------------


class Places(dict):
    """Counts along axes without coordinates, if asked."""

    def get(self, key, default=None):
        return super().get(key, pd.Series(range(2)))


class Located:
    """Names places along its axes, as xarray's arrays do."""

    dims = ("sample", "emotion")

    def __init__(self, coords):
        self.coords = Places(coords)


def test_tables_name_their_columns():
    assert column_names(pd.DataFrame({"sad": [1], "happy": [0]})) == ["sad", "happy"]
    pyarrow = pytest.importorskip("pyarrow")
    assert column_names(pyarrow.table({"sad": [1], "happy": [0]})) == ["sad", "happy"]


def test_coordinates_along_the_last_axis_are_names():
    assert column_names(Located({"emotion": pd.Series(["sad", "happy"])})) == ["sad", "happy"]
    assert column_names(Located({"sample": pd.Series([4, 2])})) is None


def test_arrays_and_lists_have_no_names():
    assert column_names(np.zeros((2, 2))) is None
    assert column_names([[0, 1]]) is None


def test_a_batch_of_rows_has_the_names_of_a_table():
    pyarrow = pytest.importorskip("pyarrow")
    (batch,) = pyarrow.table({"b": [0, 9, 0, 9], "a": [9, 0, 9, 0]}).to_batches()
    model = FERMLPClassifier((2,), max_iter=1, random_state=0).fit(batch, [0, 1, 0, 1])
    assert model.feature_names_in_.tolist() == ["b", "a"]
    with pytest.raises(ValueError, match="same order"):
        model.predict(batch.select(["a", "b"]))
    np.testing.assert_array_equal(model.predict(batch), model.predict(table_of(batch)))


@pytest.mark.parametrize(
    ("X", "error", "says"),
    [
        (np.array(3), ValueError, "scalar array"),
        (sparse.coo_array(np.ones((4, 2, 2))) if HAS_AXES else None, TypeError, "Sparse data"),
    ],
)
def test_single_numbers_and_sparse_images_are_refused_in_plain_words(X, error, says):
    if X is None:
        pytest.skip("this SciPy has sparse arrays of two axes alone")
    with pytest.raises(error, match=says):
        FERMLPClassifier((2,)).fit(X, [0, 1, 0, 1])


def test_other_numbers_take_the_columns_of_a_table():
    frame = pd.DataFrame({"sad": [1, 2], "happy": [0, 3]}, index=[7, 5])
    other = as_table_like(np.array([[4.0, 5.0], [6.0, 7.0]]), frame)
    pd.testing.assert_frame_equal(
        other, pd.DataFrame({"sad": [4.0, 6.0], "happy": [5.0, 7.0]}, index=[7, 5])
    )


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_so_they_do_of_other_libraries_tables(library):
    library = pytest.importorskip(library)
    make = getattr(library, "DataFrame", None) or library.table
    table = make({"sad": [1, 2], "happy": [0, 3]})
    other = as_table_like(np.array([[4.0, 5.0], [6.0, 7.0]]), table)
    assert type(other) is type(table)
    assert column_names(other) == ["sad", "happy"]
    assert np.asarray(other).tolist() == [[4.0, 5.0], [6.0, 7.0]]


def test_what_is_no_table_takes_an_array():
    values = np.zeros((2, 4))
    assert as_table_like(values, [[0] * 4] * 2) is values
    images = np.zeros((2, 4, 4))
    assert as_table_like(images, pd.DataFrame({"image": [0, 1]})) is images
