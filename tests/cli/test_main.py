"""The command as a whole: help, speed of starting, errors, terminals."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import fernet
from fernet.cli import main
from fernet.cli.commands import FernetGroup

COMMANDS = sorted(main.commands)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(run, command):
    result = run(command, "--help")

    assert result.exit_code == 0
    assert f"Examples:\n  fernet {command}" in result.stdout


def test_the_help_names_every_command(run):
    result = run("-h")

    assert all(command in result.stdout for command in COMMANDS)
    assert "Exit codes:" in result.stdout


def test_the_version_is_the_packages(run):
    assert run("--version").stdout == f"fernet, version {fernet.__version__}\n"


@pytest.mark.parametrize("command", [(), ("predict",)])
def test_help_without_texts_says_where_they_are(command):
    run = subprocess.run(
        [sys.executable, "-OO", "-m", "fernet", *command, "--help"], capture_output=True, text=True
    )

    assert run.returncode == 0
    assert "left out by python -OO" in run.stdout
    assert "Options:" in run.stdout
    assert "Examples:" in run.stdout


def test_a_home_folder_that_is_not_there_is_no_matter(tmp_path, monkeypatch):
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "file" / "folder"))
    (tmp_path / "file").write_text("")
    code = "from fernet.cli import main; import sys; sys.argv[1:] = ['info', 'cnn']\n"
    code += "main.commands['info'].callback = lambda **_: __import__('matplotlib').get_cachedir()\n"
    code += "main()"

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (run.returncode, run.stderr) == (0, "")


@pytest.mark.parametrize("module", ["fernet", "fernet.cli"])
def test_the_module_stands_for_the_command(module, tmp_path):
    command = [sys.executable, "-m", module, "evaluate"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert run.returncode == 2
    assert run.stderr.startswith("Usage: fernet evaluate ")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_are_told_how_to_complete(run, shell):
    result = run("completion", shell)

    assert result.exit_code == 0
    assert "_FERNET_COMPLETE" in result.stdout


def test_starting_imports_nothing_heavy():
    heavy = ["numpy", "sklearn", "scipy", "rich", "PIL", "matplotlib", "safetensors"]
    code = f"import sys, fernet.cli; print([m for m in {heavy} if m in sys.modules])"

    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert output.stdout.strip() == "[]"


class Broken(FernetGroup):
    """A group with one command, which raises."""

    def __init__(self, error):
        super().__init__(params=main.params)
        self.error = error
        self.command("fail")(self.fail)

    def fail(self):
        raise self.error


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (ValueError("bad\n  value"), 2, "Error: bad value\n"),
        (FileNotFoundError(2, "No such file", "x"), 2, "Error: x: no such file\n"),
        (OSError(28, "No space left on device"), 1, "Error: no space left on device\n"),
        (OSError(36, "File name too long", "x"), 2, "Error: x: file name too long\n"),
        (ImportError("install it"), 1, "Error: install it\n"),
        (ImportError("x.so: failed to map segment from shared object"), 1, "ulimit -v"),
        (
            ModuleNotFoundError(
                "No module named 'fernet._kernels.add'", name="fernet._kernels.add"
            ),
            1,
            "this copy of fernet lacks it; a zip (zipapp) can't hold compiled modules",
        ),
        (MemoryError(), 1, "not enough memory"),
        (OSError(24, "Too many open files"), 1, "may have open, ulimit -n, is too low"),
        (RuntimeError("can't start new thread"), 1, "start no more threads: ulimit -u, or"),
        (KeyError("x"), 1, "unexpected KeyError: 'x' (put --traceback before the command"),
        (KeyboardInterrupt(), 130, "Interrupted."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_what_goes_wrong_is_a_sentence_and_an_exit_code(error, code, message):
    from click.testing import CliRunner

    result = CliRunner().invoke(Broken(error), ["fail"])

    assert result.exit_code == code
    assert message in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("name", [(), ("runs",)])
def test_a_current_folder_that_is_gone_is_told(monkeypatch, name):
    from click.testing import CliRunner

    def gone():
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(os, "getcwd", gone)
    error = FileNotFoundError(2, "No such file or directory", *name)
    result = CliRunner().invoke(Broken(error), ["fail"])

    assert result.stderr == "Error: the current folder is no longer there\n"


def test_a_traceback_is_shown_on_request():
    from click.testing import CliRunner

    error = KeyError("x")
    result = CliRunner().invoke(Broken(error), ["--traceback", "fail"])

    assert result.exception is error


# One start for all, for it is what takes long.
_EACH = """
import json, sys
from fernet.cli import main
for line in json.loads(sys.argv.pop()):
    try:
        main(line, prog_name="fernet")
    except SystemExit as end:
        assert end.code == 0
    print("done:", line[0])
