"""The pictures on the page of ``fernet evaluate --report``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from fernet.cli.evaluate.judgement import Judgement
    from fernet.cli.faces import Faces
    from fernet.plotting._display import Display

__all__ = ["Picture", "pictures"]
__dir__ = __all__.copy

_FACES_ON_A_SHEET, _COLUMNS = 12, 4
_FACES_IN_A_MAP = 8
_UNITS = 25
_DPI = 110
_WIDTH = 5.0
"""Inches of most pictures, so that their texts are of one size beside each other."""

_MAPS = (
    "What the model sees an emotion in: by how many percentage points its probability falls when a "
    f"square of 8 x 8 pixels is covered, the mean over {_FACES_IN_A_MAP} faces that it was rightly "
    "seen in, or as many as there are. Blue speaks for the emotion, orange against it."
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as bytes of a format that browsers show, with what is told of it."""

    data: bytes
    format: str
    alt: str
    caption: str


def pictures(estimator: Any, faces: Faces, judgement: Judgement) -> Iterator[Picture]:
    """Draw what shows how well a model knows some faces, and how it came to.

    Parameters
    ----------
    estimator : fernet estimator
        Fitted.
    faces : Faces
        What it was judged on.
    judgement : Judgement
        What came of it.

    Yields
    ------
    Picture
    """
    yield from _figures(judgement)
    yield from _sheets(faces, judgement)
    yield from _inside(estimator)
    yield from _maps(estimator, faces, judgement)


def _figures(judgement: Judgement) -> Iterator[Picture]:
    from fernet.metrics.calibration import N_BINS
    from fernet.plotting import PerEmotionDisplay, ReliabilityDisplay, RobustnessDisplay

    report = judgement.report
    yield _svg(
        PerEmotionDisplay(report),
        "Bars of precision, recall and F1 of each emotion",
        "Precision, recall and F1 of each emotion, and their means.",
        size=(_WIDTH, 1.2 + 0.62 * (len(report.target_names) + 1)),
    )
    reliability = ReliabilityDisplay(judgement.confidence, judgement.is_right, n_bins=N_BINS)
    yield _svg(
        reliability,
        "Share of right answers against confidence",
        "How often the model is right when it is so sure. On the dotted line it is as sure as it "
        "should be, below it too sure.",
        size=(_WIDTH, 5.0),
    )
    if judgement.robustness is not None:
        yield _svg(
            RobustnessDisplay(judgement.robustness),
            "Table of accuracies on spoilt faces, a row for each kind and a column for each level",
            "How many percent of the faces are still recognised when they are made worse, and "
            "below that how strong this is. The darker, the more is kept.",
        )


def _sheets(faces: Faces, judgement: Judgement) -> Iterator[Picture]:
    from fernet.plotting import FaceSheetDisplay

    for right, caption in (
        (True, "The faces that the model is surest of and right about."),
        (False, "The mistakes that the model is surest of: what it says, and what the label is."),
    ):
        rows = judgement.surest(right=right)[:_FACES_ON_A_SHEET]
        if not len(rows):
            continue
        sheet = FaceSheetDisplay(
            faces.images[rows],
            judgement.actual[rows].tolist(),
            judgement.predicted[rows].tolist(),
            judgement.confidence[rows],
            n_columns=_COLUMNS,
        )
        yield _png(sheet, "Faces with actual and predicted emotions", caption)


def _inside(estimator: Any) -> Iterator[Picture]:
    from fernet.plotting import FirstLayerDisplay, LearningCurveDisplay

    if len(estimator.history_):
        yield _svg(
            LearningCurveDisplay.of(estimator),
            "Loss and accuracy by epoch",
            "The training: loss above, accuracy of each epoch below.",
            size=(_WIDTH, 4.8),
        )
    yield _png(
        FirstLayerDisplay.of(estimator, n_units=_UNITS),
        "Weights of the first layer as images",
        "What the first layer looks for: its largest weights, white positive, black negative.",
    )


def _maps(estimator: Any, faces: Faces, judgement: Judgement) -> Iterator[Picture]:
    from fernet.plotting import PixelImportanceDisplay

    maps: list[PixelImportanceDisplay] = []
    for index, name in enumerate(judgement.report.target_names):
        rows = np.flatnonzero(judgement.is_right & (judgement.actual == name))[:_FACES_IN_A_MAP]
        if len(rows):
            label = estimator.classes_[index]
            maps.append(PixelImportanceDisplay.of(estimator, faces.images[rows], label))
    limit = max((float(np.abs(drawn.importance).max()) for drawn in maps), default=0.0)
    for drawn in maps:
        # One scale, so that the maps can be compared.
        drawn.limit = limit or None
        yield _png(
            drawn,
            f"Mean of faces taken for {drawn.emotion}, and map of the pixels that matter",
            _MAPS if drawn is maps[0] else f"The same for {drawn.emotion}, on the same scale.",
            size=(_WIDTH, 2.7),
        )


def _svg(
    display: Display, alt: str, caption: str, size: tuple[float, float] | None = None
) -> Picture:
    return Picture(display.to_bytes("svg", size=size), "svg", alt, caption)


def _png(
    display: Display, alt: str, caption: str, size: tuple[float, float] | None = None
) -> Picture:
    return Picture(display.to_bytes("png", dpi=_DPI, size=size), "png", alt, caption)
