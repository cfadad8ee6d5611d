"""Lets ``python -m fernet.cli`` stand for ``fernet``."""

from fernet.cli import main

main(prog_name="fernet")
