"""What a command writes reaches its place, whatever stdout is."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import subprocess
import sys

import pytest

from fernet import load_model
from fernet.cli.streams import Outlet

needs_posix = pytest.mark.skipif(os.name != "posix", reason="pipes and devices as POSIX has them")
needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")


def fernet(arguments, folder, *, shell="{}", **environment):
    """Run the command within a shell's line, and return what came of it."""
    command = " ".join(f"'{word}'" for word in (sys.executable, "-m", "fernet.cli", *arguments))
    return subprocess.run(
        ["/bin/sh", "-c", shell.format(command)],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        timeout=120,
    )


class Full(io.StringIO):
    """Takes one write."""

    n_writes = 0

    def write(self, text):
        self.n_writes += 1
        if self.n_writes > 1:
            raise OSError(28, "No space left on device")
        return super().write(text)


def test_an_outlet_remembers_why_text_was_lost_and_goes_on():
    stream = Full()
    outlet = Outlet(stream)

    for text in ("kept", "lost", "lost too"):
        assert outlet.write(text) == len(text)

    assert (stream.getvalue(), stream.n_writes, outlet.error.errno) == ("kept", 2, 28)


def test_an_outlet_closes_silently_after_its_stream():
    stream = io.TextIOWrapper(io.BytesIO())
    outlet = Outlet(stream)
    outlet.write("text")
    stream.close()
    outlet.close()
    assert outlet.closed
    assert outlet.error is None


def test_what_an_encoding_lacks_is_escaped():
    raw = io.BytesIO()
    outlet = Outlet(io.TextIOWrapper(raw, encoding="ascii"))

    outlet.write("caf\xe9 \u2500 \udce9\n")
    outlet.flush()

    assert raw.getvalue() == rb"caf\xe9 \u2500 \udce9" + b"\n"
    assert outlet.error is None


def test_without_a_stream_text_is_an_error_and_silence_is_none():
    outlet = Outlet(None)
    outlet.flush()
    assert outlet.error is None

    outlet.write("x")
    assert outlet.error is not None
    assert not outlet.isatty()


@needs_posix
def test_an_ascii_terminal_gets_everything(tmp_path, model_file, image_files):
    (tmp_path / "caf\xe9").mkdir()
    name = "caf\xe9/\u7b11.png"
    (tmp_path / name).write_bytes(next(image_files.iterdir()).read_bytes())
    for form in ("csv", "table"):
        done = fernet(
            ["predict", "--model", str(model_file), name, "--format", form],
            tmp_path,
            PYTHONIOENCODING="ascii",
        )

        assert (done.returncode, done.stderr) == (0, b"")
        assert rb"caf\xe9/\u7b11.png" in done.stdout
        assert done.stdout.isascii()


@needs_posix
def test_a_reader_that_leaves_takes_no_file_with_it(tmp_path, model_file, fer_csv):
    pytest.importorskip("matplotlib")
    done = fernet(
        ["evaluate", str(model_file), "--data", str(fer_csv), "--report", "page.html"],
        tmp_path,
        shell="{} | true",
    )

    assert "</html>" in (tmp_path / "page.html").read_text()
    assert b"Traceback" not in done.stderr
    assert b"Error" not in done.stderr


@needs_posix
def test_a_training_outlives_the_readers_of_all_that_it_says(tmp_path, tiny, fer_csv):
    options = [option for option in tiny if option != "--quiet"]
    done = fernet(
        ["train", "--data", str(fer_csv), "--out", "run", *options],
        tmp_path,
        shell="{} 2>&1 | true",
    )

    assert done.stderr == b""
    assert load_model(tmp_path / "run" / "model.safetensors").n_iter_ == 2


@needs_posix
@pytest.mark.parametrize("shell", ["{} >&-", "{} >&- 2>&-", "{} >&- <&-"])
def test_a_closed_stdout_loses_no_file(tmp_path, model_file, image_files, shell):
    command = ["predict", "--model", str(model_file), str(image_files), "--out", "rows.jsonl"]
    done = fernet(command, tmp_path, shell=shell)

    assert done.returncode == 0
    rows = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert [row["status"] for row in rows] == ["ok"] * 5


