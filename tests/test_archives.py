"""Wheels and source archives hold what they should, and nothing else."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_spec = importlib.util.spec_from_file_location("check_archives", ROOT / ".ci/check_archives.py")
check_archives = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(check_archives)

TRACKED = {
    "README.md", "fernet/__init__.py", "fernet/py.typed", "fernet/meson.build",
    "fernet/_kernels/relu.pyx", "fernet/_kernels/csrc/make_stubs.py", "tests/test_x.py",
}  # fmt: skip
INFO = "fernet_emotion-1.0.dist-info"
WHEEL = {
    "fernet/__init__.py", "fernet/py.typed", "fernet/_kernels/libfernet_kernels.so",
    "fernet/_kernels/relu.cpython-311-x86_64-linux-gnu.so", f"{INFO}/METADATA", f"{INFO}/RECORD",
    f"{INFO}/WHEEL", f"{INFO}/entry_points.txt", f"{INFO}/licenses/LICENSE",
}  # fmt: skip
ON_WINDOWS = {
    "fernet/_kernels/libfernet_kernels.so": "fernet/_kernels/fernet_kernels.dll",
    "fernet/_kernels/relu.cpython-311-x86_64-linux-gnu.so": (
        "fernet/_kernels/relu.cp314t-win_amd64.pyd"
    ),
}


@pytest.mark.parametrize("names", [WHEEL, {ON_WINDOWS.get(name, name) for name in WHEEL}])
def test_a_whole_wheel_has_no_differences(names):
    assert check_archives.wheel_differences(names, TRACKED) == []


@pytest.mark.parametrize("name", sorted(WHEEL))
def test_a_wheel_without_one_of_its_files_is_told(name):
    assert check_archives.wheel_differences(WHEEL - {name}, TRACKED)


@pytest.mark.parametrize(
    "name",
    [
        "fernet/_kernels/csrc/make_stubs.py", "fernet/meson.build", "fernet/old.py",
        "tests/test_x.py", "fernet/_kernels/relu.pyx",
        "fernet/_kernels/old.cpython-311-x86_64-linux-gnu.so",
        "fernet/libkernels_avx2.a", "fernet_emotion.libs/libgomp.so.1", f"{INFO}/direct_url.json",
    ],
)  # fmt: skip
def test_a_wheel_with_a_file_too_many_is_told(name):
    assert check_archives.wheel_differences(WHEEL | {name}, TRACKED)


def test_a_source_archive_is_the_checkout_and_its_metadata():
    names = {f"fernet_emotion-1.0/{name}" for name in TRACKED | {"PKG-INFO"}}
    assert check_archives.sdist_differences(names, TRACKED) == []
    assert check_archives.sdist_differences(names | {"fernet_emotion-1.0/runs/x"}, TRACKED)
    assert check_archives.sdist_differences(names - {"fernet_emotion-1.0/README.md"}, TRACKED)


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a checkout")
def test_the_source_archive_of_this_checkout_is_whole(tmp_path, monkeypatch):
    mesonpy = pytest.importorskip("mesonpy", reason="meson-python is not installed")
    copy = tmp_path / "copy"
    # The last commit: what has not been committed is in no archive.
    subprocess.run(["git", "clone", "--quiet", "--depth=1", ROOT.as_uri(), copy], check=True)
    monkeypatch.chdir(copy)
    name = mesonpy.build_sdist(os.fspath(tmp_path / "dist"))
    assert check_archives.differences(tmp_path / "dist" / name) == []


def test_the_version_stands_in_one_place():
    text = (ROOT / "meson.build").read_text(encoding="utf-8")
    version = re.search(r"^  version: '([\d.]+\w*)',$", text, re.MULTILINE)[1]
    assert 'dynamic = ["version"]' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[(.+?)\]", changelog, re.MULTILINE)[1] in (version, "Unreleased")
    own = [
        path
        for path in (ROOT / "fernet").rglob("*.py")
        if f'"{version}"' in path.read_text("utf-8")
    ]
    assert own == []
