"""Progress bars on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["counting_bar"]
__dir__ = __all__.copy


@contextmanager
def counting_bar(console: Console, title: str, total: int) -> Iterator[Callable[[], object]]:
    """Show a bar that moves a step each time the function given is called."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    bar = BarColumn(bar_width=min(max(console.width // 4, 4), 40))
    columns = (TextColumn(title), bar, MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(title, total=total)
        yield lambda: progress.advance(task)
