"""What holds for every display: where it draws, what it saves, what it asks for."""

from __future__ import annotations

import ast
import copy
import io
import subprocess
import sys
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import fernet.plotting
from fernet.faces import EmotionTimeline
from fernet.faces.records import FaceRecord
from fernet.metrics import RobustnessReport, per_emotion_report
from fernet.model_selection.learning_rate_range import LearningRateRange
from fernet.plotting import (
    ConfusionMatrixDisplay,
    EmotionTimelineDisplay,
    FaceSheetDisplay,
    FirstLayerDisplay,
    LearningCurveDisplay,
    LearningRateRangeDisplay,
    ParameterCurveDisplay,
    PerEmotionDisplay,
    PixelImportanceDisplay,
    ReliabilityDisplay,
    RobustnessDisplay,
)
from fernet.plotting._display import TRAINING_STYLE, VALIDATION_STYLE, ink_map, sway_map

FACES = np.arange(2 * 81, dtype=np.uint8).reshape(2, 9, 9)
DISPLAYS = [
    ConfusionMatrixDisplay([[3, 1], [0, 4]], title="A title"),
    EmotionTimelineDisplay(
        EmotionTimeline([FaceRecord("a.mp4", "ok", 1, None, "sad", {"sad": 1.0}, 0, 0.0)]),
        title="A title",
    ),
    FaceSheetDisplay(FACES, ["sad", "sad"], ["sad", "fear"], [0.9, 0.5], title="A title"),
    FirstLayerDisplay(FACES - 60.0, title="A title"),
    LearningCurveDisplay([2.0, 1.0], [0.5], title="A title"),
    LearningRateRangeDisplay(
        LearningRateRange(np.array([0.1, 1.0]), np.ones(2), np.ones(2), 0.1), title="A title"
    ),
    ParameterCurveDisplay("dropout", [0.1, 0.2], [0.4, 0.5], title="A title"),
    PerEmotionDisplay(per_emotion_report([0, 3], [0, 0]), title="A title"),
    PixelImportanceDisplay(FACES[0], FACES[0], title="A title"),
    ReliabilityDisplay([0.9, 0.4], [True, False], title="A title"),
    RobustnessDisplay(RobustnessReport(0.7, {"noise": {2: 0.6}}, 100), title="A title"),
]


def names(display):
    return type(display).__name__


def lightness(colour) -> float:
    """CIE L*, what is left of a colour in grey print."""
    from matplotlib.colors import to_rgb

    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return 116 * float(linear @ [0.2126, 0.7152, 0.0722]) ** (1 / 3) - 16


def test_every_public_display_is_tried_here():
    assert {type(display).__name__ for display in DISPLAYS} == set(fernet.plotting.__all__)


@pytest.mark.parametrize("display", DISPLAYS, ids=names)
def test_a_notebook_gets_a_pyplot_figure_with_the_title(display):
    from matplotlib import pyplot

    with pyplot.rc_context({"backend": "agg"}):
        assert display.plot() is display
        try:
            assert pyplot.get_fignums() == [display.figure_.number]
            assert display.figure_.get_suptitle() == "A title"
        finally:
            pyplot.close(display.figure_)


def axes_for(display, figure):
    return np.ravel(np.asarray(display._subplots(figure), dtype=object))


def written_in(axes) -> str:
    return axes.get_title() or axes.get_title(loc="left")


@pytest.mark.parametrize("display", DISPLAYS, ids=names)
def test_on_axes_of_the_users_the_title_is_theirs_alone(display):
    from matplotlib.figure import Figure

    figure = Figure()
    figure.suptitle("the user's")
    parts = [axes_for(display, part) for part in figure.subfigures(1, 2)]
    for axes, title in zip(parts, ("first", "second"), strict=True):
        drawn = copy.copy(display)
        drawn.title = title
        drawn.plot(axes if len(axes) > 1 else axes[0])

    assert figure.get_suptitle() == "the user's"
    assert [written_in(axes[0]).split("\n")[0] for axes in parts] == ["first", "second"]


