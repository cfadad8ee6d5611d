"""A fitted estimator in ONNX's operators: from images to probabilities.

Plain data, so that it can be written to a file of its own or into the graph of a pipeline. The
operators mean the same from version 17 of ONNX's set on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from fernet._engine.graph import Node
from fernet._engine.network import Network
from fernet.estimators.embeddings import last_hidden_layer, part_until
from fernet.estimators.images import ImageShape
from fernet.estimators.views import View, axis_matrices, find_views
from fernet.layers import MaxPool2D
from fernet.layers.base import Shape

__all__ = ["FLOAT", "OPSET", "OnnxGraph", "Op", "estimator_graph", "features_graph"]
__dir__ = __all__.copy

OPSET = 17
"""Version of the operators."""

FLOAT = 1
"""ONNX's number for float32."""

_CHANNELS_FIRST, _CHANNELS_LAST = [0, 3, 1, 2], [0, 2, 3, 1]
_ANSWERS = ("predict", "predict_proba", "predict_log_proba", "decision_function", "transform")
_FIRST_INTEGER = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Op:
    """An operator with the names of the tensors that it reads, and of the one that it makes."""

    kind: str
    inputs: tuple[str, ...]
    output: str
    attributes: dict[str, Any]


@dataclass(slots=True)
class OnnxGraph:
    """Operators in the order in which they run, and the arrays that they read.

    Parameters
    ----------
    output : str
        Name of the tensor that comes out: the last operator's, once there is one.

    Examples
    --------
    >>> import numpy as np
    >>> from fernet.export.graph import OnnxGraph
    >>> graph = OnnxGraph()
    >>> graph.add("Add", "sum", "images", graph.constant("one", np.ones(1, np.float32)))
    'sum'
    >>> graph.ops[0].inputs
    ('images', 'one')
    """

    ops: list[Op] = field(default_factory=list)
    constants: dict[str, NDArray] = field(default_factory=dict)
    output: str = ""

    def constant(self, name: str, array: NDArray) -> str:
        """Keep an array under a name, and return the name."""
        self.constants[name] = array
        return name

    def add(self, kind: str, output: str, *inputs: str, **attributes: Any) -> str:
        """Append an operator, and return the name of what it makes."""
        self.ops.append(Op(kind, inputs, output, attributes))
        self.output = output
        return output

    def reshape(self, output: str, x: str, shape: tuple[int, ...]) -> str:
        """Give rows another shape; as many rows as there are."""
        target = self.constant(f"{output}.shape", np.array([-1, *shape], dtype=np.int64))
        return self.add("Reshape", output, x, target)


def estimator_graph(
    model: Any, images: str, row_shape: Shape, *, in_logarithms: bool = False
) -> OnnxGraph:
    """Write down what `predict_proba` does, or `predict_log_proba`.

    Parameters
    ----------
    model : estimator
        Fitted.
    images : str
        Name of the tensor that goes in: rows of numbers of any type.
    row_shape : tuple of int
        Shape of one of its rows.
    in_logarithms : bool, default=False
        Whether the logarithms of the probabilities come out.

    Returns
    -------
    OnnxGraph
        Its output is ``"probabilities"``, or ``"log_probabilities"``, float32 of shape
        (n_samples, n_classes).

    Raises
    ------
    ValueError
        If a layer has no counterpart in ONNX, the model's class overrides a method that predicts,
        or views or mirror images are asked for of what is no image.

    Examples
    --------
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet.export.graph import estimator_graph
    >>> X, y = make_faces(100, random_state=0, return_X_y=True)
    >>> model = FERMLPClassifier((), max_iter=1, random_state=0).fit(X, y)
    >>> [op.kind for op in estimator_graph(model, "images", (2304,)).ops]
    ['Cast', 'Sub', 'Mul', 'Gemm', 'Softmax', 'Max']
    """
    _check_answers(model)
    graph, network = OnnxGraph(), model._check_fitted().network
    x = graph.add("Cast", "pixels", images, to=FLOAT)
    views = find_views(model.average_views)
    n_seen = len(views) * (1 + model.average_flips)
    if model.average_views is not None or model.average_flips:
        image_shape = _image_shape(model)
        row_shape = image_shape
        x = graph.reshape("upright", x, image_shape)
        if model.average_views is not None:
            x = _as_seen(graph, x, views, image_shape)
    if model.average_flips:
        x = _beside_mirror_images(graph, x)
    x = _add_network(graph, network, _scaled(graph, model, x, row_shape, network.input_shape))
    if model.temperature_ == 1 and not in_logarithms:
        each = _softmax(graph, x, "each_probabilities" if n_seen > 1 else "probabilities")
        if n_seen > 1:
            graph.add("Mean", "probabilities", *_parts(graph, each, n_seen, len(model.classes_)))
        return graph
    x = _log_probabilities(graph, x, n_seen, len(model.classes_), "uncalibrated")
    if model.temperature_ != 1:
        divisor = graph.constant("temperature", np.array(model.temperature_, dtype=np.float32))
        x = graph.add("Div", "cooled", x, divisor)
    if in_logarithms:
        graph.add("LogSoftmax", "log_probabilities", x, axis=1)
    else:
        _softmax(graph, x, "probabilities")
    return graph


