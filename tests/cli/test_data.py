"""What ``--data`` may name."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fernet.cli.data import check_test, load_for_evaluation, load_for_training
from fernet.cli.errors import InputError
from fernet.cli.loading import load_bunch
from fernet.emotions import EMOTIONS


def test_fer2013_is_trained_on_training_and_tested_on_publictest(fer_csv):
    training, test = load_for_training(fer_csv, seed=0)

    assert (training.split, len(training.target)) == ("Training", 100)
    assert (test.split, len(test.target)) == ("PublicTest", 40)
    assert training.name == "fer2013.csv"


def test_train_and_test_folders_of_emotions_are_fer2013(tmp_path, write_images, faces):
    names = [EMOTIONS[label] for label in faces.target]
    write_images(tmp_path / "train", faces.images[:60], names[:60])
    write_images(tmp_path / "test", faces.images[60:90], names[60:90])

    training, test = load_for_training(tmp_path, seed=0)

    assert (len(training.target), len(test.target)) == (60, 30)
    np.testing.assert_array_equal(np.bincount(training.target), np.bincount(faces.target[:60]))


def test_a_folder_of_all_emotions_learns_fer2013s_numbers(tmp_path, write_images, faces):
    folder = write_images(tmp_path, faces.images, [EMOTIONS[i] for i in faces.target])

    training, test = load_for_training(folder, seed=0)

    assert set(training.labels()) == set(test.labels()) == set(range(7))


def test_a_folder_of_some_emotions_learns_their_names(tmp_path, write_images, faces):
    rows = np.flatnonzero(np.isin(faces.target, [3, 6]))
    names = [EMOTIONS[i] for i in faces.target[rows]]
    folder = write_images(tmp_path, faces.images[rows], names)

    training, test = load_for_training(folder, seed=0)

    assert training.target_names == ["happy", "neutral"]
    assert set(training.labels()) == set(test.labels()) == {"happy", "neutral"}
    both = np.r_[training.labels(), test.labels()]
    assert sorted(both.tolist()) == sorted(names)


def test_a_table_of_some_numbers_learns_these(tmp_path, write_images, faces):
    folder = write_images(tmp_path, faces.images[:8], ["a", "b"] * 4)
    paths = sorted(path.relative_to(folder) for path in folder.rglob("*.png"))
    lines = [f"{path},{number % 2 + 3}" for number, path in enumerate(paths)]
    (folder / "labels.csv").write_text("\n".join(["image,label", *lines]))

    training, _ = load_for_training(folder / "labels.csv", seed=0)
    assert set(training.labels()) == {3, 4}
    training, _ = load_for_training(folder / "labels.csv", 0, {"3": "fear", "4": "sad"})
    assert set(training.labels()) == {"fear", "sad"}


def test_classes_that_are_written_alike_are_remarked_on(tmp_path, write_images, faces):
    names = ["Calm", "calm", "tense", "bored"] * 5
    folder = write_images(tmp_path, faces.images[:20], names)
    training, _ = load_for_training(folder, seed=0)
    said = "the classes 'Calm' and 'calm' differ in how they are written alone"
    assert training.notes[0].startswith(said)
    assert training.notes[0].endswith('; --labels "Calm=calm" makes one of them')
    one, _ = load_for_training(folder, 0, {"Calm": "calm"})
    assert one.target_names == ["bored", "calm", "tense"]
    assert one.notes == []


@pytest.mark.parametrize(
    ("names", "labels", "classes"),
    [
        (["0", "1"], {"0": "calm", "1": "tense"}, ["calm", "tense"]),
        (["bored", "calm", "tense"], {"bored": None}, ["calm", "tense"]),
        (["contempt", "happy", "sad"], {"contempt": "contempt"}, ["contempt", "happy", "sad"]),
        (["anger", "joy"], {"anger": "angry", "joy": "happy"}, ["angry", "happy"]),
    ],
)
def test_labels_name_any_classes_in_splits_too(
    tmp_path, write_images, faces, names, labels, classes
):
    for split in ("train", "test"):
        write_images(tmp_path / split, faces.images[:12], names * (12 // len(names)))
    for loaded in load_for_training(tmp_path, 0, labels):
        assert set(np.take(loaded.target_names, loaded.target)) == set(classes)


def test_a_class_of_one_image_is_refused_with_groups_too(tmp_path, write_images, faces):
    names = ["calm", "tense"] * 6 + ["tnse"]
    folder = write_images(tmp_path, faces.images[:13], names)
    for groups in (None, "[0-9]{2}"):
        with pytest.raises(InputError, match=r"class 'tnse' has a single image; each needs 2"):
            load_for_training(folder, seed=0, groups=groups)


def test_a_class_of_one_image_in_a_split_is_told(tmp_path, write_images, faces):
    names = ["calm", "tense"] * 6 + ["tnse"]
    write_images(tmp_path / "train", faces.images[:13], names)
    write_images(tmp_path / "test", faces.images[20:24], ["calm", "tense"] * 2)
    training, _ = load_for_training(tmp_path, seed=0)
    (note,) = training.notes
    assert note.startswith("the class 'tnse' has a single image to learn from")
    assert note.endswith('; --labels "tnse=" leaves it out')


def test_a_fifth_of_each_class_is_held_out_of_a_plain_folder(smile_folder):
    training, test = load_for_training(smile_folder, seed=0)

    counts = np.bincount(training.target) + np.bincount(test.target)
    np.testing.assert_allclose(np.bincount(test.target), 0.2 * counts, atol=1)
    assert not {row.tobytes() for row in training.data} & {row.tobytes() for row in test.data}
    assert set(training.labels()) == {"smile", "other"}


def test_the_seed_decides_what_is_held_out(smile_folder):
    first, again, other = (load_for_training(smile_folder, seed)[1].data for seed in (0, 0, 1))

    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize("place", ["cifar-10-batches-bin", "."])
def test_cifar_10_is_recognised(tmp_path, place):
    folder = tmp_path / place
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    for name in [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]:
        records = rng.integers(0, 256, (10, 3073), dtype=np.uint8)
        records[:, 0] = np.arange(10)
        (folder / name).write_bytes(records.tobytes())

    training, test = load_for_training(tmp_path, seed=0)

    assert training.data.shape == (50, 3072)
    assert test.split == "test"
    assert set(training.labels()) >= {"airplane", "truck"}


def test_evaluation_takes_the_test_split_or_all_there_is(fer_csv, smile_folder):
    assert load_for_evaluation(fer_csv, None).split == "PublicTest"
    assert len(load_for_evaluation(smile_folder, None).target) == 140


def test_a_split_that_is_not_there_is_refused(fer_csv):
    with pytest.raises(InputError, match="no PrivateTest images; it has PublicTest, Training"):
        load_for_evaluation(fer_csv, "PrivateTest")


def test_a_split_of_what_has_none_is_refused(smile_folder):
    with pytest.raises(InputError, match="no splits, so no PublicTest; leave --subset out"):
        load_for_evaluation(smile_folder, "PublicTest")


def test_the_current_folder_has_a_name(smile_folder, monkeypatch):
    monkeypatch.chdir(smile_folder)

    assert load_for_training(Path(os.curdir), seed=0)[0].name == smile_folder.name


def other_names(tmp_path, write_images, faces, names):
    for split, rows in (("train", slice(0, 60)), ("test", slice(60, 90))):
        labels = [names[label] for label in faces.target[rows]]
        write_images(tmp_path / split, faces.images[rows], labels)
    return tmp_path


def test_folders_with_other_names_get_a_message_for_the_command_line(tmp_path, write_images, faces):
    names = ["anger", "disgusted", "fear", "happy", "sad", "surprise", "contempt"]
    folder = other_names(tmp_path, write_images, faces, names)

    with pytest.raises(InputError) as caught:
        load_for_training(folder, seed=0)

    message = caught.value.message
    assert '--labels "anger=angry,contempt=?,disgusted=disgust"' in message
    assert "class_names" not in message
    assert "load_" not in message


@pytest.mark.parametrize("write", [str, "{:02}".format])
def test_labels_say_which_folder_is_which_emotion(tmp_path, write_images, faces, write):
    folder = other_names(tmp_path, write_images, faces, [write(i + 1) for i in range(7)])
    labels = {write(i + 1): name for i, name in enumerate(EMOTIONS)}

    training, test = load_for_training(folder, 0, labels)

    np.testing.assert_array_equal(np.bincount(training.target), np.bincount(faces.target[:60]))
    np.testing.assert_array_equal(np.bincount(test.target), np.bincount(faces.target[60:90]))
    assert len(load_for_evaluation(folder, None, labels).target) == 30


@pytest.fixture
def table(tmp_path, write_images, faces):
    """A table of 70 pictures, labelled 1 to 7 in the order of the emotions."""
    write_images(tmp_path, faces.images[:70], ["pictures"] * 70)
    pictures = sorted((tmp_path / "pictures").iterdir())
    lines = [
        f"pictures/{picture.name},{label + 1}"
        for picture, label in zip(pictures, faces.target, strict=False)
    ]
    path = tmp_path / "labels.csv"
    path.write_text("\n".join(["image,label", *lines]))
    return path


def test_a_table_of_pictures_is_learnt_from_and_judged_by(table, faces):
    labels = {str(i + 1): name for i, name in enumerate(EMOTIONS)}
    training, test = load_for_training(table, 0, labels, shape=(20, 20, 3))
    assert training.image_shape == (20, 20, 3)
    counts = np.bincount(np.concatenate([training.target, test.target]))
    np.testing.assert_array_equal(counts, np.bincount(faces.target[:70]))
    judged = load_for_evaluation(table, None, labels)
    np.testing.assert_array_equal(judged.target, faces.target[:70])
    assert load_for_evaluation(table, None).target_names == list("1234567")


def test_faces_cut_out_at_their_boxes_are_remarked_on(table):
    head, *rows = table.read_text().splitlines()
    boxed = [f"{head},xmin,ymin,xmax,ymax", *(f"{row},0,0,24,24" for row in rows)]
    table.write_text("\n".join(boxed))
    labels = {str(i + 1): name for i, name in enumerate(EMOTIONS)}
    training, test = load_for_training(table, 0, labels)
    assert training.notes == test.notes == ["labels.csv: faces cut out at their boxes"]


def test_a_table_whose_columns_are_not_to_be_told_gets_a_message_for_the_command_line(table):
    table.write_text(table.read_text().replace("image,label", "image,label,emotion"))
    table.write_text("\n".join(f"{line},1" for line in table.read_text().splitlines()[1:]))
    with pytest.raises(InputError) as caught:
        load_for_training(table, seed=0)
    assert "which column is the label is not to be told" in caught.value.message
    assert "label_column" not in caught.value.message


def test_a_folder_with_a_table_beside_its_pictures_is_told_to_give_that(table):
    with pytest.raises(
        InputError, match=r"of one class, 'pictures'.* give it itself: .*labels\.csv"
    ):
        load_for_training(table.parent, seed=0)


def test_parquet_is_trained_on_training_and_tested_on_test(tmp_path, faces):
    arrow = pytest.importorskip("pyarrow", reason='no pyarrow: "fernet-emotion[parquet]"')
    parquet = pytest.importorskip("pyarrow.parquet")
    for split, rows in (("train", slice(60)), ("test", slice(60, 90))):
        pictures = [picture_of(image) for image in faces.images[rows]]
        table = arrow.table({"image": pictures, "label": faces.target[rows]})
        parquet.write_table(table, tmp_path / f"{split}-00000-of-00001.parquet")

    training, test = load_for_training(tmp_path, seed=0)

    np.testing.assert_array_equal(training.data, faces.data[:60])
    np.testing.assert_array_equal(test.target, faces.target[60:90])
    assert load_for_training(tmp_path, 0, shape=(20, 20))[0].image_shape == (20, 20)


def picture_of(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


def test_train_and_test_of_any_classes_are_learnt_from_and_judged_by(tmp_path, write_images, faces):
    for split, rows in (("train", slice(60)), ("test", slice(60, 90))):
        calm = ["calm" if label % 2 else "lively" for label in faces.target[rows]]
        write_images(tmp_path / split, faces.images[rows], calm)

    training, test = load_for_training(tmp_path, seed=0)

    assert training.target_names == test.target_names == ["calm", "lively"]
    np.testing.assert_array_equal(
        np.bincount(training.target), np.bincount(1 - faces.target[:60] % 2)
    )
    assert (training.split, test.split, len(test.target)) == ("Training", "PublicTest", 30)
    assert len(load_for_evaluation(tmp_path, "Training").target) == 60


def test_labels_are_not_for_data_whose_classes_are_known(tmp_path):
    with pytest.raises(InputError, match="--labels is for folders and lists of images"):
        load_bunch(tmp_path / "cifar-10-batches-bin", {"1": "happy"})


def pixel_table(path, images, words, heads=("emotion", "pixels")):
    """Write a table of pixels as FER2013's, with other words or sizes."""
    rows = [
        f"{word},{' '.join(map(str, x.ravel()))}" for word, x in zip(words, images, strict=True)
    ]
    path.write_text("\n".join([",".join(heads), *rows]))
    return path


