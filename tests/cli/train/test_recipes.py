"""Models and settings that have a name: all fit their estimators, and are trained as they say."""

from __future__ import annotations

import numpy as np
import pytest

from fernet import FERCNNClassifier, FERMLPClassifier, load_model
from fernet.architectures import ARCHITECTURES
from fernet.cli.errors import BAD_INPUT
from fernet.cli.train.fitting import make_estimator
from fernet.cli.train.recipes import CONFIGURATIONS, MODELS, NAMES, expand, settings


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("model", MODELS)
def test_every_recipe_fits_every_model(model, name):
    chosen = settings(name, {}, model)
    if model == "mlp":
        estimator = FERMLPClassifier(**chosen)
    else:
        estimator = FERCNNClassifier(model, **chosen)
    estimator._check_parameters()


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_configuration_fits_its_model(name):
    model, recipe, given = expand(name, None, {"max_iter": 3})
    chosen = settings(recipe, given, model)
    assert chosen["max_iter"] == 3
    make_estimator(model, chosen, 0, verbose=0)._check_parameters()


def test_a_configuration_is_trained_as_its_settings_say(run, fer_csv, monkeypatch):
    varied = {"width": 4, "augmentation": {"flip": "random", "noise": 20.0, "erase": 0.5}}
    monkeypatch.setitem(CONFIGURATIONS, "varied", ("compact", varied))
    options = ["--data", fer_csv, "--epochs", 1, "--quiet"]
    result = run("train", "--model", "varied", *options, "--out", "a")
    assert result.exit_code == 0, result.output
    model = load_model("a/model.safetensors")
    assert (model.width, model.max_iter) == (4, 1)
    assert model.augmentation == varied["augmentation"]

    assert run("train", "--config", "a/config.toml", "--out", "b").exit_code == 0
    np.testing.assert_array_equal(
        load_model("b/model.safetensors").network_.values, model.network_.values
    )
    refused = run("train", "--model", "varied", "--recipe", "best", *options, "--out", "c")
    assert refused.exit_code == BAD_INPUT
    assert "--recipe does nothing to --model varied" in refused.stderr


def test_the_models_are_those_that_there_are():
    assert ("mlp", *ARCHITECTURES) == MODELS