_NUMBERS = """
import json, os, subprocess, sys
from fernet.cli.streams import outlets

with outlets(), open(sys.argv[1], "w") as file:
    numbers = [os.fstat(number).st_rdev for number in range(3)]
    child = subprocess.run([sys.executable, "-c", "import sys; sys.stderr.write('x')"])
    json.dump([file.fileno() > 2, numbers, child.returncode], file)
"""


@needs_posix
@pytest.mark.parametrize("closed", ["2>&-", "<&- >&- 2>&-", "<&- 2>&-"])
def test_closed_streams_leave_no_number_to_files_and_a_stderr_to_workers(tmp_path, closed):
    out = tmp_path / "numbers.json"
    line = f"'{sys.executable}' -c \"$CODE\" '{out}' {closed}"
    environment = os.environ | {"CODE": _NUMBERS}

    subprocess.run(
        ["/bin/sh", "-c", line], env=environment, stdin=subprocess.DEVNULL, timeout=60, check=True
    )

    is_higher, numbers, child = json.loads(out.read_text())
    assert (is_higher, child) == (True, 0)
    null = os.stat(os.devnull).st_rdev
    assert numbers[2] == null
    if ">&- 2" in closed:
        assert numbers == [null] * 3


@needs_posix
@pytest.mark.parametrize("command", ["info", "predict"])
def test_a_result_that_stdout_does_not_take_is_a_sentence(
    tmp_path, model_file, image_files, command
):
    arguments = {
        "info": ["info", str(model_file)],
        "predict": ["predict", "--model", str(model_file), str(image_files), "--json"],
    }[command]
    places = {">&-": b"Error: stdout: bad file descriptor\n"}
    if os.path.exists("/dev/full"):
        places[">/dev/full"] = b"Error: stdout: no space left on device\n"
    for place, message in places.items():
        done = fernet(arguments, tmp_path, shell="{} " + place)

        assert (done.returncode, done.stderr) == (1, message)


@needs_full
def test_a_full_device_as_out_is_a_sentence(tmp_path, model_file, image_files):
    for form in ("csv", "table"):
        done = fernet(
            [
                *("predict", "--model", str(model_file), str(image_files)),
                *("--out", "/dev/full", "--format", form),
            ],
            tmp_path,
        )

        assert done.returncode == 1
        assert done.stderr == b"Error: /dev/full: no space left on device\n"
        assert stat.S_ISCHR(os.stat("/dev/full").st_mode)


@needs_posix
@pytest.mark.parametrize("out", ["/dev/stdout", "/dev/fd/3", "/proc/self/fd/1"])
def test_rows_go_into_an_open_file_behind_what_is_there(tmp_path, model_file, image_files, out):
    if not os.path.exists(os.path.dirname(out)):
        pytest.skip(f"no {out} here")
    command = ["predict", "--model", str(model_file), str(image_files), "--out", out, "--json"]
    shell = "( echo first; {} 3>&1; echo last ) > rows 2> errors"
    fernet(command, tmp_path, shell=shell)

    first, *rows, last = (tmp_path / "rows").read_text().splitlines()
    assert (first, last) == ("first", "last")
    assert [json.loads(row)["status"] for row in rows] == ["ok"] * 5
    assert (tmp_path / "errors").read_text() == (
        f"5 files, 5 faces, 0 unreadable, written to {out}\n"
    )
    assert sorted(os.listdir(tmp_path)) == ["errors", "rows"]


@needs_posix
@pytest.mark.parametrize("form", ["csv", "jsonl", "txt"])
def test_rows_go_into_a_pipe(run, tmp_path, model_file, image_files, form):
    command = ["predict", "--model", str(model_file), str(image_files), "--quiet", "--out"]
    pipe = f"pipe.{form}"
    os.mkfifo(tmp_path / pipe)
    done = fernet([*command, pipe], tmp_path, shell=f"cat {pipe} > rows & {{}}; wait")

    assert (done.returncode, done.stderr) == (0, b"")
    assert stat.S_ISFIFO(os.lstat(tmp_path / pipe).st_mode)
    assert run(*command, f"plain.{form}").exit_code == 0
    assert (tmp_path / "rows").read_text() == (tmp_path / f"plain.{form}").read_text()