def test_numbers_of_fer2013s_csv_may_be_named(fer_csv):
    named = load_bunch(fer_csv, {"1": "happy", "0": None})
    plain = load_bunch(fer_csv)

    assert named.target_names == ["2", "3", "4", "5", "6", "happy"]
    np.testing.assert_array_equal(named.data, plain.data[plain.target != 0])
    assert (named.usage == plain.usage[plain.target != 0]).all()


@pytest.mark.parametrize("word", ["happiness", "bored"])
def test_a_table_of_pixels_may_have_other_words_than_fer2013(tmp_path, faces, word):
    words = [word if label % 2 else "calm" for label in faces.target]
    table = pixel_table(tmp_path / "a.csv", faces.images, words)

    training, test = load_for_training(table, seed=0)

    assert training.present == test.present == sorted(["calm", word])
    assert len(training.target) + len(test.target) == len(words)


@pytest.mark.parametrize("side", [32, 64])
def test_a_table_of_pixels_may_have_another_size_than_fer2013(tmp_path, faces, side):
    images = [np.asarray(Image.fromarray(x).resize((side, side))) for x in faces.images[:28]]
    table = pixel_table(tmp_path / "a.csv", images, np.arange(28) % 2)

    small = load_for_evaluation(table, None)
    asked, _ = load_for_training(table, seed=0, shape=(side, side))

    assert small.image_shape == (48, 48)
    assert asked.image_shape == (side, side)
    assert {row.tobytes() for row in asked.images} <= {image.tobytes() for image in images}


