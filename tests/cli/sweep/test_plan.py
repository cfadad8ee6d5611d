"""From options and a file to what a sweep tries."""

from __future__ import annotations

import click
import pytest

from fernet.cli.errors import InputError
from fernet.cli.sweep.plan import make_plan

NOTHING = dict.fromkeys(("data", "model", "recipe", "method", "seed"))


def plan(config=None, grid=(), settings=None, **options):
    return make_plan(config, NOTHING | options, settings or {}, grid)


@pytest.fixture
def write(tmp_path):
    def write_text(text):
        path = tmp_path / "sweep.toml"
        path.write_text(text)
        return path

    return write_text


def test_options_make_a_step_each():
    made = plan(grid=["learning-rate=0.001,0.01", "hidden=8x4,none", "batch-norm=no"], model="vgg")
    assert made.steps() == [
        {"learning_rate_init": [0.001, 0.01]},
        {"hidden_layer_sizes": [(8, 4), ()]},
        {"batch_norm": [False]},
    ]
    assert (made.recipe, made.method, made.seed, made.data) == ("report", "coordinate", 0, None)


def test_a_full_grid_is_one_step():
    made = plan(grid=["dropout=0,0.1", "epochs=1,2"], method="grid")
    assert made.steps() == [{"dropout": [0.0, 0.1], "max_iter": [1, 2]}]


def test_a_setting_is_in_a_full_grid_once(write):
    twice = ["dropout=0,0.1", "epochs=1", "dropout=0.2"]
    with pytest.raises(click.UsageError, match="the grid has dropout twice"):
        plan(grid=twice, method="grid")
    assert plan(grid=twice).steps()[2] == {"dropout": [0.2]}
    with pytest.raises(click.UsageError, match="grid: max_iter is max_iter, which is there by"):
        plan(write("[[grid]]\nepochs = [1]\nmax_iter = [2]\n"))


@pytest.mark.parametrize(
    ("model", "grid"), [("mlp", "class-weight=disgust=3,happy=0.5"), ("vgg", "filters=2x1,4x1")]
)
def test_commas_that_may_part_a_single_value_are_refused(write, model, grid):
    name, _, value = grid.partition("=")
    with pytest.raises(click.UsageError, match=rf"{name} = \[\"{value}\"\] below \[grid\]"):
        plan(grid=[grid], model=model)
    made = plan(write(f'[grid]\n{name} = ["{value}"]\n'), model=model)
    assert [len(values) for values in made.steps()[0].values()] == [1]


def test_weights_of_one_class_and_words_are_values_each():
    made = plan(grid=["class-weight=none,balanced,disgust=3,disgust=5"])
    values = ["none", "balanced", {"disgust": 3.0}, {"disgust": 5.0}]
    assert made.steps() == [{"class_weight": values}]


def test_a_file_says_it_all(write, tmp_path):
    path = write(
        'data = "faces.csv"\nmodel = "vgg"\nseed = 3\n'
        "[settings]\nepochs = 2\nbatch-norm = true\n"
        "[grid]\nhidden = [[8, 4], []]\nlearning_rate_init = [1, 0.1]\n"
    )
    made = plan(path)
    assert made.data == tmp_path / "faces.csv"
    assert (made.model, made.seed) == ("vgg", 3)
    assert made.settings == {"max_iter": 2, "batch_norm": True}
    assert made.steps() == [
        {"hidden_layer_sizes": [(8, 4), ()]},
        {"learning_rate_init": [1.0, 0.1]},
    ]


def test_a_step_of_several_settings_is_an_array_of_tables(write):
    made = plan(write("[[grid]]\ndropout = [0.1]\nepochs = [1, 2]\n[[grid]]\nmomentum = [0]\n"))
    assert made.steps() == [{"dropout": [0.1], "max_iter": [1, 2]}, {"momentum": [0.0]}]


def test_the_command_line_has_precedence_over_the_file(write):
    path = write("seed = 3\n[settings]\nepochs = 2\n[grid]\ndropout = [0.1]\n")
    made = plan(path, grid=["momentum=0.5"], settings={"max_iter": 5, "dropout": None}, seed=4)
    assert made.seed == 4
    assert made.settings == {"max_iter": 5}
    assert made.steps() == [{"momentum": [0.5]}]


