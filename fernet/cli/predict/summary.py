"""What ``fernet predict`` says at its end, and the picture of a video's emotions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fernet.cli.originals import Originals, check_is_own
from fernet.cli.output import counted
from fernet.cli.paths import check_folder

if TYPE_CHECKING:
    from fernet.faces.records import FaceRecord
    from fernet.faces.timeline import EmotionTimeline

__all__ = ["Counter", "VideoSummary"]
__dir__ = __all__.copy

# matplotlib signs pictures of these formats alone.
_SIGNED = ("png", "svg", "pdf", "eps", "ps")
_SIGNATURE = b"atplotlib"


class VideoSummary:
    """Gathers what is said of the frames of each video on the way to its rows.

    Parameters
    ----------
    plot : Path or None
        Where to draw the one video that there is.
    sources : sequence of Path or int
        What is looked at.

    Raises
    ------
    click.UsageError
        If there is something to draw, and not of one video or camera alone.
    ImportError
        If there is, and matplotlib is not installed.
    ValueError
        If matplotlib writes no such picture.
    InputError
        If the folder for it is not there, or not to be written to, or another picture would be
        written over.
    """

    def __init__(self, plot: Path | None, sources: Sequence[Path | int]) -> None:
        from fernet.faces.video import names_video

        self._plot = plot
        self._timelines: dict[str, EmotionTimeline] = {}
        if plot is None:
            return
        if [isinstance(source, int) or names_video(source) for source in sources] != [True]:
            raise click.UsageError("--plot draws one video or camera, and PATHS has to be that")
        from fernet.plotting._display import picture_format, require_matplotlib

        require_matplotlib()
        form = picture_format(plot, "--plot")
        check_folder(plot, "the picture")
        option = f"--plot {plot}"
        Originals(source for source in sources if isinstance(source, Path)).check(plot, option)
        if form in _SIGNED:
            check_is_own(plot, option, "fernet predict", lambda start: _SIGNATURE in start)

    def watch(self, records: Iterable[FaceRecord]) -> Iterator[FaceRecord]:
        """Pass records on."""
        from fernet.faces.timeline import EmotionTimeline

        for record in records:
            if record.frame is not None:
                self._timelines.setdefault(record.file, EmotionTimeline()).add(record)
            yield record

    def draw(self) -> None:
        """Write the picture, if one was asked for and there is something to see in it."""
        if self._plot is None:
            return
        from fernet.plotting import EmotionTimelineDisplay

        for file, timeline in self._timelines.items():
            if timeline.faces:
                title = click.format_filename(file, shorten=True)
                EmotionTimelineDisplay(timeline, title=title).save(self._plot)

    def remarks(self) -> list[str]:
        """Say in a line for each video in how many frames faces showed which emotion."""
        lines = []
        for file, timeline in self._timelines.items():
            counted = [f"{count} {name}" for name, count in timeline.counts.most_common()]
            emotions = ", ".join(counted) or "no emotion"
            faceless = f"; {timeline.n_faceless} without a face" if timeline.n_faceless else ""
            lines.append(f"{click.format_filename(file)}: frames by emotion: {emotions}{faceless}")
        if self._plot is not None:
            drawn = any(timeline.faces for timeline in self._timelines.values())
            lines.append(
                f"The picture is in {self._plot}."
                if drawn
                else f"No face has an emotion, so {self._plot} is not drawn."
            )
        return lines


class Counter:
    """Counts files and faces on their way to the writer."""

    def __init__(self) -> None:
        self.files = self.faces = self.faceless = self.left_out = self.unreadable = 0
        self._file = ""

    def watch(
        self, records: Iterable[FaceRecord], advance: Callable[[], object]
    ) -> Iterator[FaceRecord]:
        """Pass records on; call `advance` after each file."""
        from fernet.faces.records import LOST, NO_FACE

        for record in records:
            in_video = record.frame is not None
            if record.file != self._file or (not in_video and record.face in (None, 1)):
                self.files += 1
                self._file = record.file
                advance()
            self.faces += record.emotion is not None
            self.faceless += record.status == NO_FACE and not in_video
            self.left_out += record.face is not None and record.emotion is None
            self.unreadable += record.face is None and record.status not in (NO_FACE, LOST)
            yield record

    def remark(self) -> str:
        """Say how many files and faces there were, and of what kinds."""
        files, faces = counted(self.files, "file"), counted(self.faces, "face")
        faceless = f", {self.faceless} without a face" if self.faceless else ""
        left_out = f", {self.left_out} left out" if self.left_out else ""
        return f"{files}, {faces}{left_out}{faceless}, {self.unreadable} unreadable"