def test_votes_may_stand_beside_pixels(tmp_path, faces):
    pixels = [" ".join(map(str, image.ravel())) for image in faces.images[:20]]
    rows = [f"{text},{3 - i % 2},{2 + i % 2}" for i, text in enumerate(pixels)]
    (tmp_path / "a.csv").write_text("\n".join(["pixels,happy,sad", *rows]))

    training, _ = load_for_training(tmp_path / "a.csv", seed=0)

    assert training.target_names == ["happy", "sad"]
    shares = np.unique(training.distribution, axis=0)
    np.testing.assert_allclose(shares, [[0.4, 0.6], [0.6, 0.4]], rtol=1e-6)


def test_a_label_that_is_a_slip_in_fer2013s_csv_is_still_named(tmp_path, faces):
    words = ["3", "happpy", *["4"] * 8]
    table = pixel_table(tmp_path / "a.csv", faces.images[:10], words)

    with pytest.raises(InputError, match=r"line 3: the emotion is 'happpy'.* takes other words"):
        load_for_training(table, seed=0)


def test_images_of_one_class_teach_nothing(tmp_path, write_images, faces):
    write_images(tmp_path / "one", faces.images[:10], ["smile"] * 10)
    with pytest.raises(InputError, match="one: all images are of one class, 'smile'"):
        load_for_training(tmp_path / "one", seed=0)
    write_images(tmp_path / "splits", faces.images[:10], ["train/happy"] * 5 + ["test/sad"] * 5)
    with pytest.raises(InputError, match="splits: all images are of one class, 'happy'"):
        load_for_training(tmp_path / "splits", seed=0)


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such names")
def test_a_name_that_a_model_file_can_not_hold_is_refused(smile_folder, tmp_path):
    folder = tmp_path / "smiles\udcff"
    folder.symlink_to(smile_folder)
    load_for_training(folder, seed=0)  # it is the name of the folder itself that is told
    other = tmp_path / "other\udcff"
    other.mkdir()
    with pytest.raises(InputError, match=r"--data: 'other.udcff' is a text that UTF-8.*; give the"):
        load_for_training(other, seed=0)


