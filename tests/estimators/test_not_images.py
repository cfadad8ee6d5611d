"""What is given in the place of images is called what it is, and how to come by the images said."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from fernet import FERMLPClassifier
from fernet.estimators import images
from fernet.estimators.not_images import holds_items
from fernet.faces import FaceCropper

IMAGES = np.arange(3 * 4 * 4, dtype=np.uint8).reshape(3, 4, 4)
LABELS = [0, 1, 0]


class DataSet:
    """Items by number, as PyTorch's data sets have them."""

    def __init__(self, items):
        self._items = items

    def __len__(self):
        return len(self._items)

    def __getitem__(self, place):
        return self._items[place]


class Loader:
    """Batches one after the other, as loaders and pipelines of other libraries give them."""

    def __iter__(self):
        return iter([(IMAGES, LABELS)])


class Tensor:
    """Another library's array, which gives its numbers by one protocol alone."""

    def __init__(self, array):
        self.array = array
        self.shape, self.ndim = array.shape, array.ndim

    def __len__(self):
        return len(self.array)


class ArrayTensor(Tensor):
    def __array__(self, dtype=None, copy=None):
        return self.array


class DlpackTensor(Tensor):
    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


class BoundTensor(Tensor):
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("it requires grad; use tensor.detach().numpy()")


def fitted():
    return FERMLPClassifier((4,), max_iter=1, random_state=0).fit(IMAGES, LABELS)