@pytest.mark.parametrize("display", DISPLAYS, ids=names)
def test_a_title_on_given_axes_lies_above_the_legend(display):
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 7))
    axes = axes_for(display, figure)
    display.plot(axes)
    figure.draw_without_rendering()

    first = axes[0]
    title = first.title if first.get_title() else first._left_title
    legend = first.get_legend()
    assert title.get_window_extent().y0 >= first.get_window_extent().y1
    if legend is not None:
        assert not title.get_window_extent().overlaps(legend.get_window_extent())


@pytest.mark.parametrize("display", DISPLAYS, ids=names)
def test_saving_leaves_what_was_drawn_as_it_was(display):
    from matplotlib.figure import Figure

    figure = Figure()
    drawn = copy.copy(display).plot(axes_for(display, figure))
    before = dict(vars(drawn))
    drawn.to_bytes(dpi=40)

    assert vars(drawn) == before
    assert drawn.figure_ is figure


@pytest.mark.parametrize("arrange", [lambda axes: axes[:, None], lambda axes: axes[None], list])
@pytest.mark.parametrize("display", DISPLAYS, ids=names)
def test_axes_may_be_given_in_any_arrangement(display, arrange):
    from matplotlib.figure import Figure

    axes = axes_for(display, Figure())
    drawn = copy.copy(display).plot(arrange(axes))

    assert list(vars(drawn).get("axes_", [vars(drawn).get("ax_")])) == list(axes)


@pytest.mark.parametrize("display", DISPLAYS, ids=names)
def test_axes_of_another_number_are_refused_and_stay(display):
    from matplotlib.figure import Figure

    expected = len(axes_for(display, Figure()))
    for n_axes in {0, 1, 2, 3} - {expected}:
        figure = Figure()
        axes = [figure.add_subplot(2, 2, place + 1) for place in range(n_axes)]
        with pytest.raises(ValueError, match=f"ax has {n_axes} axes; expected {expected}"):
            display.plot(axes)
        assert figure.axes == axes
        assert not any(axis.has_data() for axis in axes)


@pytest.mark.parametrize("display", DISPLAYS, ids=names)
def test_what_is_no_axes_is_refused(display):
    from matplotlib.figure import Figure

    with pytest.raises(TypeError, match=r"of type Figure; expected matplotlib\.axes\.Axes"):
        display.plot(Figure())


@pytest.mark.parametrize("display", DISPLAYS, ids=names)
def test_a_picture_is_saved_the_same_twice_and_without_pyplot(display, tmp_path):
    from matplotlib import pyplot

    display.save(tmp_path / "picture.png", dpi=40)

    assert (tmp_path / "picture.png").read_bytes() == display.to_bytes(dpi=40)
    assert pyplot.get_fignums() == []


def test_vector_pictures_are_the_same_twice_too(tmp_path):
    DISPLAYS[0].save(tmp_path / "picture.svg")

    svg = (tmp_path / "picture.svg").read_bytes()
    assert b"<svg" in svg
    assert svg == DISPLAYS[0].to_bytes("svg")


@pytest.mark.parametrize(
    ("name", "format_"), [("a.jpg", "JPEG"), ("a.JPEG", "JPEG"), ("a.png", "PNG"), ("a", "PNG")]
)
def test_a_file_holds_what_its_ending_says(name, format_, tmp_path):
    DISPLAYS[0].save(tmp_path / name, dpi=40)

    with Image.open(tmp_path / name) as image:
        assert image.format == format_


