"""Write the inputs that fuzzing begins with: small whole files of each kind.

python tests/fuzz/make_corpus.py [folder]
"""

from __future__ import annotations

import gzip
import io
import json
import pickle
import sys
import tempfile
from pathlib import Path

import numpy as np
import targets
from PIL import Image

from fernet import FERCNNClassifier, FERMLPClassifier
from fernet.estimators.saving import save_model
from fernet.layers import BatchNorm, Conv2D, Flatten, Linear, MaxPool2D, ReLU, Residual


def model_files() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    rows, labels = targets.small_data()
    images = rng.integers(0, 256, (20, 6, 6), dtype=np.uint8)
    layers = [
        Conv2D(3),
        BatchNorm(),
        ReLU(),
        MaxPool2D(2),
        Residual([Conv2D(3)]),
        Flatten(),
        Linear(3),
    ]
    models = {
        "mlp": FERMLPClassifier((4,), max_iter=1, random_state=0).fit(rows, labels),
        "names": FERMLPClassifier((2,), max_iter=1, random_state=0, scaling=None).fit(
            rows, np.array(["a", "b", "c"])[labels]
        ),
        "cnn": FERCNNClassifier(layers, max_iter=1, random_state=0).fit(images, labels),
    }
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        for name, model in models.items():
            for dtype in ("float32", "float16"):
                save_model(model, path, dtype=dtype)
                files[f"{name}-{dtype}"] = path.read_bytes()
    return files


def checkpoints() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "training.checkpoint"
        model = targets.small_training(path).set_params(max_iter=2)
        model.fit(*targets.small_data())
        return {"two_epochs": path.read_bytes()}


def csvs() -> dict[str, bytes]:
    pixels = " ".join(["7"] * 2304)
    text = f"emotion,pixels,Usage\n3,{pixels},Training\n6,{pixels},PublicTest\n".encode()
    quoted = f'"emotion","pixels"\r\n"0","{pixels}"\r\n'.encode()
    short = b"emotion,pixels,Usage\n3,1 2 3,Training\n"
    return {"plain": text, "quoted": quoted, "short": short, "gzip": gzip.compress(text, mtime=0)}


def pickled() -> dict[str, bytes]:
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    value = {b"labels": [3, 5], b"data": array, "filenames": ["a.png"], "none": None}
    found = {f"protocol{number}": pickle.dumps(value, number) for number in range(6)}
    return found | {"code": pickle.dumps(print)}


def batches() -> dict[str, bytes]:
    rows = np.zeros((2, 3072), np.uint8)
    batch = {b"data": rows, b"labels": [1, 2], b"filenames": [b"a.png", b"b.png"]}
    return {"pickled": pickle.dumps(batch, 2), "binary": (b"\1" + bytes(3072)) * 2}


def folders() -> dict[str, bytes]:
    def picture(kind: str, mode: str = "L", size: tuple[int, int] = (48, 48)) -> bytes:
        file = io.BytesIO()
        Image.new(mode, size).save(file, kind)
        return file.getvalue()

    entries = {
        "classes": [("happy/1.png", picture("PNG")), ("sad/2.jpg", picture("JPEG", "RGB", (9, 7)))],
        "splits": [
            ("train/happy/1.bmp", picture("BMP", "1", (8, 8))),
            ("test/sad/a.gif", picture("GIF")),
        ],
        "numbers": [("0/1.png", picture("PNG", "RGBA", (5, 5))), ("1/notes.txt", b"no picture")],
    }
    return {
        name: targets.ENTRY.join(path.encode() + b"\n" + content for path, content in files)
        for name, files in entries.items()
    }


def image_lists() -> dict[str, bytes]:
    numbers = list(map(str, range(64)))
    texts = {
        "pixels": f'label,pixels\nsad,{" ".join(numbers)}\nhappy,"[{", ".join(numbers)}]"\n',
        "wide": f"{';'.join(numbers)};label\n{';'.join(numbers)};sad\n",
        "headers": "image,label,split\na.png,happy,train\nb/c.jpg,sad,test\n",
        "blanks": "train_1.png 5\na.png 2\n",
        "boxes": "image,x,y,w,h,label\na.png,1,1,4,4,sad\nb/c.jpg,-2,3.5,9,4,happy\n",
        "expw": "a.png 0 1 2 6 7 33.1 4\nd/c.jpg 1 0 0 8 8 20.5 3\n",
        "classes": "# mine\nsep=|\nimage|happy|sad\na.png|1|0\nb/c.jpg|0|1\n",
        "elsewhere": '"";"pth";"expression"\n"0";"C:\\faces\\d\\c.jpg";"1"\n"1";"/x/a";"0"\n',
    }
    return {name: text.encode() for name, text in texts.items()} | {
        "utf16": texts["headers"].encode("utf-16"),
        "gzip": gzip.compress(texts["blanks"].encode(), mtime=0),
    }


def results() -> dict[str, bytes]:
    outcome = {
        "validation_accuracy": 0.5,
        "training_accuracy": 0.6,
        "minimum_loss": 1.5,
        "epochs": 3,
    }
    lines = [
        {"sweep": {"model": "mlp", "seed": 0}},
        {"settings": {"dropout": 0.1}, **outcome, "seconds": 1.0, "error": None},
        {"settings": {"dropout": 0.2}, "error": "diverged"},
    ]
    return {"two": "\n".join(map(json.dumps, lines)).encode()}


def plans() -> dict[str, bytes]:
    text = """data = "fer2013.csv"
model = "mlp"
recipe = "report"
method = "grid"
seed = 3
[settings]
epochs = 2
hidden = [8, 4]
[[grid]]
dropout = [0.1, 0.2]
learning-rate = ["0.1"]
"""
    return {"steps": text.encode(), "table": b"[grid]\nmomentum = [0.5, 0.9]\n"}


CORPUS = {
    "model_file": model_files,
    "checkpoint": checkpoints,
    "csv": csvs,
    "pickles": pickled,
    "cifar": batches,
    "folder": folders,
    "image_list": image_lists,
    "sweep_results": results,
    "sweep_plan": plans,
}


def main(folder: Path) -> None:
    for target, make in CORPUS.items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for name, content in make().items():
            (folder / target / name).write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).with_name("corpus"))