@pytest.mark.parametrize(
    ("grid", "message"),
    [
        ([], "nothing to vary"),
        (["dropout"], "--grid 'dropout': expected a setting and values"),
        (["dropout="], "--grid 'dropout=': expected"),
        (["colour=1"], "'colour' is no setting; expected one of hidden, filters"),
        (["freeze=backbone"], "freeze is no setting of a sweep"),
        (["droput=1"], "'droput' is no setting; did you mean dropout"),
        (["dropout=1.5"], "dropout: 1.5 is not in the range"),
        (["hidden=5x"], "hidden: '5,' is not a list of sizes"),
        (["batch-norm=true"], "--batch-norm does nothing to --model mlp"),
        (["validation-fraction=0.1,0.2"], "validation-fraction can't be varied"),
    ],
)
def test_options_that_make_no_sense_are_refused(grid, message):
    with pytest.raises(click.UsageError, match=message):
        plan(grid=grid)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("grid = ", "not TOML"),
        ("weather = 1", "'weather' is unknown; expected one of color, data, grid"),
        ('model = "cnn"', "model is 'cnn'; expected one of mlp, vgg"),
        ("seed = -1", "seed is -1; expected a whole number"),
        ("[settings]\nepochs = 3\nmax_iter = 1", "'epochs' and 'max_iter' are one setting"),
        ("data = 1", "data is 1; expected a path"),
        ("settings = 1", "settings is 1; expected a table"),
        ("grid = [1]", r"grid is \[1\]; expected a table"),
    ],
)
def test_files_that_make_no_sense_are_refused(write, text, message):
    with pytest.raises(InputError, match=message):
        plan(write(text))


def test_a_value_in_a_file_is_a_list(write):
    with pytest.raises(click.UsageError, match=r"grid: dropout is 0\.1; expected a list"):
        plan(write("[grid]\ndropout = 0.1"))
    with pytest.raises(click.UsageError, match=r"epochs: '1\.5' is not a valid integer"):
        plan(write("[grid]\nepochs = [1.5]"))


@pytest.mark.parametrize("model", ["small", "best"])
def test_several_trainings_by_one_name_are_no_model_to_vary(write, model):
    text = f'model = "{model}"\n[grid]\ndropout = [0.1]'
    with pytest.raises(click.UsageError, match=f"model {model} is several trainings, which a"):
        plan(write(text))


@pytest.mark.parametrize(
    ("grid", "settings", "message"),
    [
        (["momentum=0.1,0.9"], {"solver": "adam"}, "--grid momentum does nothing where solver is"),
        (["momentum=0.1,0.9", "solver=adam"], {}, None),  # the report's is sgd until then
        (["solver=adam", "momentum=0.1,0.9"], {}, "--grid momentum does nothing where solver is"),
        (["solver=adam,sgd", "momentum=0.1,0.9"], {"solver": "adam"}, None),
        (["momentum=0.1,0.9", "solver=sgd"], {"solver": "adam"}, "--grid momentum does nothing"),
        (["learning-rate-decay=1,0.9"], {"schedule": "cosine"}, "learning-rate-decay does nothing"),
        (["dropout=0.1"], {"solver": "adam", "momentum": 0.5}, "--momentum does nothing where"),
        (["solver=adam,sgd"], {"momentum": 0.5}, None),
        (["monitor=loss,macro_f1"], {"n_iter_no_change": 0}, "--grid monitor does nothing where"),
    ],
)
def test_a_setting_that_nothing_wakes_is_refused(grid, settings, message):
    if message is None:
        plan(grid=grid, settings=settings)
        return
    with pytest.raises(click.UsageError, match=message):
        plan(grid=grid, settings=settings)


def test_in_a_full_grid_the_order_makes_no_difference():
    grid = ["momentum=0.1,0.9", "solver=adam,sgd"]
    assert len(plan(grid=grid, settings={"solver": "adam"}, method="grid").steps()) == 1


def test_a_grid_of_a_file_is_held_to_the_same(write):
    text = '[settings]\nsolver = "adam"\n[grid]\nmomentum = [0.1, 0.9]'
    with pytest.raises(click.UsageError, match="--grid momentum does nothing where solver is adam"):
        plan(write(text))
