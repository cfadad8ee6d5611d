"""The calls of a pass, of which those that are the same each time are made in one go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fernet import _kernels
from fernet._kernels.protocol import Kernels
from fernet._kernels.tape import Tape
from fernet.layers.base import PassContext, is_repeatable

plays_tapes = True
"""Whether programs do so. Who watches each call of a kernel, as a profile does, sets it False."""


class Call(NamedTuple):
    """One operation of a pass: ``function(argument, pass_ctx)``.

    Parameters
    ----------
    time : int
        Its position in the schedule.
    function : callable
        Such as a layer's `forward`.
    argument : object
        Its first argument, such as that layer's `LayerContext`.

    Examples
    --------
    >>> from fernet._engine.program import Call
    >>> Call(3, print, "now").time
    3
    """

    time: int
    function: Callable[[Any, PassContext], None]
    argument: Any


class SteadySink:
    """A gradient sink that asks the same of kernels in each step.

    Attributes
    ----------
    kernels : Kernels
        Which it asks.
    kernel_rate : float
        In each step anew, the argument `learning_rate` of the kernels.
    squares : float
        Grows by what the kernels return, each time.
    """

    kernels: Kernels
    kernel_rate: float
    squares: float

    def settings(self) -> tuple[object, ...]:
        """Return what else the kernels' arguments depend on.

        As long as these are equal, the arguments are the same. Arrays stand as their ``id``: a tape
        keeps its arrays, so that no other can have that.
        """
        raise NotImplementedError

    def take(self, index: int, grads: Mapping[str, NDArray]) -> None:
        """Take gradients, as any `fernet.layers.base.GradientSink`."""
        raise NotImplementedError

    def take_linear(self, index: int, x: NDArray, dy: NDArray) -> None:
        """Take the factors of gradients, as any `fernet.layers.base.GradientSink`."""
        raise NotImplementedError


class Program:
    """The calls of a pass, in order.

    Those that are `fernet.layers.base.repeatable` are made once to write a tape of what they ask of
    kernels; from then on the tape is played. The others are made in each pass, between two tapes.
    A tape is written anew when a pass is of another kind, or the sink has other settings.

    Parameters
    ----------
    calls : sequence of Call
        In order.
    training : bool
        Of passes that may play tapes.
    dtype : dtype
        Of the arrays; tapes are for float32.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet import _kernels
    >>> from fernet._engine.program import Call, Program
    >>> from fernet.layers import PassContext, ReLU
    >>> from fernet.layers.base import LayerContext
    >>> x = np.array([-1, 2], np.float32)
    >>> ctx = LayerContext(ReLU(), 0, {}, {}, {}, x, x)
    >>> program = Program([Call(1, ctx.layer.forward, ctx)], training=False, dtype="float32")
    >>> program.run(PassContext(_kernels))
    >>> x.tolist()
    [0.0, 2.0]
    """

    def __init__(self, calls: Sequence[Call], *, training: bool, dtype: DTypeLike) -> None:
        self.calls = calls
        self._training = training
        self._is_float32 = np.dtype(dtype) == np.float32
        self._joined: Sequence[Call] = calls
        self._made_for: tuple[object, ...] | None = None

    def run(self, pass_ctx: PassContext) -> None:
        """Make all calls."""
        for _, function, argument in self._calls_for(pass_ctx):
            function(argument, pass_ctx)

    def _calls_for(self, pass_ctx: PassContext) -> Sequence[Call]:
        if not self._may_play(pass_ctx):
            return self.calls
        sink = pass_ctx.gradient_sink
        made_for = (sink, *sink.settings()) if isinstance(sink, SteadySink) else ()
        if made_for != self._made_for:
            self._joined, self._made_for = _join(self.calls, pass_ctx), made_for
        return self._joined

    def _may_play(self, pass_ctx: PassContext) -> bool:
        sink = pass_ctx.gradient_sink
        return (
            plays_tapes
            and self._is_float32
            and pass_ctx.kernels is _kernels
            and pass_ctx.training == self._training
            and (sink is None or (isinstance(sink, SteadySink) and sink.kernels is _kernels))
        )


def _join(calls: Sequence[Call], pass_ctx: PassContext) -> list[Call]:
    """Put tapes in the place of calls that can be repeated."""
    joined: list[Call] = []
    for call in calls:
        if not is_repeatable(call.function):
            joined.append(call)
            continue
        if not joined or joined[-1].function is not _play:
            joined.append(Call(call.time, _play, Tape()))
        joined[-1].argument.write(call.function, (call.argument, pass_ctx))
    return joined


def _play(tape: Tape, pass_ctx: PassContext) -> None:
    sink = pass_ctx.gradient_sink
    if isinstance(sink, SteadySink):
        sink.squares = tape.play(pass_ctx.seed, pass_ctx.step, sink.kernel_rate, sink.squares)
    else:
        tape.play(pass_ctx.seed, pass_ctx.step, 0.0, 0.0)