def test_an_ending_of_no_picture_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"a\.xlsx'; expected a picture's ending, one of: .*png"):
        DISPLAYS[0].save(tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []


PREDICTING = [
    kind
    for kind in map(type, DISPLAYS)
    if hasattr(kind, "from_estimator") and "X" in signature(kind.from_estimator).parameters
]


@pytest.mark.parametrize("kind", PREDICTING)
def test_without_matplotlib_nothing_is_predicted_for_a_picture(kind, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(ImportError, match=r'pip install "fernet-emotion\[plot\]"'):
        kind.from_estimator(object(), None, None)


FORMULA = "cost $5$ and $x^2$"
NAMED = [
    ConfusionMatrixDisplay([[3, 1], [0, 4]], [FORMULA, "sad"]),
    EmotionTimelineDisplay(
        EmotionTimeline([FaceRecord("a.mp4", "ok", 1, None, FORMULA, {FORMULA: 1.0}, 0, 0.0)])
    ),
    FaceSheetDisplay(FACES, [FORMULA, "sad"], ["sad", FORMULA], [0.9, 0.5]),
    ParameterCurveDisplay("dropout", [FORMULA, "b"], [0.4, 0.5]),
    PerEmotionDisplay(per_emotion_report([0, 3], [0, 0], target_names=[FORMULA, "sad"])),
    PixelImportanceDisplay(FACES[0], FACES[0], emotion=FORMULA),
    ReliabilityDisplay([0.9, 0.4], [True, False], emotion=FORMULA),
]


@pytest.mark.parametrize("display", NAMED, ids=names)
def test_names_are_no_formulas(display):
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    figure = Figure()
    display.plot(display._subplots(figure))
    written = [text for text in figure.findobj(Text) if FORMULA[:6] in text.get_text()]
    assert written
    assert not any(text.get_parse_math() for text in written)


def test_a_size_can_be_asked_for():
    picture = DISPLAYS[0].to_bytes(dpi=50, size=(4, 3))

    with Image.open(io.BytesIO(picture)) as image:
        assert image.size == (200, 150)


@pytest.mark.parametrize("display", DISPLAYS, ids=names)
def test_without_matplotlib_the_error_says_what_to_install(display, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(ImportError, match=r'pip install "fernet-emotion\[plot\]"'):
        display.plot()
    with pytest.raises(ImportError, match=r'pip install "fernet-emotion\[plot\]"'):
        display.save(tmp_path / "picture.png")
    assert list(tmp_path.iterdir()) == []


def test_no_module_imports_matplotlib_until_it_draws():
    code = "import fernet.plotting, sys; print('matplotlib' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


def test_training_and_validation_differ_in_grey_and_without_colour():
    apart = [lightness(style["color"]) for style in (TRAINING_STYLE, VALIDATION_STYLE)]
    assert abs(apart[0] - apart[1]) > 25
    for key in ("linestyle", "marker"):
        assert TRAINING_STYLE[key] != VALIDATION_STYLE[key]


def test_the_map_of_shares_darkens_evenly():
    steps = np.diff([lightness(ink_map()(share)) for share in np.linspace(0, 1, 21)])
    assert (steps < 0).all()
    assert steps.min() / steps.max() < 2


def test_the_map_of_for_and_against_is_white_at_0_and_ends_apart_in_grey():
    shades = np.array([lightness(sway_map()(place)) for place in np.linspace(0, 1, 21)])
    assert shades.argmax() == 10
    assert lightness(sway_map()(0.5)) == pytest.approx(lightness((1, 1, 1)), rel=0.01)
    for half in (shades[:11], shades[10:][::-1]):
        steps = np.diff(half)
        assert (steps > 0).all()
        assert steps.max() / steps.min() < 2
    # What speaks for is the darker end, far from the other.
    assert shades[0] - shades[-1] > 0.3 * shades[10]


def test_no_map_but_the_even_ones_is_used():
    used = set()
    for path in Path(fernet.plotting.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "cmap":
                used.add(ast.unparse(node.value))
    assert used == {"'gray'", "ink_map()", "sway_map()"}


def test_a_mosaic_of_axes_is_taken():
    from matplotlib.figure import Figure

    mosaic = Figure().subplot_mosaic("a;b")
    for given in (mosaic, mosaic.values(), iter(mosaic.values())):
        display = LearningCurveDisplay([2.0, 1.0], [0.3, 0.4]).plot(given)
        assert list(display.axes_) == list(mosaic.values())


def test_a_class_of_ones_own_that_makes_its_axes_is_saved(tmp_path):
    class Mine(ConfusionMatrixDisplay):
        def plot(self, ax):
            return super().plot(ax)

    Mine(np.eye(3, dtype=int), title="mine").save(tmp_path / "mine.png")
    ConfusionMatrixDisplay(np.eye(3, dtype=int), title="mine").save(tmp_path / "theirs.png")
    assert (tmp_path / "mine.png").read_bytes() == (tmp_path / "theirs.png").read_bytes()
