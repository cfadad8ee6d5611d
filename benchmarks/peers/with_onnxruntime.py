"""ONNX Runtime, which predicts only. PyTorch writes its model, so it must be there too."""

from __future__ import annotations

import io
import warnings

from sizes import BATCH
from worker import SKIPPED, Task, elapsed_ms


def _model() -> bytes:
    try:
        import torch
    except ModuleNotFoundError:
        raise SystemExit(SKIPPED) from None
    from torch_networks import report_cnn

    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that there is a newer exporter
        torch.onnx.export(
            report_cnn().eval(), (torch.zeros(1, 1, 48, 48),), file,
            input_names=["x"], dynamic_axes={"x": {0: "n"}}, dynamo=False,
        )  # fmt: skip
    return file.getvalue()


def _cnn_forward(task: Task, n_images: int, repeat: int) -> float:
    import onnxruntime
    from inputs import images

    model = _model()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = task.threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    X = images(n_images).reshape(n_images, 1, 48, 48)  # one channel: first or last is the same
    return task.median_ms(lambda: session.run(None, {"x": X}), repeat)


def cnn_forward(task: Task) -> float:
    return _cnn_forward(task, BATCH, 50)


def cnn_forward_1(task: Task) -> float:
    return _cnn_forward(task, 1, 500)


def import_(task: Task) -> float:
    def load() -> None:
        import onnxruntime  # noqa: F401

    return elapsed_ms(load)
