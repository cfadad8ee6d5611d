"""Muon: momentum whose steps turn all directions of a weight matrix alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fernet._engine.buffers import aligned_zeros
from fernet._kernels.protocol import Kernels
from fernet._training.optimizers import Matrix, Optimizer

# Of the polynomial whose powers bring singular values near 1: Jordan et al., 2024.
_A, _B, _C = 3.4445, -4.7750, 2.0315
_ITERATIONS = 5


class Muon(Optimizer):
    """Momentum, orthogonalised by Newton and Schulz's iteration, for weights that are matrices.

    ``v = momentum * v + g``, then ``W -= learning_rate * s * O(v)``, where ``O`` makes all singular
    values of a matrix about 1 and ``s`` is ``sqrt(max(1, outputs / inputs))``; with Nesterov's
    momentum ``O(g + momentum * v)``. A convolution's weight is a matrix of its outputs' columns.
    What is no matrix is changed as by `SGD`. Weight decay shrinks weights by
    ``learning_rate * weight_decay`` in each step, and is no part of the loss.

    Parameters
    ----------
    momentum : float, default=0.95
        At least 0 and below 1.
    nesterov : bool, default=True
        Whether to look ahead along the velocity.
    weight_decay : float, default=0.0
        Share of the weights, for each unit of the learning rate, that a step takes away.
    kernels : module, default=None
        None takes the compiled kernels.

    References
    ----------
    Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024,
    https://kellerjordan.github.io/posts/muon.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._training.muon import Muon
    >>> from fernet._training.optimizers import Matrix
    >>> params, optimizer = np.zeros(16, np.float32), Muon()
    >>> optimizer.start(params, [Matrix(slice(0, 16), 4, 4)])
    >>> optimizer.update(params, np.eye(4, dtype=np.float32).ravel(), 1.0, n_decayed=16)
    0.0
    >>> bool((params.reshape(4, 4) == -abs(params[0]) * np.eye(4)).all())
    True
    """

    state_names = ("velocity",)
    wants_all_gradients: ClassVar[bool] = True
    velocity: NDArray

    def __init__(
        self,
        momentum: float = 0.95,
        *,
        nesterov: bool = True,
        weight_decay: float = 0.0,
        kernels: Kernels | None = None,
    ) -> None:
        super().__init__(weight_decay, kernels)
        self.momentum = float(momentum)
        self.nesterov = bool(nesterov)
        self._matrices: list[Matrix] = []
        self._rest: list[slice] = []
        self._rooms: dict[tuple[int, int], _Room] = {}

    def start(self, params: NDArray, matrices: Sequence[Matrix] = ()) -> None:
        super().start(params, matrices)
        self._matrices = sorted(matrices, key=lambda matrix: matrix.part.start)
        self._rest = _between([matrix.part for matrix in self._matrices], params.size)
        self._rooms = {}

    def update(
        self, params: NDArray, grads: NDArray, learning_rate: float, n_decayed: int
    ) -> float:
        self.n_steps += 1
        for part in self._rest:
            self.kernels.sgd_update(
                params[part],
                grads[part],
                self.velocity[part],
                learning_rate=learning_rate,
                momentum=self.momentum,
                weight_decay=0.0,
                n_decayed=0,
                nesterov=self.nesterov,
            )
        for matrix in self._matrices:
            self._update_matrix(matrix, params, grads, learning_rate)
        return 0.0

    def _update_matrix(
        self, matrix: Matrix, params: NDArray, grads: NDArray, learning_rate: float
    ) -> None:
        part = matrix.part
        velocity, gradient, weight = self.velocity[part], grads[part], params[part]
        velocity *= self.momentum
        velocity += gradient
        ahead = gradient + self.momentum * velocity if self.nesterov else velocity
        turned = self._orthogonalise(ahead.reshape(matrix.rows, matrix.columns))
        if self.weight_decay:
            weight *= 1 - learning_rate * self.weight_decay
        scale = math.sqrt(max(1.0, matrix.columns / matrix.rows))
        weight -= learning_rate * scale * turned.ravel()

    def _orthogonalise(self, matrix: NDArray) -> NDArray:
        """Return a matrix of the same singular vectors, whose singular values are about 1."""
        if matrix.shape[0] < matrix.shape[1]:
            return self._orthogonalise(np.ascontiguousarray(matrix.T)).T
        room = self._rooms.get(matrix.shape)
        if room is None:
            room = self._rooms[matrix.shape] = _Room.make(matrix)
        np.copyto(room.x, matrix)
        norm = math.sqrt(self.kernels.sum_of_squares(room.x.reshape(-1)))
        if norm == 0:
            return room.x
        self.kernels.scale_inplace(room.x.reshape(-1), 1 / norm)
        self.kernels.linear_backward_params(room.x, room.x, room.gram, None)
        self.kernels.linear_forward(room.x, self._iterate(room), None, room.y)
        return room.y

    def _iterate(self, room: _Room) -> NDArray:
        """Return the matrix that brings the singular values of ``x`` near 1 from its ``x'x``.

        An iteration takes ``x`` to ``x p``, where ``p = a + b A + c A A`` and ``A = x'x``, and so
        ``A`` to ``A p p``. All of them are polynomials of the first ``A`` and commute. So only the
        product of the ``p`` is needed: small matrices, while ``x`` may be nine times as high as
        wide, in two products instead of ten.
        """
        multiply = self.kernels.linear_forward
        gram, p, spare, total = room.gram, room.p, room.spare, room.total
        for i in range(_ITERATIONS):
            multiply(gram, gram, None, p)
            np.multiply(p, _C, out=p)
            np.multiply(gram, _B, out=spare)
            np.add(p, spare, out=p)
            p.flat[:: len(p) + 1] += _A
            if i == 0:
                np.copyto(total, p)
            else:
                multiply(total, p, None, spare)
                total, spare = spare, total
            if i < _ITERATIONS - 1:
                multiply(gram, p, None, spare)
                multiply(spare, p, None, gram)
        return total

    def settings(self) -> tuple[object, ...]:
        return (self.kernels, self.weight_decay, self.momentum, self.nesterov, id(self.velocity))

    def __getstate__(self) -> dict[str, Any]:
        return super().__getstate__() | {"_rooms": {}}


class _Room(NamedTuple):
    """Work space for matrices of one shape."""

    x: NDArray
    y: NDArray
    gram: NDArray
    p: NDArray
    spare: NDArray
    total: NDArray

    @classmethod
    def make(cls, matrix: NDArray) -> _Room:
        (rows, columns), dtype = matrix.shape, matrix.dtype
        shapes = 2 * ((rows, columns),) + 4 * ((columns, columns),)
        return cls(*(aligned_zeros(a * b, dtype).reshape(a, b) for a, b in shapes))


def _between(parts: Sequence[slice], size: int) -> list[slice]:
    """The stretches before, between and behind some others."""
    ends = [0, *(part.stop for part in parts)]
    starts = [*(part.start for part in parts), size]
    return [slice(a, b) for a, b in zip(ends, starts, strict=True) if a < b]
