"""The command as a whole: help, speed of starting, errors, terminals."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys

import pytest

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
        (OSError(28, "No space left on device"), 1, "No space left on device"),
        (ImportError("install it"), 1, "Error: install it\n"),
        (MemoryError(), 1, "not enough memory"),
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


def test_a_traceback_is_shown_on_request():
    from click.testing import CliRunner

    error = KeyError("x")
    result = CliRunner().invoke(Broken(error), ["--traceback", "fail"])

    assert result.exception is error


def run_in_terminal(arguments, folder, **environment):
    """Run the command with a pseudo-terminal for its output; return all it wrote."""
    import pty

    primary, secondary = pty.openpty()
    settings = {"TERM": "xterm-256color", "COLUMNS": "150", "LINES": "40"} | environment
    process = subprocess.Popen(
        [sys.executable, "-m", "fernet.cli", *map(str, arguments)],
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

    output = run_in_terminal(
        ["predict", "--model", model_file, "[red]a.png"], tmp_path, NO_COLOR="1"
    )

    assert "───" in output
    assert "[red]a.png" in output
    assert "\x1b[3" not in output
