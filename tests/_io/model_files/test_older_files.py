"""Model files of earlier versions: parameters that have another name today."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fernet import FERMLPClassifier, load_pretrained
from fernet._io.model_files import ModelFileError, load_model, save_model

OLD_FILE = Path(__file__).with_name("written_before") / "pixel_spread.safetensors"
"""Fitted on `small_data`; its parameters are named pixel_spread=2.0, pixel_spread_of="each"."""


def test_older_names_and_words_of_parameters_are_understood(small_data):
    model = load_model(OLD_FILE)
    assert model.get_params()["scaling"] == "per_pixel"
    assert model.get_params()["scaled_std"] == 2.0

    fitted_today = FERMLPClassifier(
        (4,), max_iter=2, random_state=0, scaling="per_pixel", scaled_std=2.0
    ).fit(*small_data())
    assert model.get_params() == fitted_today.get_params()
    np.testing.assert_array_equal(model.scaling_.scale_, fitted_today.scaling_.scale_)
    np.testing.assert_allclose(model.coefs_[0], fitted_today.coefs_[0], rtol=1e-4)


def test_what_is_saved_again_has_todays_names(tmp_path, parts):
    save_model(load_model(OLD_FILE), tmp_path / "m")
    params = parts((tmp_path / "m").read_bytes()).document["model"]["params"]
    assert (params["scaling"], params["scaled_std"]) == ("per_pixel", 2.0)
    assert not [name for name in params if name.startswith("pixel_spread")]


@pytest.mark.parametrize(("name", "std"), [("cnn", 1.0), ("mlp", 2.0)])
def test_the_packaged_models_scale_as_they_were_trained_to(name, std):
    params = load_pretrained(name).get_params()
    assert (params["scaling"], params["scaled_std"]) == ("pixels", std)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"pixel_spread_of": "some"}, "scaling must be one of"),
        ({"pixel_spread_of": ["each"]}, "scaling must be one of"),
        ({"pixel_spread": "wide"}, "scaled_std must be number"),
        ({"scaling": "pixels"}, "pixel_spread_of"),
    ],
    ids=str,
)
def test_older_names_are_checked_as_todays_are(tmp_path, parts, load_bytes, params, message):
    file = parts(OLD_FILE.read_bytes())
    file.document["model"]["params"].update(params)
    with pytest.raises(ModelFileError, match=message):
        load_bytes(file.joined(), tmp_path)
