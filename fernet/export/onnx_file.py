"""A model as an ONNX file."""

from __future__ import annotations

import json
import os
from typing import Any

from sklearn.utils.validation import check_is_fitted

from fernet._io.files import atomic_writer
from fernet._training.input_range import BYTES, InputRange
from fernet.emotions import class_names
from fernet.estimators.base import BaseFERClassifier
from fernet.export.graph import OPSET, estimator_graph
from fernet.export.imports import import_onnx
from fernet.export.pipelines import convert_pipeline
from fernet.layers.base import Shape

__all__ = ["to_onnx"]
__dir__ = __all__.copy

_INPUT_DTYPES = ("auto", "uint8", "float32")
_INPUT_FORMS = ("rows", "images")

_IR_VERSION = 8
"""The file format's version that came with `OPSET`: what reads the one reads the other."""


def to_onnx(
    model: Any,
    path: str | os.PathLike[str],
    *,
    input_dtype: str = "auto",
    input_form: str = "rows",
) -> None:
    """Write a fitted model to an ONNX file: images go in, probabilities come out.

    The file holds all that `predict_proba` does: scaling of pixels, the views of `average_views`
    and the mirror images of `average_flips`, softmax, the temperature of `calibrate`. It needs no
    other file beside it, takes any number of images at a time, and is made of operators of ONNX's
    set 17 for any ONNX runtime. The same model gives the same bytes.

    Parameters
    ----------
    model : FERMLPClassifier, FERCNNClassifier or scikit-learn model
        Fitted. A `Pipeline`, or any other scikit-learn model with one of ours in it, is converted
        by skl2onnx; ours may be its last step, or give its features to the next.
    path : path-like
        The file to write, by custom ``*.onnx``. Its folder must exist.
    input_dtype : {"auto", "uint8", "float32"}, default="auto"
        Type of the numbers that go in, in the unit that `fit` was given. ``"auto"`` takes uint8
        if the model learnt to scale pixels from 0 to 255, whatever type they had, else float32. A
        pipeline takes float32 unless told otherwise.
    input_form : {"rows", "images"}, default="rows"
        Whether the file takes a row of numbers for each image, as `predict_proba` does, or images
        with their channels last, which spares other programs the reshape. A runtime refuses what
        has another number of axes. Pipelines take rows.

    Raises
    ------
    ImportError
        If onnx, or skl2onnx for a pipeline, is not installed.
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    TypeError
        If the model is no estimator.
    ValueError
        If `input_dtype` or `input_form` is unknown, if a pipeline's steps don't take the former,
        if it is uint8 and the model has learnt from smaller numbers, if images are asked for of a
        model of rows that are none, if the model is no classifier, if its class is one of your
        own that overrides a method that predicts, or a layer has no counterpart in ONNX.
    OSError
        If the file can't be written.

    Notes
    -----
    The input is called ``"images"``, of shape (N, n_features), or (N, height, width, channels) if
    `input_form` is ``"images"``; the output ``"probabilities"``, float32 of shape (N, n_classes).
    For rows of an image, its pixels come line by line and their channels one by one. The file's
    metadata have ``classes``, ``class_names`` (both as JSON) and ``estimator``. A pipeline has the
    input ``"X"``, of shape (N, n_features), and a second output, ``"label"``.

    Examples
    --------
    >>> from fernet import FERMLPClassifier
    >>> from fernet.datasets import make_faces
    >>> from fernet.export import to_onnx
    >>> X, y = make_faces(100, random_state=0, return_X_y=True)
    >>> model = FERMLPClassifier((8,), max_iter=1, random_state=0).fit(X, y)
    >>> to_onnx(model, "model.onnx")  # doctest: +SKIP
    >>> import onnxruntime  # doctest: +SKIP
    >>> session = onnxruntime.InferenceSession("model.onnx")  # doctest: +SKIP
    >>> (probabilities,) = session.run(None, {"images": X})  # doctest: +SKIP
    """
    if input_dtype not in _INPUT_DTYPES:
        raise ValueError(
            f"input_dtype is {input_dtype!r}; expected one of: {', '.join(_INPUT_DTYPES)}"
        )
    if input_form not in _INPUT_FORMS:
        raise ValueError(f"input_form is {input_form!r}; expected 'rows' or 'images'")
    onnx = import_onnx()
    check_is_fitted(model)
    if not hasattr(model, "classes_"):
        raise ValueError(f"model is a {type(model).__name__}; expected a classifier")
    if isinstance(model, BaseFERClassifier):
        proto = _estimator_proto(onnx, model, input_dtype, _row_shape(model, input_form))
    elif input_form == "images":
        raise ValueError("input_form is 'images', but a pipeline takes rows")
    else:
        proto = convert_pipeline(model, "float32" if input_dtype == "auto" else input_dtype)
    onnx.helper.set_model_props(proto, _metadata(model))
    raw = proto.SerializeToString(deterministic=True)
    with atomic_writer(path) as file:
        file.write(raw)


def _row_shape(model: Any, input_form: str) -> Shape:
    if input_form == "rows":
        return (model.n_features_in_,)
    if model.image_shape_ is None:
        raise ValueError("input_form is 'images', but the model was fitted on rows, not on images")
    shape: Shape = model.image_shape_
    return shape


def _estimator_proto(onnx: Any, model: Any, input_dtype: str, row_shape: Shape) -> Any:
    if input_dtype == "auto":
        input_dtype = "uint8" if _learnt_from_pixels(model) else "float32"
    elif input_dtype == "uint8" and _learnt_from_no_bytes(model):
        raise ValueError(
            "input_dtype is 'uint8', but the model has learnt from numbers of "
            f"{InputRange(*model.input_range_)}, which bytes are too large for; expected "
            "'float32', or a model of pixels from 0 to 255"
        )
    graph = estimator_graph(model, "images", row_shape)
    helper, types = onnx.helper, onnx.TensorProto
    nodes = [
        helper.make_node(op.kind, list(op.inputs), [op.output], name=op.output, **op.attributes)
        for op in graph.ops
    ]
    constants = [onnx.numpy_helper.from_array(a, name) for name, a in graph.constants.items()]
    number = types.UINT8 if input_dtype == "uint8" else types.FLOAT
    proto = helper.make_graph(
        nodes,
        "fernet",
        [_tensor(helper, "images", number, row_shape)],
        [_tensor(helper, graph.output, types.FLOAT, (len(model.classes_),))],
        constants,
    )
    return helper.make_model(
        proto,
        producer_name="fernet",
        ir_version=_IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )


def _learnt_from_pixels(model: Any) -> bool:
    if model.scaling_.is_identity or model.scaling == "standard":
        return False
    learnt = model.input_range_
    return learnt is not None and learnt[0] >= 0 and learnt[1] <= 255


def _learnt_from_no_bytes(model: Any) -> bool:
    learnt = model.input_range_
    if learnt is None or _learnt_from_pixels(model):
        return False
    return InputRange(*learnt).is_far_from(BYTES)


def _tensor(helper: Any, name: str, number: int, row_shape: Shape) -> Any:
    return helper.make_tensor_value_info(name, number, ["N", *row_shape])


def _metadata(model: Any) -> dict[str, str]:
    return {
        "classes": json.dumps(model.classes_.tolist()),
        "class_names": json.dumps(class_names(model.classes_)),
        "estimator": type(model).__name__,
    }
