"""In which forms the recogniser takes pictures, and what it says of what is none."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image, ImageSequence

from fernet import EmotionRecognizer
from fernet.datasets import make_faces

FACES = make_faces(140, random_state=0)


def as_file(image) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def none_at_all():
    """Sources that are no pictures, and what is said of them."""
    face = FACES.images[0]
    closed = io.BytesIO(as_file(face))
    closed.close()
    with Image.open(io.BytesIO(as_file(face))) as closed_image:
        pass
    expected = r"; expected uint8, \(height, width\) or \(height, width, 3\)"
    levels = r"; of levels from 0 to 1: \(255 \* image\).astype\('uint8'\)"
    whole = r"; of levels from 0 to 255: image.astype\('uint8'\)"
    named = "; expected a path, bytes, a binary file object"
    return {
        "None": (None, f"^None{named}"),
        "number": (3.5, f"^of type float{named}"),
        "list": ([face], f"^of type list{named}"),
        "generator": ((face for _ in range(2)), f"^of type generator{named}"),
        "float 0..1": (face / 255, rf"^an array of float64, shape \(48, 48\){expected}{levels}$"),
        "float 0..255": (face * 1.0, rf"^an array of float64, shape \(48, 48\){expected}{whole}$"),
        "NaN": (
            np.full((48, 48), np.nan),
            rf"^an array of float64, shape \(48, 48\){expected}; with levels that are no fini",
        ),
        "float -1..1": (face / 127.5 - 1, r"; of levels from -1 to 1: \(127.5 \* \(image \+ 1\)\)"),
        "masked": (
            np.ma.masked_less(face, np.median(face)),
            "^an array of which [0-9]+ numbers are masked; expected none$",
        ),
        "below 0": (face - 500.0, r"; of levels from -[0-9]+ to -[0-9]+: bring them to 0 to 255$"),
        "beyond 16 bits": (face * 1e6, r"; of levels from .* to .*: bring them to 0 to 255$"),
        "bool": (face > 99, rf"^an array of bool, .*{expected}; of yes and no: \(255 \* image\)"),
        "16 bit": (
            face.astype(np.uint16) * 257,
            rf"^an array of uint16.*{expected}; of 16 bits: \(image // 256\)",
        ),
        "12 bit": (
            face.astype(np.uint16) * 16,
            r"; of 12 bits: \(image // 16\).astype\('uint8'\)$",
        ),
        "14 bit floats": (face * 64.0, r"; of 14 bits: \(image // 64\).astype\('uint8'\)$"),
        "objects": (face.astype(object), f"^an array of object, .*{expected}$"),
        "no pixels": (np.empty((0, 48), np.uint8), rf"shape \(0, 48\){expected}$"),
        "row": (face.ravel(), rf"shape \(2304,\){expected}; .*: image.reshape\(48, 48\)$"),
        "rows": (FACES.data[:5], rf"shape \(5, 2304\){expected}; .*reshape\(-1, 48, 48\)"),
        "transparent greys": (np.zeros((60, 60, 2), np.uint8), rf"\(60, 60, 2\){expected}$"),
        "three faces": (FACES.images[:3], r"3 grey images: list\(images\)$"),
        "uneven lists": ([[0, 1], [2]], f"^of type list{named}"),
        "stack": (FACES.images[:5], rf"shape \(5, 48, 48\){expected}$"),
        "channels first": (
            np.zeros((3, 60, 60), np.uint8),
            r"channels last: image.transpose\(1, 2, 0\); 3 grey images: list\(images\)$",
        ),
        "no image": (b"no image", "^not an image of a known kind$"),
        "nothing": (b"", "^the file is empty$"),
        "cut off": (as_file(face)[:300], "damaged"),
        "closed file": (closed, "^can't be read: i/o operation on closed file.$"),
        "closed image": (closed_image, "^the image was closed before it was decoded"),
        "empty file": (io.BytesIO(), "^the file is empty$"),
        "address": (
            "http://127.0.0.1:9/a.png",
            "^an address; nothing is downloaded here",
        ),
        "null byte": ("a\0b", "null"),
        "tiny": (Image.new("L", (0, 0)), "."),
    }


@pytest.mark.parametrize("name", none_at_all())
def test_what_is_no_picture_is_a_record_among_many(model, name):
    source, message = none_at_all()[name]
    ok = FACES.images[0]
    recognizer = EmotionRecognizer(model, detect=False)

    records = recognizer.predict([ok, source, ok])

    assert [record.status for record in records[::2]] == ["ok", "ok"]
    assert records[0].probabilities == records[2].probabilities
    assert re.search(message, records[1].status)
    assert records[1].face is records[1].box is records[1].emotion is None
    assert [record.file for record in records[::2]] == ["image 0", "image 2"]


def test_an_iterator_may_use_one_array_or_file_for_all_its_pictures(model):
    recognizer = EmotionRecognizer(model, detect=False)
    expected = [record.probabilities for record in recognizer.predict(list(FACES.images[:20]))]
    pages, file = [Image.fromarray(face) for face in FACES.images[:20]], io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])

    def refilled():
        buffer = np.empty((48, 48), np.uint8)
        for face in FACES.images[:20]:
            buffer[:] = face
            yield buffer
            buffer[:] = 0

    def opened():
        for page in pages:
            with Image.open(io.BytesIO(as_file(np.asarray(page)))) as image:
                yield image

    for images in (refilled(), opened(), ImageSequence.Iterator(Image.open(file))):
        records = recognizer.predict(images)
        assert [record.probabilities for record in records] == expected
        assert records[-1].file == "image 19"


class Tensor:
    """An array of another library: it can be one of NumPy, and has a shape."""

    def __init__(self, array) -> None:
        self.array = array
        self.shape = array.shape

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.array, dtype)

    def __iter__(self):
        return map(Tensor, self.array)


class OfDLPack:
    """An array of another library that offers itself by DLPack alone."""

    def __init__(self, array) -> None:
        self.array, self.shape = array, array.shape

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def every_form(image, folder):
    raw = as_file(image)
    (folder / "face.png").write_bytes(raw)
    return {
        "str": str(folder / "face.png"),
        "Path": folder / "face.png",
        "folder": str(folder),
        "bytes": raw,
        "bytearray": bytearray(raw),
        "memoryview": memoryview(raw),
        "BytesIO": io.BytesIO(raw),
        "open file": (folder / "face.png").open("rb"),
        "image": Image.fromarray(image),
        "array": image,
        "read-only": np.frombuffer(image.tobytes(), np.uint8).reshape(48, 48),
        "Fortran": np.asfortranarray(image),
        "one channel": image[:, :, None],
        "one channel first": image[None],
        "other integers": image.astype(np.int64),
        "tensor": Tensor(image),
        "DLPack": OfDLPack(image),
        "lists": image.tolist(),
    }


FORMS = (
    "str", "Path", "folder", "bytes", "bytearray", "memoryview", "BytesIO", "open file", "image",
    "array", "read-only", "Fortran", "one channel", "one channel first", "other integers", "tensor",
    "DLPack", "lists",
)  # fmt: skip


@pytest.mark.parametrize("among_others", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_a_picture_is_taken_in_every_form(recognizer, model, tmp_path, form, among_others):
    forms = every_form(FACES.images[3], tmp_path)
    assert set(forms) == set(FORMS)
    expected = model.predict_proba(FACES.data[3:4])[0].tolist()

    records = recognizer.predict([None, forms[form]] if among_others else forms[form])

    assert records[-1].status == "ok"
    assert list(records[-1].probabilities.values()) == expected
    forms["open file"].close()


def test_a_stream_takes_one_picture_too(recognizer, tmp_path):
    Image.fromarray(FACES.images[0]).save(tmp_path / "face.png")

    (record,) = recognizer.stream(str(tmp_path / "face.png"))

    assert (record.file, record.status) == (str(tmp_path / "face.png"), "ok")


@pytest.mark.parametrize("images", [None, 3, True, object()])
def test_what_is_neither_a_picture_nor_several_is_refused(recognizer, images):
    with pytest.raises(TypeError, match=r"images is of type .* expected a picture or an iterable"):
        recognizer.predict(images)


def test_a_stack_of_images_is_several(recognizer):
    expected = [record.probabilities for record in recognizer.predict(list(FACES.images[:5]))]

    images = FACES.images[:5]
    for stack in (images, images[:, :, :, None], images.tolist(), Tensor(images), images[:, None]):
        assert [record.probabilities for record in recognizer.predict(stack)] == expected


def test_rows_are_never_taken_for_one_wide_picture(recognizer):
    (record,) = recognizer.predict(FACES.data)

    assert "reshape(-1, 48, 48)" in record.status
    expected = [answer.probabilities for answer in recognizer.predict(FACES.images)]
    answers = recognizer.predict(FACES.data.reshape(-1, 48, 48))
    assert [answer.probabilities for answer in answers] == expected


def test_a_tensor_that_is_elsewhere_says_so_in_its_own_words(model):
    class Elsewhere(Tensor):
        def __array__(self, dtype=None, copy=None):
            raise TypeError("can't convert: use Tensor.cpu()")

    recognizer = EmotionRecognizer(model, detect=False)

    with pytest.raises(ValueError, match=r"Tensor.cpu\(\)"):
        recognizer.predict(Elsewhere(FACES.images[0]))
    assert "Tensor.cpu()" in recognizer.predict([Elsewhere(FACES.images[0])])[0].status


def test_tables_and_dicts_are_refused_with_a_hint(recognizer):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"file": ["none.png"]})

    with pytest.raises(TypeError, match=r"type DataFrame; .*, such as one of its columns"):
        recognizer.predict(frame)
    with pytest.raises(TypeError, match=r"type dict; .*, such as its values"):
        recognizer.predict({"me": FACES.images[0]})
    assert recognizer.predict(frame["file"])[0].status == "no such file or directory"
    assert recognizer.predict({"me": FACES.images[0]}.values())[0].status == "ok"


def arrow(values):
    return pytest.importorskip("pyarrow", reason="pyarrow is not installed").array(values)


@pytest.mark.parametrize(
    ("hold", "n_held"), [(np.array, 2), (arrow, 2), (lambda names: np.str_(names[0]), 1)]
)
def test_names_of_files_may_be_numpys_and_arrows(recognizer, tmp_path, hold, n_held):
    names = [str(tmp_path / "a.png"), str(tmp_path / "b.png")]
    for name in names:
        Image.fromarray(FACES.images[0]).save(name)
    (expected,) = recognizer.predict(names[0])
    records = recognizer.predict(hold(names))
    assert [record.file for record in records] == names[:n_held]
    assert all(record.probabilities == expected.probabilities for record in records)


def test_files_in_an_arrow_column_are_read(recognizer):
    (record,) = recognizer.predict(arrow([as_file(FACES.images[0])]))
    assert record == recognizer.predict(as_file(FACES.images[0]))[0]


def test_arrows_tensors_are_pictures(recognizer):
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    tensors = pyarrow.FixedShapeTensorArray.from_numpy_ndarray(FACES.images[:5].copy())
    expected = [record.probabilities for record in recognizer.predict(list(FACES.images[:5]))]
    assert [record.probabilities for record in recognizer.predict(tensors)] == expected