"""


def run_in_terminal(lines, folder, **environment):
    """Run commands one after another in a pseudo-terminal; return all they wrote."""
    import pty

    primary, secondary = pty.openpty()
    settings = {"TERM": "xterm-256color", "COLUMNS": "150", "LINES": "40"} | environment
    process = subprocess.Popen(
        [sys.executable, "-c", _EACH, json.dumps(lines, default=str)],
        stdout=secondary,
        stderr=secondary,
        cwd=folder,
        env=os.environ | settings,
    )
    os.close(secondary)
    chunks = []
    # Linux says by an error that the other end is closed, other systems by an empty read.
    with contextlib.suppress(OSError):
        while chunk := os.read(primary, 65536):
            chunks.append(chunk)
    os.close(primary)
    output = b"".join(chunks).decode()
    assert process.wait(60) == 0, output
    return output


@pytest.mark.skipif(os.name != "posix", reason="terminals as POSIX has them")
def test_a_terminal_gets_rules_no_markup_of_ours_and_no_colour_if_so_wished(
    tmp_path, model_file, image_files
):
    shutil.copy(next(image_files.iterdir()), tmp_path / "[red]a.png")

    command = ["predict", "--model", model_file, "[red]a.png"]
    output = run_in_terminal([command], tmp_path, NO_COLOR="1")

    assert "───" in output
    assert "[red]a.png" in output
    assert "\x1b[3" not in output


@pytest.mark.skipif(os.name != "posix", reason="terminals as POSIX has them")
@pytest.mark.parametrize("columns", [40, 80])
def test_tables_fit_the_terminal(tmp_path, model_file, fer_csv, image_files, columns):
    (tmp_path / "pictures").symlink_to(image_files)
    shutil.copy(fer_csv, tmp_path / "faces.csv")
    shutil.copy(model_file, tmp_path / "m")
    grid = ["--grid", "learning_rate_init=0.01,0.02", "--hidden", "4", "--epochs", "1"]
    commands = [
        ["predict", "--model", "m", "pictures"],
        ["info", "m"],
        ["evaluate", "m", "--data", "faces.csv"],
        ["audit", "faces.csv", "--exact-only"],
        ["sweep", "--data", "faces.csv", "--out", "s", "--quiet", *grid],
    ]
    output = run_in_terminal(commands, tmp_path, COLUMNS=str(columns), NO_COLOR="1")
    lines = re.sub(r"\x1b\[[0-9;]*m", "", output).replace("\r", "").splitlines()

    assert [line for line in lines if line.startswith("done:")] == [
        f"done: {command}" for command, *_ in commands
    ]
    wide = [line for line in lines if len(line) > columns]
    # A path is one word, to be copied.
    assert [line for line in wide if "/" not in line] == []


@pytest.mark.skipif(os.name != "posix", reason="terminals as POSIX has them")
def test_a_dumb_terminal_gets_what_a_pipe_gets(tmp_path, model_file, image_files, run):
    command = ["predict", "--model", model_file, image_files]

    output = run_in_terminal([command], tmp_path, TERM="dumb", COLUMNS="40")

    assert output.replace("\r\n", "\n") == run(*command).stdout + "done: predict\n"


@pytest.mark.filterwarnings("always")
def test_a_warning_is_said_once_wherever_it_comes_from():
    from click.testing import CliRunner

    group = FernetGroup(params=main.params)

    @group.command()
    def draw():
        warnings.warn("no font.", UserWarning, stacklevel=1)
        warnings.warn("no font", UserWarning, stacklevel=1)
        warnings.warn("no ink", UserWarning, stacklevel=1)

    assert CliRunner().invoke(group, ["draw"]).stderr == "Note: no font.\nNote: no ink.\n"


@pytest.mark.filterwarnings("default")
def test_a_warning_is_a_sentence(run):
    old = Path(__file__).parents[1] / "_io" / "written_before" / "pixel_spread.safetensors"
    result = run("info", old)

    assert result.exit_code == 0
    assert f"Note: {old} has no checksum, as an earlier version" in result.stderr
    assert "Warning" not in result.stderr


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            ["evaluate", "m", "--groups", "x"],
            "No such option '--groups'; fernet train and sweep have it.",
        ),
        (["train", "--by=x"], "No such option '--by'; fernet evaluate has it."),
        (["crop", "--no-detect"], "'--no-detect'; fernet predict and demo have it."),
        (["--exact-only", "audit"], "'--exact-only' before the command; fernet audit has it."),
    ],
)
def test_an_option_of_other_commands_is_told_as_theirs(run, line, message):
    result = run(*line)

    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert "Did you mean" not in result.stderr


def test_an_option_of_no_command_is_told_with_what_is_like_it(run):
    result = run("train", "--epoch", "3")

    assert result.exit_code == 2
    assert "--epochs" in result.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_an_option_speaks_of_options_that_there_are(name):
    command = main.commands[name]
    known = {opt for param in command.params for opt in (*param.opts, *param.secondary_opts)}
    for param in command.params:
        text = getattr(param, "help", None) or ""
        named = set(re.findall(r"--[a-z][a-z-]*", text))
        assert named <= known or "fernet " in text, param.name


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_holds_nothing_that_the_guide_would_take_for_markup(name):
    command = main.commands[name]
    texts = [command.help, *(getattr(param, "help", None) for param in command.params)]
    for text in filter(None, texts):
        assert not re.search(r"[*`]|\|\w|\w_(?!\w)", text)
