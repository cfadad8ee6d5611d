"""The pages that are made: the reference has every public name, the report each script."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import click
import pytest

from fernet import EMOTIONS, FERCNNClassifier, FERMLPClassifier
from fernet.faces import FaceCropper
from fernet.model_selection import CoordinateSearchCV

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pages():
    """The module that makes them."""
    spec = importlib.util.spec_from_file_location("pages", ROOT / "docs" / "pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reference(pages, tmp_path_factory):
    """All pages of the reference, by the name of the room."""
    folder = tmp_path_factory.mktemp("site") / "reference"
    (folder / "api").mkdir(parents=True)
    (folder / "api" / "fernet.gone.rst").touch()
    pages.write_reference(folder)
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def described(text: str) -> set[str]:
    """Paths of the names that a page lists."""
    found, module = set(), ""
    for line in text.splitlines():
        if match := re.match(r"\.\. currentmodule:: (.+)", line):
            module = match[1]
        elif match := re.match(r"(?:   |\.\. py:data:: )(\w+)$", line):
            found.add(f"{module}.{match[1]}")
    return found


def test_each_public_name_of_each_public_module_is_in_the_reference(pages, reference):
    found = set().union(*map(described, reference.values()))
    missing = []
    for module_name in pages.public_modules():
        module = importlib.import_module(module_name)
        for name in set(module.__all__) - {"__version__"}:
            value = getattr(module, name)
            if isinstance(value, click.Command) or f"{module_name}.{name}" in reference:
                continue  # the page of all commands, a room's page
            if not any(_leads_to(path, value) for path in found):
                missing.append(f"{module_name}.{name}")
    assert not missing


def _leads_to(path: str, value: object) -> bool:
    module, name = path.rsplit(".", 1)
    return getattr(importlib.import_module(module), name) is value


def test_each_room_has_a_page_that_names_all_that_it_gives(pages, reference):
    homes = pages.homes()
    for room, text in reference.items():
        for name, path in homes[room].items():
            assert path in described(text) or f":py:obj:`{path}`" in text, f"{room}.{name}"
    rooms = {name for name in pages.public_modules() if name.count(".") <= 1}
    assert rooms == set(reference)


def test_pages_of_names_that_are_gone_are_removed(reference):
    assert "api" not in reference


def test_a_constant_has_its_value_and_text_where_it_is_made(pages, reference):
    assert pages.homes()["fernet"]["EMOTIONS"] == "fernet.emotions.EMOTIONS"
    assert f".. py:data:: EMOTIONS\n   :value: {EMOTIONS!r}" in reference["fernet.emotions"]


@pytest.mark.parametrize(
    "estimator",
    [
        FERMLPClassifier(),
        FERCNNClassifier(),
        FaceCropper(),
        CoordinateSearchCV(FERMLPClassifier(), {}),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_notebooks_link_to_a_page_that_there_is(estimator, pages):
    site, _, page = estimator._get_doc_link().partition("/reference/api/")
    room, _, name = page.removesuffix(".html").rpartition(".")
    assert site.startswith("https://")
    assert pages.homes()[room][name] == f"{room}.{name}"
    assert getattr(importlib.import_module(room), name) is type(estimator)
    assert page in estimator._repr_html_()


def test_each_script_of_the_examples_has_a_page_with_its_outcome_and_code(pages, tmp_path):
    examples = ROOT / "examples"
    pages.write_report(examples, tmp_path / "report")
    scripts = {path.stem for path in examples.glob("*.py")} - {"common"}
    written = {path.stem for path in (tmp_path / "report").iterdir()}
    assert written == scripts | {"common", "index"}
    gallery = (tmp_path / "report" / "index.md").read_text(encoding="utf-8")
    assert not re.findall(r"\]\(#", gallery)
    for script in scripts:
        page = (tmp_path / "report" / f"{script}.md").read_text(encoding="utf-8")
        assert f"literalinclude}} ../../examples/{script}.py" in page
        assert f"]({script}.md)" in gallery
        pictures = re.findall(r"\]\(\.\./\.\./examples/(pictures/[^)]+)\)", page)
        assert pictures
        assert all((examples / picture).exists() for picture in pictures)


def test_a_section_without_a_script_is_an_error(pages):
    with pytest.raises(ValueError, match=r"no script is named below 'Nothing'"):
        pages.report_sections("# All\n\n## Nothing\n\ntext\n")
