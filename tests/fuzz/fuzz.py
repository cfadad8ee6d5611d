"""Fuzz one of the targets, guided by which lines of fernet run.

python tests/fuzz/fuzz.py TARGET [libFuzzer's options] [folders of inputs]

Wants atheris, and fernet installed the ordinary way. ``.ci/fuzz`` runs all targets.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["fernet"]):
    import targets


def main() -> None:
    name, *options = sys.argv[1:]
    atheris.Setup([sys.argv[0], *options], targets.TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
