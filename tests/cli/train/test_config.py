"""From options and a file to what a training is to be."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import click
import pytest

from fernet.cli.errors import InputError
from fernet.cli.train.config import config_text, make_config
from fernet.cli.train.recipes import settings

NOTHING = dict.fromkeys(
    (
        "data",
        "labels",
        "sample_weight",
        "soft_labels",
        "teachers",
        "start",
        "model",
        "recipe",
        "seed",
    )
)


def config(path=None, settings=None, **options):
    return make_config(path, NOTHING | options, settings or {})


@pytest.fixture
def write(tmp_path):
    def write_text(text):
        path = tmp_path / "run.toml"
        path.write_text(text)
        return path

    return write_text


def test_without_a_file_it_is_what_the_options_say():
    made = config(seed=3, settings={"dropout": 0.5, "momentum": None})

    assert (made.model, made.recipe, made.seed, made.data) == ("mlp", "report", 3, None)
    assert made.settings == {"dropout": 0.5}


def test_a_file_says_it_all_from_its_own_folder_on(write, tmp_path):
    (tmp_path / "votes.csv").touch()
    made = config(
        write(
            'data = "faces.csv"\nlabels = "votes.csv"\nsample-weight = "w.txt"\nseed = 5\n'
            'soft_labels = true\nmodel = "compact"\nrecipe = "best"\n'
            "[settings]\nepochs = 2\nwidth = 8\nema_decay = 0.9\nscaling = 'none'\n"
            "class_weight = {disgust = 2}\naugment = {shift = 1.5}\n"
        )
    )

    assert made.data == tmp_path / "faces.csv"
    assert made.labels == tmp_path / "votes.csv"
    assert made.sample_weight == tmp_path / "w.txt"
    assert (made.model, made.recipe, made.seed, made.soft_labels) == ("compact", "best", 5, True)
    assert made.settings == {
        "max_iter": 2,
        "width": 8,
        "ema_decay": 0.9,
        "scaling": "none",
        "class_weight": {"disgust": 2.0},
        "augmentation": {"shift": 1.5},
    }


def test_the_command_line_has_precedence_over_the_file(write):
    path = write("seed = 3\nmodel = 'vgg'\n[settings]\nepochs = 2\nfilters = [[8, 1]]\n")

    made = config(path, {"max_iter": 5, "dropout": None}, seed=4)

    assert (made.seed, made.model) == (4, "vgg")
    assert made.settings == {"max_iter": 5, "filters": ((8, 1),)}


def test_a_model_to_go_on_from_is_a_file_or_comes_with_fernet(write, tmp_path):
    assert config(write("from = 'runs/first'")).start == (str(tmp_path / "runs/first"),)
    made = config(write("from = 'cnn'"))
    assert (made.start, made.model) == (("cnn",), None)
    assert config(write("from = ['cnn', 'a']")).start == ("cnn", str(tmp_path / "a"))


def test_paths_in_a_file_may_begin_at_home(write, tmp_path, monkeypatch):
    home = tmp_path / "home"
    home.mkdir()
    (home / "votes.csv").touch()
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(home))
    text = "data = '~/faces.csv'\nfrom = ['cnn', '~/first']\nlabels = '~/votes.csv'"

    made = config(write(text))

    assert made.data == home / "faces.csv"
    assert made.start == ("cnn", str(home / "first"))
    assert made.labels == home / "votes.csv"


def test_folders_labels_are_a_table_or_the_options_text(write):
    expected = {"anger": "angry", "contempt": None}
    assert config(write("labels = 'anger=angry,contempt='")).labels == expected
    assert config(write("[labels]\nanger = 'angry'\ncontempt = ''")).labels == expected


def test_a_table_names_any_folder(write, tmp_path):
    (tmp_path / "a=b").touch()  # a file of votes, if it were the option's text
    labels = {"a, b": "sad, or so", "x=y": "fear", '"q"': "angry", "calm ": None, "a": "b"}
    pairs = [f"{json.dumps(name)} = {json.dumps(meant or '')}" for name, meant in labels.items()]

    made = config(write("\n".join(["[labels]", *pairs, "3 = 4"])))

    assert made.labels == labels | {"3": "4"}
    assert config(write(config_text(made, "mlp", {}))).labels == made.labels


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sead = 1", r"run\.toml: 'sead' is unknown; did you mean seed\?"),
        ("seed = -1", "seed is -1; expected a whole number"),
        ("seed = true", "seed is True; expected a whole number"),
        ("model = 'cnn'", "model is 'cnn'; expected one of mlp, vgg"),
        ("data = 1", "data is 1; expected a path"),
        ("data = ''", "data is ''; expected a path"),
        ("data = 'https://example.com/a.csv'", "an address; nothing is downloaded here"),
        ("from = ''", "from is ''; expected a model's path or name"),
        ("from = 1", "from is 1; expected a model's path or name"),
        ("labels = 1", "labels is 1; expected a path, or a table"),
        ("labels = 'x'", "labels: 'x' is no list"),
        ("labels = {}", "labels is {}; expected a path, or a table"),
        ("labels = {a = false}", "labels: 'a' is False; expected an emotion, or \"\" to leave"),
        ("labels = {a = ['sad']}", r"labels: 'a' is \['sad'\]; expected an emotion"),
        ("labels = {a = '?'}", r"labels: 'a' is '\?'; expected an emotion"),
        ("soft_labels = 1", "soft_labels is 1; expected true or false"),
        ("color = 'yes'", "color is 'yes'; expected true or false"),
        ("image_size = 0", "image_size is 0; expected a whole number from 1 to 1024"),
        ("image_size = 64.0", "image_size is 64.0; expected a whole number from 1 to 1024"),
        ("from = ['cnn', 1]", "from is \\['cnn', 1\\]; expected a model's path or name"),
        ("teachers = 1", "teachers is 1; expected a model's path or name, or a list of these"),
        ("teachers = [1]", "teachers is \\[1\\]; expected a model's path or name"),
        ("settings = 1", "settings is 1; expected a table"),
        ("[settings]\nepocs = 1", r"run\.toml: 'epocs' is no setting; did you mean epochs\?"),
        ("[settings]\nbeta_3 = 1", r"'beta_3' is no setting; did you mean beta_"),
        ("[settings]\nepochs = 3\nmax_iter = 1", "'epochs' and 'max_iter' are one setting"),
        ("[settings]\nlearning-rate = 1\nlearning_rate = 1", "are one setting"),
        ("[settings]\nepochs = true", "epochs: true is no value of it"),
        ("[settings]\nepochs = 1.5", "epochs: '1.5' is not a valid integer"),
        ("[settings]\ndropout = 1", "dropout: 1.0 is not in the range"),
        ("[settings]\ndroput = 0.1", r"run\.toml: 'droput' is no .*; did you mean dropout\?$"),
        ("[settings]\nlearning_rate = nan", r"run\.toml: learning-rate: nan is not a finite"),
        (
            "[settings.augmentation]\ncontrst = 0.1",
            r"run\.toml: augmentation: 'contrst' is unknown; did you mean contrast\?",
        ),
        ("[settings]\naugmentation = {shift = -1}", r"augmentation: shift is -1; expected"),
        ("[settings]\nema_decay = 2", r"run\.toml: .*ema_decay.* Got 2"),
        ("[settings]\nmonitor = 'luck'", r"run\.toml: monitor is 'luck'; expected"),
        ("[settings]\nrandom_state = 1", "'random_state' is no setting: seed says it"),
        ("[settings]\nwarm-start = true", "'warm_start' is no setting: from names a model"),
    ],
)
def test_files_that_make_no_sense_are_refused_by_name(write, text, message):
    with pytest.raises(InputError, match=message):
        config(write(text))


def test_settings_that_a_model_does_not_have_are_refused(write):
    for text, option in [("width = 8", "width"), ("filters = [[8, 1]]", "filters")]:
        with pytest.raises(click.UsageError, match=rf"^{option} in .*toml does nothing to --"):
            config(write(f"[settings]\n{text}"))
    with pytest.raises(click.UsageError, match="--width does nothing to --model vgg"):
        config(model="vgg", settings={"width": 8})


def test_a_recipe_of_which_the_file_leaves_nothing_is_refused(write):
    partly = write("recipe = 'report'\n[settings]\ndropout = 0.5\n")
    assert config(partly, recipe="best").recipe == "best"
    every = settings("report", {}) | settings("best", {})
    path = write(config_text(config(), "mlp", every))
    with pytest.raises(click.UsageError, match=r"--recipe best does nothing beside .*run\.toml"):
        config(path, recipe="best")
    assert config(path, recipe="report").recipe == config(path).recipe == "report"


def test_what_does_nothing_is_named_where_it_was_said(write):
    path = write("recipe = 'best'\nmodel = 'mlp'\n[settings]\nhidden = [8]\n")
    with pytest.raises(click.UsageError, match=r"^recipe in .*toml does nothing to --model fast"):
        config(path, model="fast")
    with pytest.raises(click.UsageError, match=r"^hidden in .*toml does nothing to --model comp"):
        config(path, model="compact")
    with pytest.raises(click.UsageError, match=r"^--hidden does nothing to --model compact"):
        config(path, {"hidden_layer_sizes": (4,)}, model="compact")


@pytest.mark.parametrize("model", ["fast", "light"])
def test_a_model_is_called_as_the_user_called_it(model):
    with pytest.raises(click.UsageError, match=f"--hidden does nothing to --model {model}$"):
        config(model=model, settings={"hidden_layer_sizes": (8,)})


@pytest.mark.parametrize("form", [{}, {"image_size": 64}, {"color": False}, {"color": True}])
def test_the_form_of_images_is_written_as_it_was_given(tmp_path, form):
    path = tmp_path / "config.toml"
    path.write_text(config_text(config(data=Path("faces"), **form), "mlp", {}))

    again = config(path)

    assert (again.image_size, again.color) == (form.get("image_size"), form.get("color"))


@pytest.mark.parametrize("labels", [None, {"anger": "angry", "contempt": None}])
def test_what_is_written_says_the_same(tmp_path, labels):
    made = config(data=Path("faces"), labels=labels, seed=2, model="vgg", soft_labels=True)
    settings = {"dropout": 0.5, "clip_norm": None, "filters": ((8, 1),)}
    path = tmp_path / "config.toml"
    path.write_text(config_text(made, "vgg", settings))

    again = config(path)

    assert again.data == Path("faces").absolute()
    assert again.teachers == ()
    assert (again.labels, again.soft_labels) == (labels, True)
    assert (again.model, again.recipe, again.seed) == ("vgg", "report", 2)
    assert again.settings == {"dropout": 0.5, "clip_norm": "none", "filters": ((8, 1),)}


def test_a_path_that_is_no_utf8_is_marked_and_told(tmp_path):
    data = tmp_path / "caf\udce9"

    text = config_text(config(data=data), "mlp", {})

    assert "# A path below is no UTF-8" in text
    assert tomllib.loads(text)["data"] == f"{tmp_path}/caf\N{REPLACEMENT CHARACTER}"


def test_teachers_are_written_by_their_places(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(config_text(config(teachers=("cnn", "runs/a")), "mlp", {}))
    assert config(path).teachers == ("cnn", str(Path("runs/a").absolute()))
    assert config(path, teachers=("mlp",)).teachers == ("mlp",)


def test_a_model_that_is_gone_on_from_is_written_in_place_of_its_kind():
    place = str(Path("runs/a").absolute())
    for start, written in [
        (("cnn",), "cnn"),
        (("runs/a",), place),
        (("cnn", "runs/a"), ["cnn", place]),
    ]:
        document = tomllib.loads(config_text(config(start=start), "vgg", {}))
        assert document["from"] == written
        assert "model" not in document
