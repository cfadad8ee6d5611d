"""The guide names each option of each command, and none that there is not."""

from __future__ import annotations

import re
from pathlib import Path

import click

from fernet.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "command-line.md"


def in_the_program() -> set[tuple[str, str]]:
    """Commands and the names of their options, ``--help`` left out, which all have."""
    with click.Context(main) as group:
        commands = {name: main.get_command(group, name) for name in main.list_commands(group)}
    return {
        (name, option)
        for name, command in commands.items()
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
        if option.startswith("--")
    }


def in_the_guide() -> set[tuple[str, str]]:
    """Those of the table, a row of which has options and the commands that take them."""
    _, table = PAGE.read_text(encoding="utf-8").split("## Options by purpose\n")
    rows = re.findall(r"^\| [^|]+ \| (`--[^|]+) \| ([^|]+) \|$", table, flags=re.MULTILINE)
    return {
        (command, option)
        for options, commands in rows
        for option in re.findall(r"`(--[\w-]+)`", options)
        for command in commands.split(", ")
    }


def test_the_guide_has_each_option_of_each_command_and_no_other():
    assert in_the_guide() == in_the_program()
    assert len(in_the_program()) > 50
