"""What ``fernet predict`` does: pictures, videos and cameras in, a row per face out."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from itertools import groupby
from pathlib import Path
from shlex import quote
from typing import IO, TYPE_CHECKING, Any

import click

from fernet.cli.decoders import silence_decoders
from fernet.cli.models import load, recognizer_of
from fernet.cli.originals import Originals, check_is_own
from fernet.cli.paths import check_folder, check_new_folder, real_path
from fernet.cli.predict.layouts import choose_layout
from fernet.cli.predict.rows import RowWriter, begins_as_rows
from fernet.cli.predict.summary import Counter, VideoSummary
from fernet.cli.signals import ended_by_signals

if TYPE_CHECKING:
    from fernet.faces.recognizer import EmotionRecognizer
    from fernet.faces.records import FaceRecord
    from fernet.faces.video import VideoFaces

__all__ = ["Job"]
__dir__ = __all__.copy

_LIMITS = ("min_score", "min_size", "min_quality")


class Job:
    """What the command was asked to do.

    Parameters
    ----------
    paths : tuple of Path
        Pictures, folders and videos.
    **options
        Those of the command, by name.
    """

    def __init__(self, paths: tuple[Path, ...], **options: Any) -> None:
        from fernet.cli.predict.files import Annotator
        from fernet.datasets._left_out import LeftOut
        from fernet.faces.video import names_video

        self.paths = paths
        self.camera: int | None = options["camera"]
        self.videos: list[VideoFaces] = []
        self._lacks_frames = False
        self.has_videos = self.camera is not None or any(map(names_video, paths))
        self.out: Path | None = options["out"]
        self.quiet: bool = options["quiet"]
        self.options = options
        self.layout = choose_layout(options["layout"], options["as_json"], self.out)
        self._refuse_what_does_not_fit()
        self.sources: list[Path | int] = list(paths)
        if self.camera is not None:
            self.sources.append(self.camera)
        self.summary = VideoSummary(options["plot"], self.sources)
        self.counter = Counter()
        folder: Path | None = options["annotate"]
        if folder is not None:
            check_new_folder(folder, "the pictures")
        self.annotator = None if folder is None else Annotator(folder, paths)
        self.n_resumed = 0
        self.left_out = LeftOut()
        self.video_left_out: Path | None = None

    def _refuse_what_does_not_fit(self) -> None:
        """Refuse options that say nothing of what was named."""
        options = self.options
        if self.out is not None:
            self._check_out(self.out)
        if not self.paths and self.camera is None:
            raise click.UsageError("Missing argument 'PATHS...', or --camera")
        for name, given in (("--every", options["every"] > 1), ("--smooth", options["smooth"] > 0)):
            if given and not self.has_videos:
                raise click.UsageError(f"{name} is for videos and cameras; PATHS has none")
        if not options["detect"]:
            for name in ("small_faces", "turned_faces", "min_score"):
                if options[name]:
                    flag = name.replace("_", "-")
                    raise click.UsageError(
                        f"--{flag} is about faces that are looked for, which "
                        "--no-detect does not do"
                    )
        if options["annotate"] is not None and self.has_videos:
            raise click.UsageError("--annotate is for pictures; it can't write videos")

    def _check_out(self, out: Path) -> None:
        """Refuse to write rows over what is to be read, and over files of others."""
        from fernet._io.files import is_replaceable

        check_folder(out, "the rows")
        option, plot = f"--out {out}", self.options["plot"]
        if is_replaceable(out):
            # Rows may lie in a folder of pictures.
            Originals(path for path in self.paths if path.is_file()).check(out, option)
        check_is_own(out, option, "fernet predict", begins_as_rows)
        if plot is not None and real_path(plot) == real_path(out):
            raise click.UsageError(f"--plot {plot}: the rows are written there")

    @property
    def has_read_all(self) -> bool:
        """Whether all that was named could be read, each frame of a file too."""
        return not (self.counter.unreadable or self._lacks_frames)

    @property
    def has_remarks(self) -> bool:
        """Whether the rows do not say all by themselves."""
        return bool(
            self.counter.unreadable or self.out is not None or self.videos or self.left_out.count
        )

    def run(self) -> None:
        """Read, recognise and write."""
        silence_decoders()
        limits: dict[str, Any] = {name: self.options[name] or 0 for name in _LIMITS}
        model, views = self.options["model"], self.options["views"]
        recognizer = recognizer_of(
            model if views is None else load(model, views),
            quiet=self.quiet,
            detect=self.options["detect"],
            detector=self._detector() if self.options["detect"] else None,
            **limits,
        )
        kind = {"with_frames": self.has_videos, "wide": self.options["wide"]}
        writer = RowWriter(self.layout, recognizer.emotions_, **kind)
        with ExitStack() as stack:
            advance = stack.enter_context(self._progress())
            stream, files = stack.enter_context(self._stream(writer))
            # Closed at once where the writing ends early: their threads must not outlive it.
            records = stack.enter_context(closing(self._records(recognizer, files)))
            if self.annotator:
                records = stack.enter_context(closing(self.annotator.watch(records)))
            writer.write(stream, self._while_read(self.counter.watch(records, advance)))
        self.summary.draw()

    def _while_read(self, records: Iterable[FaceRecord]) -> Iterator[FaceRecord]:
        """Pass records on until nobody takes the rows and there is nothing else to write."""
        for record in records:
            yield record
            if self.out is None and not self.annotator and getattr(sys.stdout, "error", None):
                return

    def _leave_out(self, path: Path) -> None:
        """Count a file that is no picture, unless it is what this run writes."""
        from fernet.faces.video import names_video

        if self.out is None or not real_path(path).name.startswith(self.out.name):
            self.left_out.add(path)
            if self.video_left_out is None and names_video(path):
                self.video_left_out = path

    def _records(
        self, recognizer: EmotionRecognizer, files: Iterable[Any]
    ) -> Generator[FaceRecord, None, None]:
        from fernet.faces.video import names_video

        def is_video(file: Any) -> bool:
            return isinstance(file, Path) and names_video(file)

        for are_videos, some in groupby(files, is_video):
            if not are_videos:
                yield from recognizer.stream(some)
                continue
            for video in some:
                yield from self.summary.watch(self._frames(recognizer, video))
        if self.camera is not None:
            yield from self.summary.watch(self._frames(recognizer, self.camera))

    def _frames(self, recognizer: EmotionRecognizer, source: Path | int) -> Iterator[FaceRecord]:
        from fernet.faces.records import FaceRecord

        settings = {name: self.options[name] for name in ("every", "smooth")}
        try:
            video = recognizer.video(source, **settings)
        except OSError as error:
            if isinstance(source, int):
                raise
            reason = (error.strerror or "").lower() or str(error).removeprefix(f"{source}: ")
            yield FaceRecord(str(source), reason)
            return
        self.videos.append(video)
        # A camera has no other end, and is to lose no row by it.
        is_camera = isinstance(source, int)
        with ended_by_signals(video.end) if is_camera else nullcontext(), closing(video):
            yield from video
        self._lacks_frames |= not is_camera and bool(video.is_cut_off or video.n_lost)

    @contextmanager
    def _stream(self, writer: RowWriter) -> Iterator[tuple[IO[str], Iterable[Any]]]:
        """Open where the rows go; with it comes what is left to be looked at."""
        from fernet._io.files import atomic_writer, is_replaceable
        from fernet.cli.predict.files import pictures

        files = pictures(self.paths, self._leave_out)
        if self.out is None:
            sys.stdout.write(writer.heading())
            yield sys.stdout, files
        # What a camera showed does not come again.
        elif self.camera is not None or self.layout == "table" or not is_replaceable(self.out):
            with atomic_writer(self.out, text=True) as file:
                file.write(writer.heading())
                yield file, files
        else:
            yield from self._resumed(self.out, writer, files)

    def _resumed(
        self, out: Path, writer: RowWriter, files: Iterable[Any]
    ) -> Iterator[tuple[IO[str], Iterable[Any]]]:
        from fernet._io.files import naming_no_room
        from fernet.cli.predict.out import ResumableFile

        target = ResumableFile(out, self.layout, self._settings(), writer.heading())
        stream = target.open()
        if not self.quiet:
            for path in target.of_other_runs():
                shown = click.format_filename(path)
                click.echo(f"Note: {shown} is an unfinished run with other options.", err=True)
        try:
            with naming_no_room(out):
                rest = target.skip_done(files, start_over=not self.options["resume"])
                self.n_resumed = target.n_resumed
                yield stream, rest
                target.finish()
        except BaseException:
            target.close()
            if not self.quiet:
                how = ", with a video from its beginning" if self.has_videos else ""
                click.echo(f"Unfinished: {target.partial}; the same command goes on{how}", err=True)
            raise

    def _detector(self) -> Any:
        from fernet.faces import FaceDetector

        usual, given = FaceDetector(), self.options["min_score"]
        return FaceDetector(
            min_score=usual.min_score if given is None else min(usual.min_score, given),
            small_faces=self.options["small_faces"] or usual.small_faces,
            quarter_turns=self.options["turned_faces"] or usual.quarter_turns,
        )

    def _settings(self) -> list[Any]:
        """Return all that the rows depend on, for the name of an unfinished file."""
        import hashlib

        from fernet._io.model_files import installed_versions
        from fernet.pretrained import model_file

        model = model_file(self.options["model"])
        # A pipe can't be read twice: its model is like no other.
        raw = model.read_bytes() if model.is_file() else os.urandom(8)
        digest = hashlib.sha256(raw).hexdigest()
        annotate = self.options["annotate"]
        versions = installed_versions()["fernet-emotion"]
        names = ("views", "detect", "small_faces", "turned_faces", *_LIMITS, "every", "smooth")
        return [digest, *map(self.options.get, names), self.has_videos, str(annotate), versions]

    def _progress(self) -> Any:
        """Return a context that gives a function to call after each file."""
        from fernet._io.terminals import is_terminal
        from fernet.cli.output import stderr_console
        from fernet.cli.predict.files import pictures

        on_screen = self.out is None and self.layout == "table"
        if self.quiet or on_screen or self.has_videos or not is_terminal(sys.stderr):
            return nullcontext(lambda: None)
        from fernet.cli.progress import counting_bar

        n_files = sum(1 for _ in pictures(self.paths))
        return counting_bar(stderr_console(), "predicting", n_files)

    def remarks(self) -> list[str]:
        """Say how it went, in a line for all and one for each video."""
        lines = [f"{video.file}: {video.remark()}" for video in self.videos]
        lines += self.summary.remarks()
        line = self.counter.remark()
        if self.n_resumed:
            line += f", after {self.n_resumed} of an earlier run"
        if self.out is not None:
            line += f", written to {self.out}"
        lines += [line, *filter(None, [self.left_out.remark()])]
        if self.video_left_out is not None:
            some = f"{quote(str(self.video_left_out.parent))}/*{self.video_left_out.suffix}"
            lines.append(f"Folders are not searched for videos; name these: fernet predict {some}")
        return lines