def encoded(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("kind", [ArrayTensor, DlpackTensor])
@pytest.mark.parametrize("array", [IMAGES, IMAGES.reshape(3, 16)], ids=["images", "rows"])
def test_a_tensor_is_an_array(kind, array):
    expected = fitted().predict_proba(IMAGES)
    model = FERMLPClassifier((4,), max_iter=1, random_state=0).fit(kind(array), LABELS)
    np.testing.assert_array_equal(model.predict_proba(kind(array)), expected)


@pytest.mark.parametrize("array", [IMAGES, IMAGES.reshape(3, 16)], ids=["images", "rows"])
def test_a_tensor_that_can_not_be_an_array_says_why(array):
    with pytest.raises(ValueError, match=r"^X_val is of type BoundTensor: .*detach"):
        images.as_rows(BoundTensor(array), "X_val")


def test_a_data_set_of_images_is_their_list():
    rows, shape = images.as_rows(DataSet(list(IMAGES)))
    np.testing.assert_array_equal(rows, IMAGES.reshape(3, 16))
    assert shape == (4, 4, 1)


@pytest.mark.parametrize("hold", [list, tuple, DataSet])
@pytest.mark.parametrize("image", [IMAGES[0], Image.fromarray(IMAGES[0])], ids=["array", "Pillow"])
def test_pairs_of_image_and_label_are_told_apart(hold, image):
    with pytest.raises(ValueError, match=r"^X holds pairs.*images, labels = zip\(\*X\)"):
        images.as_rows(hold([(image, 3), (image, 4)]))


@pytest.mark.parametrize("loader", [Loader(), (image for image in IMAGES), {"image": IMAGES}, {1}])
def test_what_has_no_items_by_number_is_refused_by_its_type(loader):
    with pytest.raises(TypeError, match=rf"^X is of type {type(loader).__name__}; expected an arr"):
        images.as_rows(loader)


@pytest.mark.parametrize("hold", [list, DataSet, pd.Series])
def test_files_in_mappings_are_told_how_to_be_decoded(hold):
    rows = [{"bytes": encoded(image), "path": None} for image in IMAGES]
    with pytest.raises(ValueError, match=r"^X holds mappings with 'bytes', 'path'.*BytesIO\(row"):
        images.as_rows(hold(rows))


def test_other_mappings_are_told_which_key_to_take():
    rows = [{"image": image, "label": 3} for image in IMAGES]
    with pytest.raises(ValueError, match=r"\[row\['image'\] for row in X\]$"):
        images.as_rows(rows)


def test_a_file_as_bytes_is_not_shown_as_text():
    with pytest.raises(ValueError, match=r"^X holds bytes, as of a picture's file") as error:
        images.as_rows([encoded(image) for image in IMAGES])
    assert str(error.value).isascii()


@pytest.mark.parametrize(
    "cells",
    [list(IMAGES), [Image.fromarray(image) for image in IMAGES]],
    ids=["arrays", "Pillow"],
)
def test_a_frame_with_a_column_of_images_is_told_to_give_the_column(cells):
    frame = pd.DataFrame({"face": pd.Series(cells), "label": LABELS})
    with pytest.raises(ValueError, match=r"^X is a data frame .*; give X\['face'\]$"):
        images.as_rows(frame)
    assert images.as_rows(frame["face"])[1] == (4, 4, 1)


def pandas_of(columns):
    return pd.DataFrame(columns)


def polars_of(columns):
    return pytest.importorskip("polars", reason="polars is not installed").DataFrame(columns)


def arrow_of(columns):
    return pytest.importorskip("pyarrow", reason="pyarrow is not installed").table(columns)


FRAMES = [pandas_of, polars_of, arrow_of]


@pytest.mark.parametrize("frame_of", FRAMES)
@pytest.mark.parametrize("labels", [{}, {"label": LABELS}], ids=["alone", "labelled"])
@pytest.mark.parametrize("cells", [IMAGES.reshape(3, -1).tolist(), IMAGES.tolist()])
def test_a_frame_with_a_column_of_lists_is_told_to_give_the_column(frame_of, labels, cells):
    frame = frame_of({**labels, "face": cells})
    told = r"^X is a data frame with a column of images; give X\['face'\]$"
    with pytest.raises(ValueError, match=told):
        FERMLPClassifier().fit(frame, LABELS)
    model = fitted()
    with pytest.raises(ValueError, match=told):
        model.predict(frame)
    rows, _ = images.as_rows(frame["face"])
    np.testing.assert_array_equal(np.stack([*rows]), IMAGES.reshape(3, -1))
    assert (model.predict(frame["face"]) == model.predict(IMAGES)).all()


@pytest.mark.parametrize("frame_of", FRAMES)
def test_a_frame_with_a_column_of_text_is_told_how_it_becomes_numbers(frame_of):
    X = frame_of({"face": [" ".join(map(str, row)) for row in IMAGES.reshape(3, -1).tolist()]})
    told = "^X holds text, '0 1 2 3 4 5 6 7 8 9 10 1...'; expected numbers: "
    with pytest.raises(ValueError, match=told) as error:
        images.as_rows(X)
    cure = str(error.value).split("numbers: ")[1].split(" makes")[0]
    assert (fitted().predict(eval(cure)) == fitted().predict(IMAGES)).all()


@pytest.mark.parametrize("frame_of", FRAMES)
def test_an_empty_cell_hides_no_column_of_images(frame_of):
    with pytest.raises(ValueError, match=r"give X\['face'\]$"):
        images.as_rows(frame_of({"face": [None, [1, 2], [3, 4]]}))


def test_a_frame_that_has_yet_to_be_read_is_told_how():
    frame = polars_of(IMAGES.reshape(3, -1)).lazy()
    with pytest.raises(TypeError, match=r"^X is of type LazyFrame; give X\.collect\(\)$"):
        FERMLPClassifier().fit(frame, LABELS)
    model = fitted()
    with pytest.raises(TypeError, match="collect"):
        model.predict(frame)


class DaskFrame:
    """A table that has yet to be read, by dask's protocol; its shape is not known either."""

    columns = ("a", "b")
    shape = (NotImplemented, 2)

    def __dask_graph__(self):
        return {}

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("it is not to be read")


def test_so_are_those_of_dask():
    model = fitted()
    for of_it in (model.predict, lambda X: FERMLPClassifier().fit(X, LABELS)):
        with pytest.raises(TypeError, match=r"^X is of type DaskFrame; give X\.compute\(\)$"):
            of_it(DaskFrame())


class DaskColumn:
    """Labels that have yet to be read, in parts."""

    shape, dtype = (NotImplemented,), np.dtype(np.int64)

    def __dask_graph__(self):
        return {}

    def __array__(self, dtype=None, copy=None):
        return np.array(LABELS)


def test_but_columns_of_dask_are_arrays():
    assert FERMLPClassifier((4,), max_iter=1).fit(IMAGES, DaskColumn()).classes_.tolist() == [0, 1]


def test_an_array_with_a_column_of_images_is_told_to_give_the_column():
    X = pd.DataFrame({"label": LABELS, "face": IMAGES.tolist()}).to_numpy()
    with pytest.raises(ValueError, match=r"is an array with a .* images; give X\[:, 1\]$"):
        images.as_rows(X)
    assert (fitted().predict(X[:, 1]) == fitted().predict(IMAGES)).all()


def test_lines_of_two_lengths_are_no_image():
    faces = polars_of({"face": [[[1, 2], [3]], [[1, 2], [3, 4]]]})["face"]
    with pytest.raises(ValueError, match=r"^X\[0\] holds rows of lengths 2 and 1; expected one"):
        images.as_rows(faces)


@pytest.mark.parametrize("hold", [list, pd.Series])
def test_a_palette_is_no_brightness(hold):
    grey = Image.fromarray(IMAGES[0])
    colours = Image.fromarray(np.full((4, 4, 3), (250, 10, 10), np.uint8))
    with pytest.raises(ValueError, match=r"^X\[1\] is a picture with a palette.*convert\('L'\)"):
        images.as_rows(hold([grey, colours.convert("P")]))


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "HSV", "LAB"])
def test_other_colours_are_no_red_green_and_blue(mode):
    colours = Image.fromarray(np.full((4, 4, 3), (250, 10, 10), np.uint8))
    other = Image.new("LAB", (4, 4)) if mode == "LAB" else colours.convert(mode)
    with pytest.raises(ValueError, match=rf"^X\[1\] is a picture in {mode}.*convert\('RGB'\)"):
        images.as_rows([colours, other])


