"""Lets ``python -m fernet`` stand for ``fernet``, where that is on no path."""

from fernet.cli import main

if __name__ == "__main__":
    main(prog_name="fernet")
