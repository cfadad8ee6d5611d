"""What holds for every display: where it draws, what it saves, what it asks for."""

from __future__ import annotations

import ast
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