def test_faces_without_labels_are_refused(tmp_path):
    path = tmp_path / "test.csv"
    path.write_text("pixels\n" + " ".join(["7"] * 2304) + "\n")
    for load in (lambda: load_for_training(path, 0), lambda: load_for_evaluation(path, None)):
        with pytest.raises(InputError, match=r"test\.csv: no column 'emotion': faces without"):
            load()


def test_the_competitions_folder_is_read_by_its_train_csv(tmp_path, faces):
    lines = ["emotion,pixels"]
    lines += [
        f"{label},{' '.join(map(str, pixels))}"
        for label, pixels in zip(faces.target, faces.data, strict=True)
    ]
    (tmp_path / "train.csv").write_text("\n".join(lines))
    training, test = load_for_training(tmp_path, seed=0)
    assert len(training.target) + len(test.target) == 140
    assert set(training.labels()) == set(range(7))


def test_labels_of_folders_that_are_not_there_are_refused_by_their_option(smile_folder):
    with pytest.raises(InputError, match=r"--labels names \['x'\], but there are no such folders"):
        load_bunch(smile_folder, {"x": "happy"})


@pytest.mark.parametrize("as_table", [False, True])
@pytest.mark.parametrize("splits", [[""], ["train/", "test/"]])
def test_numbers_that_need_not_be_fer2013s_are_remarked_on(
    tmp_path, write_images, faces, splits, as_table
):
    for number, split in enumerate(splits):
        write_images(tmp_path / split, faces.images[20 * number :][:20], ["0", "1"] * 10)
    data = tmp_path
    if as_table:
        data = tmp_path / "labels.csv"
        rows = [f"{p.relative_to(tmp_path)},{p.parent.name}" for p in tmp_path.rglob("*.png")]
        data.write_text("\n".join(["image,label", *rows]))
    training, test = load_for_training(data, seed=0)
    note = "the classes 0, 1 are taken for FER2013's angry, disgust, though other data sets count"
    assert training.notes[0].startswith(note)
    assert test.notes == load_for_evaluation(data, None).notes == training.notes
    if as_table or splits == [""]:
        named, _ = load_for_training(data, seed=0, labels={"0": "calm", "1": "tense"})
        assert named.notes == []
        assert named.present == ["calm", "tense"]


