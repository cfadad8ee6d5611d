"""What the faces of a video showed over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fernet._checks import as_count
from fernet.faces.timeline import EmotionTimeline
from fernet.plotting._display import VERBATIM, Display, ink_map

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["EmotionTimelineDisplay"]
__dir__ = __all__.copy

_MOST_COLUMNS = 600
_UNSEEN = "#f3e3d3"
_LONG = 120.0  # seconds from which on an axis is in minutes
_CLOCK_STEPS = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
_MOST_TICKS = 8
_WIDTH, _HEADING, _ROW = 8.0, 0.45, 0.17
_TITLE_HEIGHT = 0.3


class EmotionTimelineDisplay(Display):
    """Shares of the emotions over time, a strip for each face of a video.

    A strip has a row for each emotion: the darker, the more probable. Where the face was not seen
    it is orange. Times are divided into no more than 600 parts; each shows the mean of its frames.

    Parameters
    ----------
    timeline : EmotionTimeline
        What was seen, with one face or more.
    max_faces : int, default=6
        Strips at most; of more faces those that were seen most often are drawn.
    title : str, default=None
        Text above the picture, or above the axes that are given.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The picture.
    axes_ : ndarray of matplotlib.axes.Axes
        A strip for each face.
    im_ : list of matplotlib.image.AxesImage
        What is in them; their arrays are masked where a face was not seen.
    faces_ : list of int
        Numbers of the faces drawn, in ascending order.

    Raises
    ------
    ValueError
        If no face has an emotion and a time, as in records of photos, or `max_faces` is below 1.

    Examples
    --------
    >>> from fernet.faces import EmotionTimeline
    >>> from fernet.faces.records import FaceRecord
    >>> from fernet.plotting import EmotionTimelineDisplay
    >>> from matplotlib.figure import Figure
    >>> records = [
    ...     FaceRecord("talk.mp4", "ok", 1, None, "happy", {"happy": 0.9, "sad": 0.1}, i, i / 25)
    ...     for i in range(50)]
    >>> display = EmotionTimelineDisplay(EmotionTimeline(records)).plot([Figure().subplots()])
    >>> display.faces_, [label.get_text() for label in display.axes_[0].get_yticklabels()]
    ([1], ['happy', 'sad'])
    """

    def __init__(
        self, timeline: EmotionTimeline, *, max_faces: int = 6, title: str | None = None
    ) -> None:
        if not timeline.faces:
            raise ValueError(
                "timeline has no face with an emotion and a time, as records of a video have "
                "them and those of photos do not; there is nothing to draw"
            )
        self.timeline = timeline
        self.max_faces = as_count(max_faces, "max_faces")
        self.title = title

    @classmethod
    def from_records(
        cls,
        records: Any,
        *,
        max_faces: int = 6,
        title: str | None = None,
        ax: Any = None,
    ) -> EmotionTimelineDisplay:
        """Draw what was said of a video.

        Parameters
        ----------
        records : iterable of FaceRecord
            As `EmotionRecognizer.video` gives them.
        max_faces : int, default=6
            Strips at most.
        title : str, default=None
            Text above the picture, or above the axes that are given.
        ax : sequence of matplotlib.axes.Axes, default=None
            Where to draw, one for each strip; by default a new pyplot figure.

        Returns
        -------
        EmotionTimelineDisplay
            With `figure_`, `axes_`, `im_` and `faces_` set.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If no face has an emotion and a time, as in records of photos.
        """
        return cls(EmotionTimeline(records), max_faces=max_faces, title=title).plot(ax)

    def plot(self, ax: Any = None) -> EmotionTimelineDisplay:
        """Draw the strips.

        Parameters
        ----------
        ax : sequence of matplotlib.axes.Axes, default=None
            Where to draw, one for each strip; by default a new pyplot figure.

        Returns
        -------
        EmotionTimelineDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `ax` are not as many as there are strips.
        """
        shown = self._shown()
        given = self._axes_or_new(ax, len(shown), each=", one a face")
        self.faces_, self.axes_, self.figure_ = shown, given, given[0].figure
        edges = self._edges()
        self.im_ = [
            self._strip(axes, face, edges) for axes, face in zip(given, self.faces_, strict=True)
        ]
        for axes in given[:-1]:
            axes.tick_params(labelbottom=False)
        self._label_time(given[-1], edges)
        self._add_key(given[-1])
        self._finish(given[0])
        return self

    def _set_title(self, first: Axes, style: dict[str, Any]) -> None:
        text = f"{self.title}\n{first.get_title(loc='left')}"
        first.set_title(text, loc="left", fontsize="medium", **style)

    def _shown(self) -> list[int]:
        return sorted(self.timeline.faces[: self.max_faces])

    def _edges(self) -> NDArray[np.float64]:
        """Return the ends of the parts of time, none shorter than a frame lasts."""
        seconds = self.timeline.seconds
        steps = np.diff(seconds)
        frame = float(np.median(steps[steps > 0])) if (steps > 0).any() else 1.0
        start, end = float(seconds[0]), float(seconds[-1]) + frame
        n_columns = int(np.clip(round((end - start) / frame), 1, _MOST_COLUMNS))
        return np.linspace(start, end, n_columns + 1)

    def _strip(self, axes: Axes, face: int, edges: NDArray[np.float64]) -> Any:
        seconds, shares = self.timeline.face(face)
        means = _means(seconds, shares, edges)
        names = self.timeline.names
        image = axes.imshow(
            np.ma.masked_invalid(means.T),
            cmap=ink_map(),
            vmin=0,
            vmax=1,
            aspect="auto",
            interpolation="nearest",
            extent=(edges[0], edges[-1], len(names) - 0.5, -0.5),
        )
        axes.grid(False)  # which some styles draw, through the cells
        # Masked parts are clear.
        axes.set_facecolor(_UNSEEN)
        axes.set_yticks(np.arange(len(names)), names, fontsize="small", **VERBATIM)
        axes.tick_params(axis="y", length=0)
        axes.set_yticks(np.arange(1, len(names)) - 0.5, minor=True)
        axes.tick_params(axis="y", which="minor", length=0)
        axes.grid(axis="y", which="minor", color="0.85", linewidth=0.6)
        text = f"face {face}, seen in {len(seconds)} of {self.timeline.n_frames} frames"
        axes.set_title(text, loc="left", fontsize="medium")
        return image

    def _label_time(self, axes: Axes, edges: NDArray[np.float64]) -> None:
        if edges[-1] - edges[0] < _LONG:
            axes.set_xlabel("time (s)", loc="left")
            return
        from matplotlib.ticker import FuncFormatter, MultipleLocator

        wide = [step for step in _CLOCK_STEPS if (edges[-1] - edges[0]) / step <= _MOST_TICKS]
        axes.xaxis.set_major_locator(MultipleLocator(wide[0] if wide else _CLOCK_STEPS[-1]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda time, _: clock_time(time)))
        axes.set_xlabel("time (min:s)" if edges[-1] < 3600 else "time (h:min:s)", loc="left")

    def _add_key(self, axes: Axes) -> None:
        """Say below the last strip, beside the time, what the colours mean."""
        from matplotlib.patches import Patch

        ink = ink_map()
        entries = {"0 %": ink(0.0), "50 %": ink(0.5), "100 %": ink(1.0), "not seen": _UNSEEN}
        axes.legend(
            handles=[
                Patch(facecolor=colour, edgecolor="0.6", linewidth=0.6, label=text)
                for text, colour in entries.items()
            ],
            loc="upper right",
            bbox_to_anchor=(1, 0),
            borderaxespad=2.4,
            ncols=len(entries),
            frameon=False,
            borderpad=0,
            handlelength=1.2,
            columnspacing=1.2,
            fontsize="small",
        )

    def _figure_size(self) -> tuple[float, float]:
        strip = _TITLE_HEIGHT + _ROW * len(self.timeline.names)
        heading = _HEADING + (0.3 if self.title is not None else 0)
        return _WIDTH, heading + strip * len(self._shown())

    def _subplots(self, figure: Figure) -> Any:
        return figure.subplots(len(self._shown()), sharex=True, squeeze=False)[:, 0]


def clock_time(seconds: float) -> str:
    """Write a time as minutes and seconds, with hours where there are any.

    Examples
    --------
    >>> from fernet.plotting.emotion_timeline import clock_time
    >>> clock_time(75), clock_time(3675)
    ('1:15', '1:01:15')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _means(
    seconds: NDArray[np.float64], shares: NDArray[np.float32], edges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the mean shares in each part of time, NaN where there are none."""
    n_columns = len(edges) - 1
    # A frame lies within its part, not on the edge that its rounding may put it on either side of.
    width = (edges[-1] - edges[0]) / n_columns
    places = np.floor((seconds - edges[0]) / width + 1e-6).astype(int).clip(0, n_columns - 1)
    counts = np.bincount(places, minlength=n_columns)
    sums = np.stack(
        [np.bincount(places, weights=column, minlength=n_columns) for column in shares.T], axis=1
    )
    means: NDArray[np.float64] = np.full(sums.shape, np.nan)
    seen = counts > 0
    means[seen] = sums[seen] / counts[seen, None]
    return means
