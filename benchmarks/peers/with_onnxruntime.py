"""ONNX Runtime, which predicts only. PyTorch writes the report's network, so it must be there too;
fernet, with its extra `onnx`, writes the others."""

from __future__ import annotations

import io
import tempfile
import warnings
from pathlib import Path

import with_fernet
from sizes import BATCH
from worker import Task, elapsed_ms, leave_out


def _report_cnn() -> bytes:
    try:
        import torch
    except ModuleNotFoundError:
        leave_out("PyTorch, which writes this network for it, is not installed")
    from torch_networks import report_cnn

    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that there is a newer exporter
        torch.onnx.export(
            report_cnn().eval(), (torch.zeros(1, 1, 48, 48),), file,
            input_names=["x"], dynamic_axes={"x": {0: "n"}}, dynamo=False,
        )  # fmt: skip
    return file.getvalue()


def _fernets(estimator) -> bytes:
    from inputs import samples

    from fernet.export import to_onnx

    model = estimator(max_iter=1).fit(*samples("uint8", BATCH))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.onnx")
        try:
            to_onnx(model, path, input_dtype="float32", input_form="images")
        except ImportError as error:
            leave_out(str(error))
        return path.read_bytes()


def _forward(task: Task, model: bytes, n_images: int, repeat: int) -> float:
    import onnxruntime
    from inputs import images

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = task.threads
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    taken = session.get_inputs()[0]
    # one channel: first or last is the same
    X = images(n_images).reshape(n_images, *taken.shape[1:])
    return task.median_ms(lambda: session.run(None, {taken.name: X}), repeat)


def cnn_forward(task: Task) -> float:
    return _forward(task, _report_cnn(), BATCH, 50)


def cnn_forward_1(task: Task) -> float:
    return _forward(task, _report_cnn(), 1, 500)


def compact_forward(task: Task) -> float:
    return _forward(task, _fernets(with_fernet.compact), BATCH, 50)


def compact_forward_1(task: Task) -> float:
    return _forward(task, _fernets(with_fernet.compact), 1, 2000)


def resnet18_forward(task: Task) -> float:
    return _forward(task, _fernets(with_fernet.resnet18), BATCH, 20)


def resnet18_forward_1(task: Task) -> float:
    return _forward(task, _fernets(with_fernet.resnet18), 1, 300)


def import_(task: Task) -> float:
    def load() -> None:
        import onnxruntime  # noqa: F401

    return elapsed_ms(load)