@pytest.mark.parametrize("splits", [[""], ["train/", "test/"]])
def test_all_seven_numbers_are_remarked_on_too_until_they_are_explained(
    tmp_path, write_images, faces, splits
):
    numbers = [str(number) for number in range(7)]
    for split in splits:
        write_images(tmp_path / split, faces.images[:21], [*numbers, *numbers, *numbers])
    training, _ = load_for_training(tmp_path, seed=0)
    assert "0, 1, 2, 3, 4, 5, 6 are taken for FER2013's angry, disgust, f" in training.notes[0]
    one = load_for_evaluation(tmp_path, "all", {"6": None})
    assert "the classes 0, 1, 2, 3, 4, 5 are taken for FER2013's angry" in one.notes[0]
    order = ("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry")
    named = load_for_evaluation(tmp_path, "all", dict(zip(numbers, order, strict=True)))
    assert named.notes == []


@pytest.mark.parametrize(("name", "word"), [("angry", "0"), ("calm", "calm")])
def test_a_class_that_is_tested_on_alone_is_refused(tmp_path, write_images, faces, name, word):
    write_images(tmp_path, faces.images[:8], [word] * 4 + ["other"] * 4)
    test = load_for_evaluation(tmp_path, None, {"0": "angry"} if word == "0" else None)
    check_test(test, ["other", name])
    with pytest.raises(InputError, match=f'class {name!r} .* --labels "{word}=" leaves it'):
        check_test(test, ["other"])


@pytest.mark.parametrize("name", ["accuracy", "macro avg"])
def test_a_class_called_as_a_row_of_the_report_is_refused(tmp_path, write_images, faces, name):
    write_images(tmp_path, faces.images[:8], [name] * 4 + ["other"] * 4)
    with pytest.raises(InputError, match=f"{name!r} is a row of the report .*--labels"):
        load_for_training(tmp_path, seed=0)
    training, _ = load_for_training(tmp_path, seed=0, labels={name: "renamed"})
    assert training.present == ["other", "renamed"]


def test_an_image_without_a_label_is_told_with_the_option_that_leaves_it_out(
    tmp_path, write_images, faces
):
    folder = write_images(tmp_path, faces.images[:9], ["a"] * 9)
    paths = sorted(path.relative_to(folder) for path in folder.rglob("*.png"))
    table = folder / "labels.csv"
    for word, cure in (("-1", '--labels "-1=" leaves such images out'), ("", "give it one, or")):
        words = ["calm", "tense"] * 4 + [word]
        lines = [f"{path},{label}" for path, label in zip(paths, words, strict=True)]
        table.write_text("\n".join(["image,label", *lines]))
        with pytest.raises(InputError, match=rf"line 10: no label.*; {cure}"):
            load_for_training(table, seed=0)
    table.write_text(table.read_text() + "-1")
    training, test = load_for_training(table, 0, {"-1": None})
    assert len(training.target) + len(test.target) == 8
