"""The networks that come in the package: known by name, checked to the last bit."""

from __future__ import annotations

import errno
import hashlib
import importlib.resources
import io
import json
import os
import re
import socket
import urllib.request
import zipfile
from pathlib import Path

import numpy as np
import pytest

from fernet import EMOTIONS, FERMLPClassifier, load_model, load_pretrained, pretrained, save_model
from fernet._io import model_files
from fernet.datasets import load_fer2013, make_faces
from fernet.estimators.saving import ModelFileError
from fernet.pretrained import (
    UnknownModelError,
    model_card,
    pretrained_names,
    save_pretrained,
)

PACKAGED = importlib.resources.files("fernet") / "models"


@pytest.fixture(scope="module")
def faces():
    return make_faces(2800, random_state=0, return_X_y=True)


@pytest.fixture(scope="module")
def model(faces):
    X, y = faces
    return FERMLPClassifier((24,), max_iter=8, random_state=0).fit(X[:800], y[:800])


@pytest.fixture
def models(tmp_path, monkeypatch, model):
    """Folder that stands for the package's, with a model ``small`` in it."""
    digest = save_pretrained(model, tmp_path / "small.safetensors")
    (tmp_path / "small.md").write_text("# small\n", encoding="utf-8")
    (tmp_path / "sha256.json").write_text(json.dumps({"small": digest}), encoding="utf-8")
    monkeypatch.setattr(pretrained, "MODELS", tmp_path)
    return tmp_path


# What is in the package.


def test_each_packaged_model_is_the_recorded_one_with_a_card():
    record = json.loads((PACKAGED / "sha256.json").read_text(encoding="utf-8"))
    files = {file.name for file in PACKAGED.iterdir()} - {"sha256.json", "meson.build"}
    assert files == {f"{name}.{ending}" for name in record for ending in ("safetensors", "md")}
    assert pretrained_names() == sorted(record)
    for name in record:
        model = load_pretrained(name)
        assert model.n_features_in_ == 48 * 48
        voted = name.endswith("-ferplus")
        classes = sorted([*EMOTIONS, "contempt"]) if voted else list(range(len(EMOTIONS)))
        assert model.classes_.tolist() == classes
        card = model_card(name)
        assert record[name] in card
        for word in ("Training", "PublicTest", "fernet train", "--seed", "bias", "terms of use"):
            assert word.lower() in card.lower(), f"{name}.md does not speak of {word!r}"


@pytest.mark.slow
def test_the_network_of_votes_agrees_with_the_majority_as_its_card_says(fernet_data):
    csv, votes = fernet_data / "fer2013.csv", fernet_data / "fer2013new.csv"
    voted = load_fer2013(csv, "PublicTest", labels=votes)
    y = np.array(voted.target_names)[voted.target]
    assert "87.40 %" in model_card("cnn-ferplus")
    score = load_pretrained("cnn-ferplus").score(voted.data, y)
    assert score == pytest.approx(0.8740, abs=0.001)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "accuracy"), [("cnn", 0.7041), ("cnn-detailed", 0.7125), ("mlp", 0.5171)]
)
def test_packaged_models_have_the_accuracy_that_their_cards_say(fernet_data, name, accuracy):
    X, y = load_fer2013(fernet_data / "fer2013.csv", "PublicTest", return_X_y=True)
    assert f"{100 * accuracy:.2f} %" in model_card(name)
    # another instruction set rounds otherwise, which may turn a face or two
    assert load_pretrained(name).score(X, y) == pytest.approx(accuracy, abs=0.001)


def test_all_packaged_models_together_are_small():
    sizes = [len((PACKAGED / f"{name}.safetensors").read_bytes()) for name in pretrained_names()]
    assert sum(sizes) < 16e6


# How one is loaded.


def test_a_model_is_known_by_its_name(models, faces, model):
    X, _ = faces
    assert pretrained_names() == ["small"]
    assert model_card("small") == "# small\n"
    loaded = load_pretrained("small")
    assert type(loaded) is FERMLPClassifier
    np.testing.assert_allclose(loaded.predict_proba(X), model.predict_proba(X), atol=0.01)


def test_each_call_gives_a_model_of_its_own(models):
    first, second = load_pretrained("small"), load_pretrained("small")
    first.coefs_[0][:] = 0
    assert second.coefs_[0].any()


