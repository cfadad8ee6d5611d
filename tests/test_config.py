"""Statements about `fernet.show_config`."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from threadpoolctl import threadpool_limits

import fernet
from fernet import _kernels
from fernet.config import show_config


def test_the_dicts_tell_the_instruction_sets_and_the_compiler():
    kernels = show_config(mode="dicts")["kernels"]
    assert kernels["instruction_set"] == _kernels.selected_isa()
    assert kernels["available"] == _kernels.available_isas()
    assert "portable" in kernels["available"] or "neon" in kernels["available"]
    assert kernels["compiler"].split()[0] in {"gcc", "clang"}


def test_the_number_of_threads_is_the_one_in_force():
    with threadpool_limits(1):
        assert show_config(mode="dicts")["kernels"]["threads"] == 1


def test_the_dicts_are_fit_for_json():
    config = show_config(mode="dicts")
    assert json.loads(json.dumps(config)) == config


def test_by_default_the_same_is_printed(capsys):
    assert show_config() is None
    printed = capsys.readouterr().out
    config = show_config(mode="dicts")
    assert f"python: {config['python']}\n" in printed
    assert f"  numpy: {config['dependencies']['numpy']}\n" in printed
    assert f"  available: {', '.join(config['kernels']['available'])}\n" in printed


def test_another_mode_is_refused():
    with pytest.raises(ValueError, match="mode is 'json', expected 'stdout' or 'dicts'"):
        show_config(mode="json")


@pytest.mark.parametrize("isa", _kernels.available_isas())
def test_the_environment_chooses_the_instruction_set(isa):
    code = "import fernet; print(fernet.show_config('dicts')['kernels']['instruction_set'])"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"FERNET_ISA": isa},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == isa


def test_an_unknown_instruction_set_is_named_when_fernet_is_used():
    run = subprocess.run(
        [sys.executable, "-c", "import fernet; fernet.show_config()"],
        env=os.environ | {"FERNET_ISA": "mmx"},
        capture_output=True,
        text=True,
    )
    assert run.returncode != 0
    assert "environment variable FERNET_ISA: instruction set 'mmx' is not available" in run.stderr


def test_the_public_name_is_this_function():
    assert fernet.show_config is show_config