@needs_posix
def test_a_device_stays_one(run, model_file, image_files):
    reader, terminal = os.openpty()
    device = os.ttyname(terminal)
    os.symlink(device, "rows.csv")
    result = run("predict", "--model", model_file, image_files, "--out", "rows.csv")

    assert result.exit_code == 0
    assert os.readlink("rows.csv") == device
    assert os.read(reader, 4096).startswith(b"file,face,")
    assert os.listdir() == ["rows.csv"]
    os.close(reader)
    os.close(terminal)


@needs_posix
def test_a_link_keeps_pointing(run, model_file, image_files):
    os.mkdir("kept")
    for name in ("rows.csv", "rows.txt", "half.safetensors"):
        os.symlink(f"kept/{name}", name)
    for name in ("rows.csv", "rows.txt"):
        run("predict", "--model", model_file, image_files, "--out", name)
    run("export", model_file, "--to", "pretrained", "--out", "half.safetensors")

    for name in ("rows.csv", "rows.txt", "half.safetensors"):
        assert os.path.islink(name)
        assert os.path.getsize(f"kept/{name}") > 100


@needs_posix
def test_a_model_goes_into_a_pipe(tmp_path, model_file):
    done = fernet(
        ["export", str(model_file), "--to", "pretrained", "--out", "/dev/stdout", "--quiet"],
        tmp_path,
        shell="{} > model",
    )

    raw = (tmp_path / "model").read_bytes()
    model, _, digest = raw.rpartition(b"sha256 ")
    assert done.returncode == 0
    assert hashlib.sha256(model).hexdigest() == digest.decode().strip()


@pytest.mark.parametrize("name", ["rows.xlsx", "rows.json", "rows.csv.gz", "rows.parquet"])
def test_a_form_that_is_not_known_is_refused(run, model_file, image_files, name):
    result = run("predict", "--model", model_file, image_files, "--out", name)

    assert result.exit_code == 2
    assert f"--out {name}: " in result.stderr
    assert "files can't be written; expected one of .csv, .jsonl, .ndjson, .txt" in " ".join(
        result.stderr.split()
    )
    assert os.listdir() == []


@pytest.mark.parametrize("name", ["rows.CSV", "rows.ndjson", "rows.txt", "rows"])
def test_known_endings_are_written(run, model_file, image_files, name):
    result = run("predict", "--model", model_file, image_files, "--out", name)

    assert result.exit_code == 0
    assert os.listdir() == [name]


def test_a_page_and_a_model_are_not_called_what_they_are_not(run, model_file, fer_csv):
    page = run("evaluate", model_file, "--data", fer_csv, "--report", "report.pdf")
    model = run("export", model_file, "--to", "onnx", "--out", "m.keras")

    assert (page.exit_code, model.exit_code) == (2, 2)
    assert "expected a name in .html" in page.stderr
    assert "expected a name that ends in .onnx" in model.stderr
    assert os.listdir() == []


@needs_posix
def test_a_model_comes_out_of_a_pipe(tmp_path, model_file, image_files):
    os.mkfifo(tmp_path / "model")
    command = ["predict", "--model", "model", str(image_files), "--out", "rows.csv", "--quiet"]
    done = fernet(command, tmp_path, shell=f"cat '{model_file}' > model & {{}}; wait")

    assert (done.returncode, done.stderr) == (0, b"")
    assert sorted(os.listdir(tmp_path)) == ["model", "rows.csv"]
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 6


@needs_posix
def test_rows_that_have_no_room_name_their_file_and_what_goes_on(tmp_path, model_file, image_files):
    command = ["predict", "--model", str(model_file), str(image_files), "--out", "rows.jsonl"]
    done = fernet(command, tmp_path, shell="ulimit -f 1; {}")

    assert done.returncode == 1
    message = done.stderr.decode()
    assert "rows.jsonl: file too large" in message
    assert "Unfinished: " in message
    assert not (tmp_path / "rows.jsonl").exists()