def features_graph(model: Any, images: str) -> OnnxGraph:
    """Write down what `transform` does.

    Parameters
    ----------
    model : estimator
        Fitted.
    images : str
        Name of the tensor that goes in: rows of numbers of any type.

    Returns
    -------
    OnnxGraph
        Its output is ``"features"``, float32 of shape (n_samples, n_units).

    Raises
    ------
    ValueError
        If there is no hidden layer, a layer has no counterpart in ONNX, or the model's class
        overrides a method that predicts.

    Examples
    --------
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet.export.graph import features_graph
    >>> X, y = make_faces(100, random_state=0, return_X_y=True)
    >>> model = FERMLPClassifier((8,), max_iter=1, random_state=0).fit(X, y)
    >>> [op.kind for op in features_graph(model, "images").ops]
    ['Cast', 'Sub', 'Mul', 'Gemm', 'Relu', 'Identity']
    """
    _check_answers(model)
    graph, whole = OnnxGraph(), model._check_fitted().network
    network = part_until(whole, last_hidden_layer(whole))
    x = graph.add("Cast", "pixels", images, to=FLOAT)
    x = _scaled(graph, model, x, (model.n_features_in_,), network.input_shape)
    x = _add_network(graph, network, x)
    if len(network.output_shape) == 1:
        graph.add("Identity", "features", x)
        return graph
    x = graph.add("Transpose", "features.channels_last", x, perm=_CHANNELS_LAST)
    graph.reshape("features", x, (int(np.prod(network.output_shape)),))
    return graph


def _check_answers(model: Any) -> None:
    """Refuse a model whose class answers otherwise than its network does."""
    for name in _ANSWERS:
        owner = next(cls for cls in type(model).__mro__ if name in vars(cls))
        if owner.__module__.partition(".")[0] not in ("fernet", "sklearn"):
            raise ValueError(
                f"model is a {type(model).__name__}, which overrides {name}; an ONNX file holds "
                "what fernet's classes predict"
            )


def _scaled(graph: OnnxGraph, model: Any, x: str, row_shape: Shape, input_shape: Shape) -> str:
    """Bring rows to the shape that the network takes, and to its scale."""
    if row_shape != input_shape:
        x = graph.reshape("inputs", x, input_shape)
    for kind, name, array in (
        ("Sub", "offset", model.scaling_.offset_),
        ("Mul", "scale", model.scaling_.scale_),
    ):
        if array is not None:
            constant = graph.constant(f"scaling.{name}", array.reshape(input_shape))
            x = graph.add(kind, f"scaling_{name}", x, constant)
    return x


def _softmax(graph: OnnxGraph, logits: str, output: str) -> str:
    """Append a softmax of which nothing is 0, as `predict_proba` has it."""
    x = graph.add("Softmax", f"{output}.softmax", logits, axis=1)
    tiny = graph.constant("tiny", np.array(np.finfo(np.float32).tiny))
    return graph.add("Max", output, x, tiny)


def _log_probabilities(
    graph: OnnxGraph, logits: str, n_seen: int, n_classes: int, output: str
) -> str:
    """Append the logarithms of the mean probabilities, exact where these vanish in float32."""
    if n_seen == 1:
        return graph.add("LogSoftmax", output, logits, axis=1)
    each = graph.add("LogSoftmax", "each_logarithms", logits, axis=1)
    parts = _parts(graph, each, n_seen, n_classes)
    largest = graph.add("Max", "largest", *parts)
    shares = []
    for number, part in enumerate(parts):
        below = graph.add("Sub", f"below_largest_{number}", part, largest)
        shares.append(graph.add("Exp", f"share_of_largest_{number}", below))
    mean = graph.add("Mean", "mean_share", *shares)
    return graph.add("Add", output, graph.add("Log", "log_mean_share", mean), largest)


def _image_shape(model: Any) -> ImageShape:
    if model.image_shape_ is None:
        name = "average_views" if model.average_views is not None else "average_flips"
        raise ValueError(
            f"{name} is {getattr(model, name)!r}, but the model was fitted on rows, not on images"
        )
    shape: ImageShape = model.image_shape_
    return shape


def _as_seen(graph: OnnxGraph, x: str, views: tuple[View, ...], image_shape: ImageShape) -> str:
    """Put what each view shows behind that of the one before: so many times as many rows."""
    height, width, channels = image_shape
    matrices = [axis_matrices(view, image_shape) for view in views]
    rows = np.stack([rows for rows, _ in matrices])[:, None, None]
    columns = np.stack([columns.T for _, columns in matrices])[:, None, None]
    x = graph.add("Transpose", "planes", x, perm=_CHANNELS_FIRST)
    shape = np.array([1, -1, channels, height, width], dtype=np.int64)
    x = graph.add("Reshape", "planes_once", x, graph.constant("planes_once.shape", shape))
    x = graph.add("MatMul", "seen_rows", graph.constant("views.rows", rows), x)
    x = graph.add("MatMul", "seen_planes", x, graph.constant("views.columns", columns))
    x = graph.reshape("seen_one_by_one", x, (channels, height, width))
    return graph.add("Transpose", "seen", x, perm=_CHANNELS_LAST)


