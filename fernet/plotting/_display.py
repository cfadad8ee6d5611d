"""What all displays share: where they draw, how they are saved, what their lines look like."""

from __future__ import annotations

import copy
import io
import os
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from fernet._io.extras import import_extra
from fernet._io.files import atomic_writer
from fernet.plotting._fonts import lend_fonts

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Two colours far apart in grey as well as for colour-blind eyes; markers and dashes differ too.
TRAINING_STYLE: dict[str, Any] = {
    "color": "#1b3a6b",
    "linestyle": "-",
    "marker": "o",
    "label": "training",
}
VALIDATION_STYLE: dict[str, Any] = {
    "color": "#d9730d",
    "linestyle": "--",
    "marker": "s",
    "markerfacecolor": "white",
    "label": "validation",
}

VERBATIM: dict[str, Any] = {"parse_math": False}
"""How a text with somebody's names is written: what stands between two ``$`` is no formula."""


class Display:
    """Base of the displays: a subclass gives `plot`, and `_subplots` if it needs several axes."""

    figure_: Figure
    title: str | None
    _title_is_name: bool = False
    _own_figure: Figure | None = None
    _is_given_axes: bool = False
    _size: ClassVar[tuple[float, float]] = (6.4, 4.8)

    def plot(self, ax: Any = None) -> Self:
        """Draw; by default on a new pyplot figure.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or sequence of them, default=None
            Where to draw.

        Returns
        -------
        Display
            Itself.
        """
        raise NotImplementedError

    def to_bytes(
        self,
        format: str = "png",  # noqa: A002
        *,
        dpi: int = 150,
        size: tuple[float, float] | None = None,
    ) -> bytes:
        """Draw on a figure of its own, without touching pyplot, and return the picture.

        What was drawn before, and attributes such as `figure_`, stay as they are.

        Parameters
        ----------
        format : str, default="png"
            ``"png"``, ``"svg"``, ``"pdf"`` or another that matplotlib writes.
        dpi : int, default=150
            Dots per inch.
        size : tuple of float, default=None
            Width and height in inches; by default what suits the picture.

        Returns
        -------
        bytes
            What a file of that format holds.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        require_matplotlib()
        from matplotlib import rc_context
        from matplotlib.figure import Figure

        figure = Figure(figsize=size or self._figure_size(), layout="constrained")
        drawing = copy.copy(self)
        drawing._own_figure = figure
        drawing.plot(drawing._subplots(figure))
        buffer = io.BytesIO()
        # Names and dates would make two drawings of the same numbers differ.
        # Signs that no font has are told once, by `lend_fonts`.
        with rc_context({"svg.hashsalt": "fernet"}), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from (current )?font")
            metadata = {"Date": None} if format == "svg" else None
            figure.savefig(buffer, format=format, dpi=dpi, metadata=metadata)
        return buffer.getvalue()

    def save(self, path: str | os.PathLike[str], *, dpi: int = 150) -> None:
        """Draw on a figure of its own and write it, without touching pyplot.

        What was drawn before, and attributes such as `figure_`, stay as they are.

        Parameters
        ----------
        path : path-like
            The file to write; it appears whole or not at all. Its ending names the format, such as
            ``.png``, ``.svg``, ``.pdf`` or ``.jpg``; without one it is PNG.
        dpi : int, default=150
            Dots per inch.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If matplotlib writes no such format.
        OSError
            If the file can't be written.
        """
        require_matplotlib()
        picture = self.to_bytes(picture_format(path), dpi=dpi)
        with atomic_writer(path) as file:
            file.write(picture)

    def _finish(self, first: Axes) -> None:
        """Add the title, and fonts for all that is written: a plot's last step.

        A figure of the user's has a title of its own, or several displays: the first of the axes
        gets the title there.
        """
        if self.title is not None:
            style = VERBATIM if self._title_is_name else {}
            if self._is_given_axes:
                self._set_title(first, style)
            else:
                self.figure_.suptitle(self.title, fontsize="large", **style)
        lend_fonts(self.figure_)

    def _set_title(self, first: Axes, style: dict[str, Any]) -> None:
        """Write the title above axes of the user's."""
        first.set_title(self.title or "", pad=_title_pad(first), **style)

    def _figure_size(self) -> tuple[float, float]:
        """Return width and height in inches."""
        return self._size

    def _subplots(self, figure: Figure) -> Any:
        """Return what `plot` draws on: the axes of a new figure."""
        return figure.subplots()

    def _axes_or_new(self, ax: Any, n: int = 1, *, more: int = 0, each: str = "") -> NDArray[Any]:
        """Return the axes to draw on: those given, or in their place those of a new figure.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, array or sequence of them, or None
            What the user gave.
        n, more : int
            How many axes it takes, and how many more there may be.
        each : str, default=""
            What each is for, to be told in an error.

        Returns
        -------
        ndarray of matplotlib.axes.Axes of shape (n,), or as many more as were given
        """
        require_matplotlib()
        if ax is None:
            axes = np.ravel(np.asarray(self._subplots(self._pyplot_figure())))
        else:
            axes = _flat_axes(ax, n, n + more, each)
        self._is_given_axes = ax is not None and self._own_figure is None
        return axes

    def _pyplot_figure(self) -> Figure:
        from matplotlib import pyplot

        return pyplot.figure(figsize=self._figure_size(), layout="constrained")