@pytest.mark.parametrize("several", [[IMAGES], (IMAGES,), "text", b"text", {"a": 1}, IMAGES, None])
def test_lists_text_and_arrays_are_no_data_sets(several):
    assert not holds_items(several)


def test_colours_for_a_network_of_greys_are_told_the_way_and_it_works():
    model = fitted()
    colours = IMAGES[..., None].repeat(3, axis=3)
    with pytest.raises(ValueError, match=r"X @ \[0.299, 0.587, 0.114\] makes colours grey$"):
        model.predict(colours)
    np.testing.assert_array_equal(
        model.predict(colours @ [0.299, 0.587, 0.114]), model.predict(IMAGES)
    )


def test_greys_for_a_network_of_colours_are_told_the_way_and_it_works():
    model = FERMLPClassifier((4,), max_iter=1, random_state=0)
    model.fit(np.stack([IMAGES, IMAGES // 2, IMAGES], axis=3), LABELS)
    with pytest.raises(ValueError, match=r": (X\.reshape.*repeat\(3, axis=3\)) gives") as error:
        model.predict(IMAGES)
    assert "X.reshape(-1, 4, 4, 1).repeat(3, axis=3)" in str(error.value)
    assert model.predict(IMAGES.reshape(-1, 4, 4, 1).repeat(3, axis=3)).shape == (3,)


@pytest.mark.parametrize("shape", [(48, 48), (20, 20, 3), (20, 20)])
@pytest.mark.parametrize("given", [(64, 64), (30, 40), (96, 96, 3)])
def test_pictures_of_another_size_are_told_the_way_and_it_works(shape, given):
    learnt, pictures = (
        np.random.default_rng(0).integers(256, size=(3, *size)).astype(np.uint8)
        for size in (shape, given)
    )
    model = FERMLPClassifier((4,), max_iter=1, random_state=0).fit(learnt, LABELS)
    options = {"detect": False}
    if shape[0] != 48:
        options["image_size"] = shape[0]
    if len(shape) == 3:
        options["color"] = True
    with pytest.raises(ValueError, match=r"brings pictures of 8-bit levels to it$") as error:
        model.predict(pictures)
    written = ", ".join(f"{name}={value}" for name, value in options.items())
    assert f": fernet.faces.FaceCropper({written}).transform(X) " in str(error.value)
    assert model.predict(FaceCropper(**options).transform(pictures)).shape == (3,)


def test_one_picture_in_colour_is_one_image():
    with pytest.raises(ValueError, match=r"^X is one image, of shape \(4, 4, 3\); give X\[None\]$"):
        fitted().predict(np.zeros((4, 4, 3), np.uint8))
