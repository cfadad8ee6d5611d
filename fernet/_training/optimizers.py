"""Optimizers: stochastic gradient descent with momentum, and Adam.

A step is one call over all parameters, which lie in one flat array, or a call for each part of
them as its gradient becomes known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple

from numpy.typing import NDArray

from fernet import _kernels
from fernet._engine.buffers import aligned_zeros
from fernet._kernels.protocol import Kernels


class Matrix(NamedTuple):
    """A weight that is a matrix.

    Attributes
    ----------
    part : slice
        Where in the flat parameters it is.
    rows, columns : int
        Inputs, of a convolution all those of an output's window, and outputs.
    """

    part: slice
    rows: int
    columns: int


class Optimizer:
    """Base of all optimizers: flat state arrays and an `update`.

    Attributes
    ----------
    state_names : tuple of str
        Attributes that hold state of the parameters' shape; a checkpoint keeps them.
    wants_all_gradients : bool
        Whether it has no `update_part` and no `update_linear`.
    update_kernel, linear_kernel : str
        Kernels that update flat parameters, and those of a linear layer by its factors.
    """

    state_names: ClassVar[tuple[str, ...]] = ()
    wants_all_gradients: ClassVar[bool] = False
    update_kernel: ClassVar[str]
    linear_kernel: ClassVar[str]
    weight_decay: float

    def __init__(self, weight_decay: float, kernels: Kernels | None) -> None:
        self.weight_decay = float(weight_decay)
        self.kernels = _kernels if kernels is None else kernels
        self.n_steps = 0

    def start(self, params: NDArray, matrices: Sequence[Matrix] = ()) -> None:
        """Allocate the state for these parameters, all 0, and count steps from 0.

        Parameters
        ----------
        params : ndarray of shape (n_flat,)
            The parameters that `update` will be given.
        matrices : sequence of Matrix, default=()
            Those of them that are matrices; not all optimizers care.
        """
        self.n_steps = 0
        for name in self.state_names:
            setattr(self, name, aligned_zeros(params.size, params.dtype))

    def update(
        self, params: NDArray, grads: NDArray, learning_rate: float, n_decayed: int
    ) -> float:
        """Change the parameters by one step.

        Parameters
        ----------
        params : ndarray of shape (n_flat,)
            Changed in place.
        grads : ndarray of shape (n_flat,)
            Gradient of the loss, without the L2 term.
        learning_rate : float
            Size of the step.
        n_decayed : int
            How many of the first parameters carry weight decay.

        Returns
        -------
        float
            The L2 term of the loss before the step, ``0.5 * weight_decay * ||W||^2`` over the
            weights and not the biases; not divided by the batch size, as in the report. The
            update reads the weights anyway, so it costs nothing to return.
        """
        self.n_steps += 1
        return self.l2_term(self.update_part(params, grads, 0, learning_rate, n_decayed))

    def l2_term(self, squares: float) -> float:
        """Return the L2 term of the loss.

        Parameters
        ----------
        squares : float
            Sum of squares of the parameters that carry weight decay.

        Returns
        -------
        float
        """
        return 0.5 * self.weight_decay * squares

    def update_part(
        self, params: NDArray, grads: NDArray, start: int, learning_rate: float, n_decayed: int
    ) -> float:
        """Change some of the parameters, of which `n_decayed` carry weight decay; count no step.

        Parameters
        ----------
        params, grads : ndarray of shape (n_part,)
            Consecutive parameters, and the gradient to them.
        start : int
            Where in the flat array the first of them is.
        learning_rate, n_decayed
            As for `update`.

        Returns
        -------
        float
            The decayed ones' sum of squares before the step.
        """
        squares: float = getattr(self.kernels, self.update_kernel)(
            params,
            grads,
            *self._state_of(start, params.size),
            n_decayed=n_decayed,
            **self._hyperparameters(learning_rate),
        )
        return squares

    def update_linear(
        self,
        params: NDArray,
        x: NDArray,
        dy: NDArray,
        *,
        weight_start: int,
        bias_start: int,
        learning_rate: float,
    ) -> float:
        """Change a linear layer's parameters, without memory for their gradients; count no step.

        Parameters
        ----------
        params : ndarray of shape (n_flat,)
            All parameters.
        x : ndarray of shape (N, n_inputs)
            The layer's input.
        dy : ndarray of shape (N, n_outputs)
            The gradient to its output.
        weight_start, bias_start : int
            Where the layer's weight begins in `params`, which decays, and its bias behind it,
            which does not; -1 where there is no bias.
        learning_rate : float
            Size of the step.

        Returns
        -------
        float
            The weight's sum of squares before the step; 0 without weight decay.
        """
        squares: float = getattr(self.kernels, self.linear_kernel)(
            x,
            dy,
            params,
            *self._state_of(0, params.size),
            weight_start=weight_start,
            bias_start=bias_start,
            **self._hyperparameters(learning_rate),
        )
        return squares

    def kernel_rate(self, learning_rate: float) -> float:
        """Return the argument `learning_rate` of the kernels' C in the step under way.

        Parameters
        ----------
        learning_rate : float
            Size of the step.

        Returns
        -------
        float
            That size, unless the kernels correct it by the number of steps.
        """
        return learning_rate

    def settings(self) -> tuple[object, ...]:
        """Return all that an update depends on besides its arguments and the number of steps.

        It is asked in each step, so it names its attributes rather than look for them.

        Returns
        -------
        tuple of object
            Numbers, kernels, and which the state's arrays are.
        """
        raise NotImplementedError

    def _hyperparameters(self, learning_rate: float) -> dict[str, Any]:
        """Return the rates and factors that both kernels take, as keyword arguments."""
        raise NotImplementedError

    def _state_of(self, start: int, size: int) -> list[NDArray]:
        return [getattr(self, name)[start : start + size] for name in self.state_names]

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "kernels"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, kernels=_kernels)
        for name in self.state_names:
            if name in state:
                aligned = aligned_zeros(state[name].size, state[name].dtype)
                aligned[...] = state[name]
                setattr(self, name, aligned)


class SGD(Optimizer):
    """Stochastic gradient descent with momentum.

    ``v = momentum * v - learning_rate * g``, then ``p += v``; with Nesterov's momentum
    ``p += momentum * v - learning_rate * g``. Weight decay is part of ``g``.

    Parameters
    ----------
    momentum : float, default=0.9
        At least 0 and below 1.
    nesterov : bool, default=False
        Whether to look ahead along the velocity.
    weight_decay : float, default=0.0
        Factor of the L2 term.
    kernels : module, default=None
        None takes the compiled kernels.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._training.optimizers import SGD
    >>> params, grads = np.ones(16, np.float32), np.full(16, 2, np.float32)
    >>> optimizer = SGD(momentum=0.9)
    >>> optimizer.start(params)
    >>> penalty = optimizer.update(params, grads, 0.25, n_decayed=16)
    >>> float(params[0])
    0.5
    """

    state_names = ("velocity",)
    update_kernel, linear_kernel = "sgd_update", "linear_backward_sgd"
    velocity: NDArray

    def __init__(
        self,
        momentum: float = 0.9,
        *,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        kernels: Kernels | None = None,
    ) -> None:
        super().__init__(weight_decay, kernels)
        self.momentum = float(momentum)
        self.nesterov = bool(nesterov)

    def settings(self) -> tuple[object, ...]:
        return (self.kernels, self.weight_decay, self.momentum, self.nesterov, id(self.velocity))

    def _hyperparameters(self, learning_rate: float) -> dict[str, Any]:
        return {
            "learning_rate": learning_rate,
            "momentum": self.momentum,
            "weight_decay": self.weight_decay,
            "nesterov": self.nesterov,
        }


class Adam(Optimizer):
    """Adam: steps scaled by running means of the gradient and of its square.

    Weight decay is part of the gradient (L2), as for `SGD`.

    Parameters
    ----------
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay of the two running means, at least 0 and below 1.
    epsilon : float, default=1e-8
        Added to the root of the second mean before its bias is corrected, as scikit-learn and
        Keras add it.
    weight_decay : float, default=0.0
        Factor of the L2 term.
    kernels : module, default=None
        None takes the compiled kernels.

    References
    ----------
    Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, Algorithm 1, in
    the order of computation that the end of its section 2 gives.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet._training.optimizers import Adam
    >>> params, grads = np.ones(16, np.float32), np.full(16, 2, np.float32)
    >>> optimizer = Adam()
    >>> optimizer.start(params)
    >>> penalty = optimizer.update(params, grads, 0.25, n_decayed=16)
    >>> round(float(params[0]), 4)
    0.75
    """

    state_names = ("first_moment", "second_moment")
    update_kernel, linear_kernel = "adam_update", "linear_backward_adam"
    first_moment: NDArray
    second_moment: NDArray

    def __init__(
        self,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        *,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
        kernels: Kernels | None = None,
    ) -> None:
        super().__init__(weight_decay, kernels)
        self.beta_1, self.beta_2 = float(beta_1), float(beta_2)
        self.epsilon = float(epsilon)

    def kernel_rate(self, learning_rate: float) -> float:
        # As the wrapper of the kernels has it, to the bit.
        correction = math.sqrt(1 - math.pow(self.beta_2, self.n_steps))
        return learning_rate * correction / (1 - math.pow(self.beta_1, self.n_steps))

    def settings(self) -> tuple[object, ...]:
        return (
            self.kernels,
            self.weight_decay,
            self.beta_1,
            self.beta_2,
            self.epsilon,
            id(self.first_moment),
            id(self.second_moment),
        )

    def _hyperparameters(self, learning_rate: float) -> dict[str, Any]:
        return {
            "step": self.n_steps,
            "learning_rate": learning_rate,
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            "weight_decay": self.weight_decay,
        }