def test_a_name_may_have_a_hyphen(models, tmp_path, monkeypatch):
    (models / "small-votes.safetensors").write_bytes((models / "small.safetensors").read_bytes())
    record = json.loads((models / "sha256.json").read_text(encoding="utf-8"))
    record["small-votes"] = record["small"]
    (models / "sha256.json").write_text(json.dumps(record), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert type(load_model("small-votes")) is FERMLPClassifier
    with pytest.raises(UnknownModelError, match="name is 'large-votes'; expected one of: small, "):
        load_model("large-votes")


@pytest.mark.parametrize("ask", [load_pretrained, model_card])
@pytest.mark.parametrize("name", ["large", "../small", "small.safetensors", ""])
def test_an_unknown_name_is_told_the_known_ones(models, ask, name):
    message = f"name is {name!r}; expected one of: small"
    with pytest.raises(ValueError, match=re.escape(message)):
        ask(name)


def test_where_there_are_no_models_the_error_says_so(models):
    (models / "sha256.json").write_text("{}", encoding="utf-8")
    assert pretrained_names() == []
    with pytest.raises(ValueError, match="name is 'cnn'; there are no trained models in this pack"):
        load_pretrained("cnn")


@pytest.mark.parametrize("place", [0, 100, -1])
def test_a_single_flipped_bit_is_found(models, place):
    file = models / "small.safetensors"
    raw = bytearray(file.read_bytes())
    raw[place] ^= 1
    file.write_bytes(raw)
    with pytest.raises(ModelFileError, match=r"small.safetensors: damaged: its SHA-256 is \w{64}"):
        load_pretrained("small")


def test_another_sound_model_is_not_taken_for_it(models, model):
    save_model(model, models / "small.safetensors")
    with pytest.raises(ModelFileError, match=r"damaged: .* reinstall fernet-emotion"):
        load_pretrained("small")


def test_a_missing_file_is_told(models):
    (models / "small.safetensors").unlink()
    with pytest.raises(ModelFileError, match=r"small.safetensors: missing from the package"):
        load_pretrained("small")


def test_nothing_is_downloaded(models, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    load_pretrained("small")


# How one is made.


def test_half_the_bytes_are_as_accurate_within_a_tenth_of_a_point(models, faces, model, tmp_path):
    X, y = faces[0][800:], faces[1][800:]
    save_model(model, tmp_path / "whole")
    halved = (models / "small.safetensors").stat().st_size
    assert halved < 0.55 * (tmp_path / "whole").stat().st_size
    assert model.score(X, y) > 0.3
    assert abs(load_pretrained("small").score(X, y) - model.score(X, y)) <= 0.001


def test_the_digest_is_the_files(tmp_path, model):
    digest = save_pretrained(model, tmp_path / "m")
    assert digest == hashlib.sha256((tmp_path / "m").read_bytes()).hexdigest()


def test_the_same_training_gives_the_same_bytes(tmp_path, faces):
    X, y = faces[0][:100], faces[1][:100]
    digests = set()
    for _ in range(2):
        model = FERMLPClassifier((4,), max_iter=2, random_state=0).fit(X, y)
        seconds = list(model.history_.epochs["seconds"])
        digests.add(save_pretrained(model, tmp_path / "m"))
        assert model.history_.epochs["seconds"] == seconds
    assert len(digests) == 1


def test_what_is_told_about_a_model_is_kept(tmp_path, model):
    told = {"training_data": {"name": "faces"}, "scores": {"test": {"accuracy": 0.5}}}
    save_pretrained(model, tmp_path / "m", **told)
    twin = load_model(tmp_path / "m")
    assert {key: twin.model_info_[key] for key in told} == told
    assert twin.loss_curve_ == model.loss_curve_
    assert twin.history_.iterations["loss"] == []


def test_a_model_made_so_can_be_saved_again_without_loss(models, tmp_path, faces):
    loaded = load_pretrained("small")
    save_pretrained(loaded, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (models / "small.safetensors").read_bytes()


# Names, folders and files alike.


@pytest.fixture
def run_folder(tmp_path_factory, model):
    folder = tmp_path_factory.mktemp("runs") / "mlp-1"
    folder.mkdir()
    save_model(model, folder / "model.safetensors")
    return folder


def test_a_model_is_loaded_by_name_by_folder_and_by_file(models, run_folder, faces):
    X = faces[0][:5]
    by_name = load_model("small").predict_proba(X)

    assert (by_name == load_pretrained("small").predict_proba(X)).all()
    whole = load_model(run_folder / "model.safetensors").predict_proba(X)
    for folder in (run_folder, str(run_folder), os.path.relpath(run_folder), f"{run_folder}/"):
        assert (load_model(folder).predict_proba(X) == whole).all()
    assert (whole != by_name).any()  # float16


def test_a_bare_name_is_the_packages_and_a_path_the_files(models, run_folder, faces, monkeypatch):
    X = faces[0][:5]
    monkeypatch.chdir(run_folder)
    save_model(load_model(run_folder), "small")
    whole = load_model("./small").predict_proba(X)

    assert (load_model(Path("small")).predict_proba(X) == whole).all()
    assert (load_model("small").predict_proba(X) != whole).any()
    Path("small").rename("mine")
    assert (load_model("mine").predict_proba(X) == whole).all()


def test_a_word_that_names_nothing_is_told_with_the_names(models, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for kind in (ValueError, FileNotFoundError):
        with pytest.raises(kind, match="name is 'large'; expected one of: small, or a file"):
            load_model("large")
    with pytest.raises(FileNotFoundError, match="large"):
        load_model(Path("large"))
    (tmp_path / "bare").mkdir()
    with pytest.raises(ModelFileError, match=r"bare: a folder, .* with model.safetensors in it"):
        load_model("bare")


@pytest.fixture
def archive(model, tmp_path):
    """A ZIP with a model in it, as a package that was not unpacked."""
    save_model(model, tmp_path / "model.safetensors")
    with zipfile.ZipFile(tmp_path / "package.zip", "w") as file:
        file.write(tmp_path / "model.safetensors", "models/model.safetensors")
    return tmp_path / "package.zip"


def test_a_files_bytes_an_open_file_and_a_packages_data_are_the_same_model(faces, archive):
    path = archive.with_name("model.safetensors")
    raw, whole = path.read_bytes(), load_model(path)
    with path.open("rb") as file, zipfile.ZipFile(archive) as package:
        inside = zipfile.Path(package, "models/model.safetensors")
        sources = [raw, bytearray(raw), memoryview(raw), io.BytesIO(raw), file, inside]
        loaded = [load_model(source) for source in sources]
    for each in loaded:
        np.testing.assert_array_equal(each.predict_proba(faces[0]), whole.predict_proba(faces[0]))
        assert each.model_info_ == whole.model_info_


def test_what_is_no_model_is_refused_from_memory_as_from_a_file(archive):
    path = archive.with_name("model.safetensors")
    with pytest.raises(ModelFileError, match=r"^model: .*"):
        load_model(b"bytes")
    with pytest.raises(ModelFileError, match=r"^model: .*"):
        load_model(path.read_bytes()[:-9])
    with archive.open("rb") as file, pytest.raises(ModelFileError, match=r"package\.zip: "):
        load_model(file)
    with path.open() as file, pytest.raises(TypeError, match=r"safetensors is opened as text; "):
        load_model(file)


def test_no_more_is_read_of_a_stream_than_of_a_file(monkeypatch, archive):
    class Endless(io.RawIOBase):
        n_read = 0

        def read(self, n):
            self.n_read += n
            return bytes(n)

    monkeypatch.setattr(model_files, "MAX_FILE_BYTES", 10**7)
    endless = Endless()
    with pytest.raises(ModelFileError, match="model: larger than 10000000 bytes"):
        load_model(endless)
    assert endless.n_read == 10**7 + 1


@pytest.mark.parametrize("given", [None, 3])
def test_what_is_neither_name_nor_path_is_refused_by_its_type(given):
    with pytest.raises(TypeError, match=r"^model is .*; expected the path of a file or folder$"):
        load_model(given)


@pytest.mark.parametrize("address", ["s3://b/m.safetensors", "https://x.org/m", "file:///tmp/m"])
def test_an_address_is_told_as_it_was_given(address):
    with pytest.raises(FileNotFoundError, match=f"^{address}: an address; nothing is downloaded"):
        load_model(address)


def test_a_full_disk_names_the_file_that_was_asked_for(tmp_path, model, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.EFBIG, "File too large", "/tmp/other/model.safetensors")

    monkeypatch.setattr("fernet.pretrained.save_model", full)
    with pytest.raises(OSError, match=r"mlp\.safetensors"):
        save_pretrained(model, tmp_path / "mlp.safetensors")