def _beside_mirror_images(graph: OnnxGraph, x: str) -> str:
    """Put the mirror images behind the images: twice as many rows."""
    bounds = {"starts": -1, "ends": _FIRST_INTEGER, "axes": 2, "steps": -1}
    names = [
        graph.constant(f"mirror.{name}", np.array([value], dtype=np.int64))
        for name, value in bounds.items()
    ]
    mirrored = graph.add("Slice", "mirrored", x, *names)
    return graph.add("Concat", "both", x, mirrored, axis=0)


def _parts(graph: OnnxGraph, x: str, n_seen: int, n_classes: int) -> list[str]:
    """Part what was seen of each image: one part of the rows behind the other."""
    parts = graph.constant("parts", np.array([n_seen, -1, n_classes], dtype=np.int64))
    x = graph.add("Reshape", "by_part", x, parts)
    return [
        graph.add("Gather", name, x, graph.constant(f"{name}.index", np.array(index)), axis=0)
        for index, name in enumerate(f"of_part_{number}" for number in range(n_seen))
    ]


def _add_network(graph: OnnxGraph, network: Network, x: str) -> str:
    """Append a network's nodes. Between them images are channels-first, as ONNX has them."""
    if len(network.input_shape) == 3:
        x = graph.add("Transpose", "channels_first", x, perm=_CHANNELS_FIRST)
    tensors = {0: x}
    for index, node in enumerate(network.nodes):
        make = _MAKERS.get(node.layer.kind)
        if make is None:
            known = ", ".join(sorted(_MAKERS))
            raise ValueError(f"layer {node.layer!r} has no ONNX counterpart; expected: {known}")
        parts = network.node_params[index] | network.node_state[index]
        at = _At(graph, node, parts, network.shapes[node.inputs[0]])
        tensors[node.output] = make(at, *(tensors[number] for number in node.inputs))
    return tensors[network.nodes[-1].output]


@dataclass(slots=True)
class _At:
    """A node to be translated: its parameters, and the shape of a row that it reads."""

    graph: OnnxGraph
    node: Node
    parts: dict[str, NDArray]
    row_shape: Shape

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        return self.graph.add(kind, self.node.name, *inputs, **attributes)

    def part(self, name: str, array: NDArray | None = None) -> str:
        array = self.parts[name] if array is None else array
        return self.graph.constant(f"{self.node.name}.{name}", np.ascontiguousarray(array))


def _conv2d(at: _At, x: str) -> str:
    layer: Any = at.node.layer
    inputs = [x, at.part("weight", at.parts["weight"].transpose(3, 2, 0, 1))]
    if layer.use_bias:
        inputs.append(at.part("bias"))
    return at.add(
        "Conv",
        *inputs,
        kernel_shape=list(layer.kernel_size),
        strides=list(layer.stride),
        pads=[*layer.zeros, *layer.zeros],
    )


def _linear(at: _At, x: str) -> str:
    layer: Any = at.node.layer
    biases = [at.part("bias")] if layer.use_bias else []
    return at.add("Gemm", x, at.part("weight"), *biases)


def _batch_norm(at: _At, x: str) -> str:
    layer: Any = at.node.layer
    names = ("gamma", "beta", "running_mean", "running_var")
    return at.add("BatchNormalization", x, *map(at.part, names), epsilon=layer.eps)


def _max_pool(at: _At, x: str) -> str:
    size = list(cast(MaxPool2D, at.node.layer).size)
    return at.add("MaxPool", x, kernel_shape=size, strides=size)


def _flatten(at: _At, x: str) -> str:
    if len(at.row_shape) == 1:
        return x
    name = at.node.name
    x = at.graph.add("Transpose", f"{name}.channels_last", x, perm=_CHANNELS_LAST)
    return at.graph.reshape(name, x, (int(np.prod(at.row_shape)),))


def _global_avg_pool(at: _At, x: str) -> str:
    name = at.node.name
    x = at.graph.add("GlobalAveragePool", f"{name}.images", x)
    return at.graph.reshape(name, x, at.row_shape[2:])


_MAKERS: dict[str, Callable[..., str]] = {
    "add": lambda at, a, b: at.add("Add", a, b),
    "batch_norm": _batch_norm,
    "conv2d": _conv2d,
    "dropout": lambda at, x: x,
    "flatten": _flatten,
    "global_avg_pool2d": _global_avg_pool,
    "linear": _linear,
    "max_pool2d": _max_pool,
    "relu": lambda at, x: at.add("Relu", x),
}