def _flat_axes(ax: Any, least: int, most: int, each: str) -> NDArray[Any]:
    """Return the axes that a user gave in a row, however they were arranged."""
    from matplotlib.axes import Axes

    listed = list(ax.values()) if isinstance(ax, Mapping) else ax
    if isinstance(listed, Iterable) and not isinstance(listed, np.ndarray):
        listed = list(listed)
    given: NDArray[Any] = np.ravel(np.asarray(listed, dtype=object))
    for item in given:
        if not isinstance(item, Axes):
            raise TypeError(
                f"ax is or holds an object of type {type(item).__name__}; expected "
                "matplotlib.axes.Axes"
            )
    if not least <= len(given) <= most:
        raise ValueError(f"ax has {len(given)} axes; expected {most}{each}")
    return given


def _title_pad(axes: Axes) -> float:
    """Return how far, in points, a title lies above axes, and above a legend on top of them."""
    from matplotlib import rcParams

    pad = float(rcParams["axes.titlepad"])
    if (legend := axes.get_legend()) is not None:
        rise = legend.get_window_extent().y1 - axes.get_window_extent().y1
        pad += max(0.0, rise * 72 / axes.figure.dpi)
    return pad


def ink_map() -> Any:
    """Return a colour map from white to dark blue in even steps of lightness, for shares."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("ink", ["#ffffff", "#8496b8", "#102a56"])


def sway_map() -> Any:
    """Return a colour map for what speaks for or against: dark blue above 0, orange below, white.

    The blue end is much darker than the orange one, so that they differ in grey too.
    """
    from matplotlib.colors import LinearSegmentedColormap

    colours = ["#d9730d", "#f3c598", "#ffffff", "#8496b8", "#102a56"]
    return LinearSegmentedColormap.from_list("sway", colours)


def picture_format(path: str | os.PathLike[str], name: str = "path") -> str:
    """Return the format that a file's name asks for; in an error the path is called `name`.

    Raises
    ------
    ValueError
        If matplotlib writes no such format.
    """
    from matplotlib.backend_bases import FigureCanvasBase

    known = FigureCanvasBase.get_supported_filetypes()
    suffix = Path(path).suffix.lower().lstrip(".") or "png"
    if suffix not in known:
        raise ValueError(
            f"{name} is {os.fspath(path)!r}; expected a picture's ending, one of: "
            f"{', '.join(sorted(known))}"
        )
    return suffix


def require_matplotlib() -> None:
    """Raise an ImportError that says what to do, unless matplotlib is there and works."""
    for module in ("matplotlib", "matplotlib.figure"):
        import_extra(module, "a picture", "matplotlib", "plot")


def tidy(axes: Axes, *, x_grid: bool = True, y_grid: bool = True) -> None:
    """Take away what carries nothing, and lay a light grid behind the data."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    if x_grid:
        axes.grid(axis="x", color="0.9", linewidth=0.7)
    if y_grid:
        axes.grid(axis="y", color="0.9", linewidth=0.7)


def legend_above(axes: Axes, n_columns: int = 3) -> None:
    """Put the legend above the plot, where it hides no data."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=n_columns,
        frameon=False,
        borderpad=0,
        columnspacing=1.0,
        handlelength=1.6,
        handletextpad=0.5,
    )


def bar_beside(image: Any, axes: Axes) -> Any:
    """Add a colour bar beside a picture, exactly as tall as the picture is."""
    return axes.figure.colorbar(image, cax=axes.inset_axes((1.04, 0, 0.05, 1)))
