"""What wheels and source archives must hold, and that they hold nothing else.

    python .ci/check_archives.py FOLDER

checks every .whl and .tar.gz in the folder against the checkout that this file lies in, and ends
with 1 and a line for each file too many or too few. It wants Python alone.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGED = {".css", ".html", ".js", ".json", ".md", ".npy", ".py", ".pyi", ".safetensors", ".typed"}
METADATA = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
_LIBRARY = re.compile(r"fernet/_kernels/(lib)?fernet_kernels(-\w+)?\.(so|dylib|dll)")
_COMPILED = re.compile(r"(fernet/(?:\w+/)*\w+)\.(?:cpython-\d+t?-[\w-]+\.so|cp\d+t?-\w+\.pyd)")


def tracked_files(root: Path = ROOT) -> set[str]:
    """Name the files of the last commit, by their paths in the checkout."""
    command = ["git", "-C", str(root), "ls-tree", "-r", "-z", "--name-only", "HEAD"]
    return set(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    ) - {""}


def modules_to_compile(tracked: set[str]) -> set[str]:
    """Name the Cython modules, without a suffix."""
    return {path.removesuffix(".pyx") for path in tracked if path.endswith(".pyx")}


def wheel_differences(names: set[str], tracked: set[str]) -> list[str]:
    """Compare a wheel with the checkout.

    Parameters
    ----------
    names : set of str
        The wheel's files.
    tracked : set of str
        The checkout's.

    Returns
    -------
    list of str
        A sentence for each difference; none if it is as it should be.
    """
    package = {
        path
        for path in tracked
        if path.startswith("fernet/") and Path(path).suffix in PACKAGED and "/csrc/" not in path
    }
    compiled = {match[1] for name in names if (match := _COMPILED.fullmatch(name))}
    libraries = {name for name in names if _LIBRARY.fullmatch(name)}
    metadata = {name for name in names if re.match(r"fernet_emotion-[^/]+\.dist-info/", name)}
    plain = {
        name
        for name in names - libraries - metadata
        if not _COMPILED.fullmatch(name) and not name.endswith("/")
    }
    return [
        *_differences(package, plain),
        *_differences(modules_to_compile(tracked), compiled, "compiled "),
        *_differences(METADATA, {name.split("/", 1)[1] for name in metadata}, "metadata "),
        *([] if len(libraries) == 1 else [f"{len(libraries)} libraries of kernels, expected 1"]),
    ]


def sdist_differences(names: set[str], tracked: set[str]) -> list[str]:
    """Compare a source archive with the checkout; as `wheel_differences`."""
    inside = {name.split("/", 1)[1] for name in names if "/" in name}
    return _differences(tracked | {"PKG-INFO"}, inside)


def _differences(expected: set[str], found: set[str], what: str = "") -> list[str]:
    missing = [f"{what}{name} is missing" for name in sorted(expected - found)]
    return missing + [f"{what}{name} does not belong there" for name in sorted(found - expected)]


def differences(archive: Path) -> list[str]:
    """Compare an archive, of either kind, with the checkout."""
    tracked = tracked_files()
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel_differences(set(wheel.namelist()), tracked)
    with tarfile.open(archive) as source:
        names = {member.name for member in source.getmembers() if not member.isdir()}
    return sdist_differences(names, tracked)


def main() -> int:
    """Check a folder's archives; 1 if one is not as it should be, or there is none."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="of wheels and source archives")
    folder = parser.parse_args().folder
    if not folder.is_dir():
        parser.error(f"{folder} is no folder")
    archives = sorted([*folder.glob("*.whl"), *folder.glob("*.tar.gz")])
    wrong = [f"{path.name}: {found}" for path in archives for found in differences(path)]
    print(*wrong, f"{len(archives)} archives checked", sep="\n")
    return 1 if wrong or not archives else 0


if __name__ == "__main__":
    sys.exit(main())
