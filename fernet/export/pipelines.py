"""Our estimators inside scikit-learn's pipelines, for skl2onnx to convert."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.multiclass import OneVsOneClassifier

from fernet.estimators import FERCNNClassifier, FERMLPClassifier
from fernet.export.graph import OPSET, OnnxGraph, estimator_graph, features_graph
from fernet.export.imports import import_skl2onnx
from fernet.export.parts import Features, made_ready

__all__ = ["convert_pipeline", "register_skl2onnx"]
__dir__ = __all__.copy

_OPTIONS = {
    "nocl": [False],
    "output_class_labels": [False, True],
    "raw_scores": [False, True],
    "zipmap": [True, False, "columns"],
}


def register_skl2onnx() -> None:
    """Teach skl2onnx to convert fernet's estimators, alone or in a pipeline.

    Call it once before `skl2onnx.to_onnx` or `skl2onnx.convert_sklearn`; to call it again does no
    harm. `fernet.export.to_onnx` calls it itself. The estimators take rows of numbers of any type
    and have skl2onnx's options for classifiers, ``zipmap``, ``output_class_labels`` and
    ``raw_scores``: what `decision_function` gives, of two classes that of each. In a pipeline they
    are its last step; `to_onnx` converts others as well.

    Raises
    ------
    ImportError
        If skl2onnx is not installed.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import MinMaxScaler
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet.export import register_skl2onnx
    >>> X, y = make_faces(100, random_state=0, return_X_y=True)
    >>> model = make_pipeline(MinMaxScaler(), FERMLPClassifier((8,), max_iter=1)).fit(X, y)
    >>> register_skl2onnx()  # doctest: +SKIP
    >>> import skl2onnx  # doctest: +SKIP
    >>> proto = skl2onnx.to_onnx(model, X[:1].astype("float32"))  # doctest: +SKIP
    """
    skl2onnx = import_skl2onnx()
    for estimator in (FERMLPClassifier, FERCNNClassifier):
        skl2onnx.update_registered_converter(
            estimator,
            f"Fernet{estimator.__name__}",
            _set_output_types,
            _convert,
            options=_OPTIONS,
        )
    skl2onnx.update_registered_converter(
        Features, "FernetFeatures", _set_features_type, _convert_features
    )


def convert_pipeline(model: Any, input_dtype: str) -> Any:
    """Convert a fitted scikit-learn model by skl2onnx.

    Parameters
    ----------
    model : scikit-learn model
        Fitted.
    input_dtype : {"float32", "uint8"}
        Type of what goes in.

    Returns
    -------
    onnx.ModelProto
        From ``"X"`` to ``"label"`` and ``"probabilities"``.

    Raises
    ------
    ImportError
        If skl2onnx is not installed.
    ValueError
        If probabilities are calibrated, or a label is chosen by them, in a way that skl2onnx writes
        down as another, what it writes can't be computed, or a step takes no such `input_dtype`.
    """
    register_skl2onnx()
    skl2onnx = import_skl2onnx()
    model = made_ready(copy.deepcopy(model))
    options: dict[int, dict[str, bool]] = {id(model): {"zipmap": False}}
    for part in _parts_of(model):
        _check_how_it_decides(part)
    for calibrated in filter(_is_calibrated, _parts_of(model)):
        _check_calibration(calibrated)
        for part in calibrated.calibrated_classifiers_:
            # Of a pipeline's last step skl2onnx does not see that its scores are calibrated.
            options[id(_last_step(part.estimator))] = {"raw_scores": True}
    types = skl2onnx.common.data_types
    tensor = types.UInt8TensorType if input_dtype == "uint8" else types.FloatTensorType
    try:
        return skl2onnx.convert_sklearn(
            model,
            name="fernet",
            initial_types=[("X", tensor([None, model.n_features_in_]))],
            target_opset=OPSET,
            options=options,
        )
    except RuntimeError as error:
        # skl2onnx has a class for it, not in the same module in all versions, and once had none.
        if type(error).__name__ != "InvalidInputTypeException" and "a wrong type" not in str(error):
            raise
        raise ValueError(
            f"input_dtype is {input_dtype!r}, which skl2onnx does not take for this model: "
            f"{error}; expected 'float32', the default of pipelines"
        ) from error


def _parts_of(model: Any) -> Iterator[Any]:
    """Go through a model of models; what is within a calibration is its own matter."""
    yield model
    if _is_calibrated(model):
        return
    within = [step for _, step in getattr(model, "steps", ())]
    within += list(getattr(model, "estimators_", ()))
    if hasattr(model, "best_estimator_"):
        within.append(model.best_estimator_)
    for other in within:
        yield from _parts_of(other)


def _is_calibrated(model: Any) -> bool:
    return isinstance(model, CalibratedClassifierCV)


def _check_how_it_decides(model: Any) -> None:
    """Refuse models of which skl2onnx writes a file of other labels, or one that is not sound."""
    if isinstance(model, FixedThresholdClassifier | TunedThresholdClassifierCV):
        raise ValueError(
            f"{type(model).__name__} has a threshold of its own, and an ONNX file of skl2onnx's "
            "would name the more probable class; convert its estimator_, and go by its "
            "probabilities"
        )
    if isinstance(model, OneVsOneClassifier) and model.classes_.dtype.kind not in "biu":
        raise ValueError(
            f"OneVsOneClassifier has the classes {model.classes_.tolist()}, of which skl2onnx "
            "writes a file that can't be computed; expected whole numbers"
        )


def _check_calibration(calibrated: CalibratedClassifierCV) -> None:
    if calibrated.method != "sigmoid":
        raise ValueError(
            f"CalibratedClassifierCV has method={calibrated.method!r}, which an ONNX file of "
            "skl2onnx's would compute otherwise; expected method='sigmoid', or the network's own "
            "calibrate"
        )


def _last_step(model: Any) -> Any:
    while hasattr(model, "steps"):
        model = model.steps[-1][1]
    return model


def _set_output_types(operator: Any) -> None:
    """Tell skl2onnx what comes out; it calls this before it converts."""
    types = import_skl2onnx().common.data_types
    n_rows = operator.inputs[0].get_first_dimension()
    classes = _labels(operator.raw_operator)
    label = types.Int64TensorType if classes.dtype == np.int64 else types.StringTensorType
    operator.outputs[0].set_type(label([n_rows]))
    operator.outputs[1].set_type(types.FloatTensorType([n_rows, len(classes)]))


def _convert(scope: Any, operator: Any, container: Any) -> None:
    """Write an estimator into the graph that skl2onnx makes."""
    model, images = operator.raw_operator, operator.inputs[0].full_name
    label, probabilities = (output.full_name for output in operator.outputs)
    graph = estimator_graph(
        model, images, (model.n_features_in_,), in_logarithms=_wants_scores(model, container)
    )
    if _wants_scores(model, container) and len(model.classes_) == 2:
        ratios = graph.constant("ratios", np.array([[1, -1], [-1, 1]], dtype=np.float32))
        graph.add("MatMul", "log_ratios", graph.output, ratios)
    unique = _write(graph, images, probabilities, scope, container)
    labels, best = unique("labels"), unique("best")
    _add_constant(container, labels, _labels(model))
    container.add_node(
        "ArgMax", probabilities, best, op_version=OPSET, name=best, axis=1, keepdims=0
    )
    container.add_node("Gather", [labels, best], label, op_version=OPSET, name=label, axis=0)


def _set_features_type(operator: Any) -> None:
    types = import_skl2onnx().common.data_types
    n_rows = operator.inputs[0].get_first_dimension()
    n_features = operator.raw_operator.n_features_out
    operator.outputs[0].set_type(types.FloatTensorType([n_rows, n_features]))


def _convert_features(scope: Any, operator: Any, container: Any) -> None:
    images, features = operator.inputs[0].full_name, operator.outputs[0].full_name
    graph = features_graph(operator.raw_operator.model, images)
    _write(graph, images, features, scope, container)


def _write(
    graph: OnnxGraph, images: str, output: str, scope: Any, container: Any
) -> Callable[[str], str]:
    """Write our graph into skl2onnx's, and return what tells the names that it has there."""
    names = {images: images, graph.output: output}

    def unique(name: str) -> str:
        if name not in names:
            names[name] = scope.get_unique_variable_name(name)
        return names[name]

    for name, array in graph.constants.items():
        _add_constant(container, unique(name), array)
    for op in graph.ops:
        inputs = [unique(name) for name in op.inputs]
        container.add_node(
            op.kind,
            inputs,
            unique(op.output),
            op_version=OPSET,
            name=unique(op.output),
            **op.attributes,
        )
    return unique


def _wants_scores(model: Any, container: Any) -> bool:
    """Tell whether a meta-estimator around the model goes by its `decision_function`."""
    return bool(container.get_options(model, {"raw_scores": False})["raw_scores"])


def _labels(model: Any) -> NDArray:
    """Return the classes as labels that ONNX has: int64, or text."""
    classes = model.classes_
    if classes.dtype.kind in "biu":
        return classes.astype(np.int64)
    if all(isinstance(label, str) for label in classes.tolist()):
        return classes.astype(object)
    raise ValueError(
        f"classes are {classes.tolist()}; expected whole numbers or text to convert a pipeline"
    )


def _add_constant(container: Any, name: str, array: NDArray) -> None:
    import onnx

    if array.dtype == object:
        text = [label.encode() for label in array]
        container.add_initializer(name, onnx.TensorProto.STRING, array.shape, text)
    else:
        tensor = onnx.numpy_helper.from_array(array)
        container.add_initializer(name, tensor.data_type, array.shape, tensor)
