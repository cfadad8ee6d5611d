"""What a training begins with that goes on from an earlier one."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

from fernet._engine.graph import Graph
from fernet._engine.network import Network
from fernet._io.callers import levels_to_caller
from fernet._training.scaling import PixelScaling
from fernet.estimators.fitted_state import FittedState
from fernet.estimators.labels import plain
from fernet.estimators.parameters import SIZES, NetworkParameters
from fernet.layers import Linear
from fernet.layers.base import Shape

__all__ = ["network_to_train"]
__dir__ = __all__.copy


def network_to_train(estimator: NetworkParameters, fitted: FittedState) -> Network:
    """Return the network that the parameters ask for, with the weights that are fitted.

    Parameters
    ----------
    estimator : NetworkParameters
        Whose parameters count; some may be others than the fitted network was made with, such as
        `dropout`.
    fitted : FittedState
        Unchanged.

    Returns
    -------
    Network
        A copy. Its last layer is that of the fitted network, whose classes may have been edited.

    Raises
    ------
    ValueError
        If the parameters ask for layers that these weights are not of.

    Warns
    -----
    UserWarning
        If they ask for another scaling of the pixels than these weights have learnt with.
    """
    _warn_of_other_scaling(estimator, fitted.scaling)
    present = fitted.network
    layers = estimator._layers(len(fitted.classes), present.input_shape)
    if isinstance(layers[-1], Linear) and isinstance(present.layers[-1], Linear):
        layers = [*layers[:-1], present.layers[-1]]
    # A class of one's own may be another by now under the same configuration.
    all_known = all(layer.comes_with_fernet() for layer in layers)
    if all_known and [layer.config() for layer in layers] == present.config():
        return present.copy()
    _check_shapes(estimator, Graph(layers, present.input_shape), present.graph)
    network = Network(layers, present.input_shape, dtype=present.dtype, kernels=present.kernels)
    network.load_parameters(dict(present.named_parameters() + present.named_state()))
    return network


def _warn_of_other_scaling(estimator: NetworkParameters, learnt: PixelScaling) -> None:
    if estimator.scaling is None and learnt.scaling is None:
        return
    for name in ("scaling", "scaled_std"):
        asked, there = getattr(estimator, name), getattr(learnt, name)
        if asked != there:
            warnings.warn(
                f"{name} is {plain(asked)!r}, but this training goes on from weights that learnt "
                f"with {there!r}, and that scaling stays; expected {name}={there!r}, or a fit from "
                "the beginning",
                UserWarning,
                stacklevel=levels_to_caller(),
            )


def _check_shapes(estimator: NetworkParameters, asked: Graph, present: Graph) -> None:
    wanted, there = dict(_shapes(asked)), dict(_shapes(present))
    for name in {**there, **wanted}:
        if wanted.get(name) != there.get(name):
            given = [f"{size}={plain(getattr(estimator, size))!r}" for size in SIZES
                     if hasattr(estimator, size)]  # fmt: skip
            raise ValueError(
                f"{', '.join(given)} makes a network with {_words(name, wanted.get(name))}, but "
                f"the present one, which this training goes on from, has "
                f"{_words(name, there.get(name))}; expected the parameters that it was made with, "
                "or a first fit"
            )


def _shapes(graph: Graph) -> Iterator[tuple[str, Shape]]:
    """Name the shape of each array of a network, which need not be there."""
    for node in graph.nodes:
        shape = graph.shapes[node.inputs[0]]
        layer = node.layer
        parts = {
            **layer.decayed_shapes(shape),
            **layer.undecayed_shapes(shape),
            **layer.state_shapes(shape),
        }
        for part, size in parts.items():
            yield f"{node.name}.{part}", size


def _words(name: str, shape: Shape | None) -> str:
    return f"no {name}" if shape is None else f"{name} of shape {shape}"
