"""The page of ``fernet evaluate --report``: its numbers, its texts, and that it is whole."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import fernet
import fernet.plotting
from fernet import FERMLPClassifier, save_model
from fernet.cli.evaluate.judgement import Judgement, predict
from fernet.cli.evaluate.report_page import report_page
from fernet.cli.evaluate.report_pictures import pictures as draw_pictures
from fernet.cli.faces import Faces
from fernet.metrics import per_emotion_report_from_confusion

pytest.importorskip("matplotlib")

RATES = ["accuracy", "precision", "recall", "f1-score"]
NAMES = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=8)


class Page(HTMLParser):
    """A page's elements, and its tables as rows of (text, values of the data in it)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.tables: dict[str | None, list[list[tuple[str, list[str]]]]] = {}
        self.shown: list[tuple[str, str]] = []
        self._value: str | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.elements.append((tag, found))
        if tag == "table":
            self._rows = self.tables[found["id"]] = []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append(("", []))
        elif tag == "data":
            self._value = found["value"]

    def handle_endtag(self, tag):
        if tag == "data":
            self._value = None

    def handle_data(self, text):
        self.texts.append(text)
        if self._value is not None:
            self.shown.append((self._value, text))
        if self.elements and self.elements[-1][0] in ("td", "th", "data") and self.tables:
            cell, values = self._rows[-1][-1]
            added = [self._value] if self._value is not None else []
            self._rows[-1][-1] = (cell + text.strip(), values + added)

    def numbers(self, table: str) -> list[list[float]]:
        """Return the rows' full numbers, below the headings."""
        rows = [[float(value) for _, values in row for value in values] for row in self.rows(table)]
        return [row for row in rows if row]

    def rows(self, table: str) -> list[list[tuple[str, list[str]]]]:
        return self.tables[table]


@pytest.fixture(scope="module")
def page(report_files) -> Page:
    return Page(report_files[0].read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def document(report_files) -> dict:
    return json.loads(report_files[1])


def test_the_pages_numbers_are_the_json_documents(page, document):
    names = [*document["target_names"], "macro avg", "weighted avg"]
    expected = [[document["report"][n][key] for key in (*RATES, "support")] for n in names]
    assert page.numbers("report") == expected
    assert page.numbers("confusion") == document["confusion_matrix"]
    overall, n_images = (float(value) for value, _ in page.shown[:2])
    assert (overall, n_images) == (document["accuracy"], np.sum(document["confusion_matrix"]))


def test_what_is_read_is_the_number_rounded(page):
    for value, shown in page.shown:
        expected = f"{100 * float(value):.2f}" if "." in value else value
        assert shown == expected


def test_rows_are_named(page, document):
    heads = [row[0][0] for row in page.rows("confusion")[1:]]
    assert heads == [f"A{i} {name}" for i, name in enumerate(document["target_names"])]
    heads = [row[0][0] for row in page.rows("report")[1:]]
    assert heads == [*document["target_names"], "macro mean", "weighted mean"]


def test_the_json_is_what_it_is_without_a_page(run, model_file, fer_csv, document):
    plain = json.loads(run("evaluate", model_file, "--data", fer_csv, "--json").stdout)

    assert document == plain


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such names")
def test_a_name_that_is_no_utf8_is_marked(run, model_file, fer_csv, tmp_path):
    data = tmp_path / "caf\udce9.csv"
    data.symlink_to(fer_csv)

    result = run("evaluate", model_file, "--data", data, "--report", tmp_path / "page.html")

    assert result.exit_code == 0, result.output
    assert "caf\N{REPLACEMENT CHARACTER}.csv" in (tmp_path / "page.html").read_text("utf-8")


def test_the_page_holds_all_that_it_shows(page):
    tags = {tag for tag, _ in page.elements}
    assert tags.isdisjoint({"script", "iframe", "object", "embed", "base"})
    links = [found[key] for _, found in page.elements for key in ("src", "href") if key in found]
    assert links
    assert all(link.startswith("data:") for link in links)
    policies = [f["content"] for _, f in page.elements if f.get("http-equiv")]
    assert policies == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]


def pictures(page: Page) -> list[tuple[str, bytes]]:
    found = [attributes for tag, attributes in page.elements if tag == "img"]
    assert all(attributes["alt"] for attributes in found)
    split = [attributes["src"].split(";base64,") for attributes in found]
    return [(kind, base64.b64decode(data)) for kind, data in split]


def test_each_picture_is_a_picture(page):
    assert len(pictures(page)) >= 7
    for kind, data in pictures(page):
        if kind == "data:image/png":
            with Image.open(io.BytesIO(data)) as image:
                image.verify()
        else:
            assert kind == "data:image/svg+xml"
            assert ElementTree.fromstring(data).tag.endswith("svg")


def test_the_matrix_is_there_once(page):
    assert list(page.tables).count("confusion") == 1
    shown = [attributes["alt"].lower() for tag, attributes in page.elements if tag == "img"]
    assert not [alt for alt in shown if "confusion" in alt or "matrix" in alt]


def test_a_cell_is_as_dark_as_its_count_is_high(page, document):
    styles = [f["style"] for tag, f in page.elements if tag == "td" and "style" in f]
    depths = [float(re.search(r"rgba\(16,42,86,([\d.]+)\)", style)[1]) for style in styles]
    counts = np.ravel(document["confusion_matrix"])
    np.testing.assert_allclose(depths, counts / counts.max(), atol=0.0006)
    assert [("color:#fff" in style) for style in styles] == [depth > 0.5 for depth in depths]


def test_columns_are_named_in_full(page, document):
    heads = [text for text, _ in page.rows("confusion")[0] if text]
    assert heads == [f"P{i} {name}" for i, name in enumerate(document["target_names"])]


def test_subset_date_and_version_stand_below_the_heading(page):
    line = next(text for text in page.texts if "judged on 2" in text)
    assert line.startswith("PublicTest; judged on ")
    assert re.search(r"judged on \d{4}-\d\d-\d\d \d\d:\d\d", line)
    assert line.endswith(f"with fernet {fernet.__version__}")


def test_the_maps_share_a_scale(faces):
    drawn = []
    model = FERMLPClassifier((8,), max_iter=4, random_state=0).fit(faces.data, faces.target)
    faces = Faces("drawn", "all", faces.data, faces.target, faces.target_names, (48, 48))
    judgement = predict(model, faces, "m")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            fernet.plotting.PixelImportanceDisplay,
            "to_bytes",
            lambda self, *a, **k: drawn.append(self),
        )
        # Without bytes no page can be written, but all pictures have been asked for.
        alts = [picture.alt for picture in draw_pictures(model, faces, judgement)]
    assert len(drawn) == sum("map of the pixels" in alt for alt in alts) >= 2
    assert len({display.limit for display in drawn}) == 1
    assert drawn[0].limit == max(np.abs(display.importance).max() for display in drawn)


def test_model_and_data_are_told(page, model_file, fer_csv):
    facts = " ".join(page.texts)
    for fact in (str(model_file), f"{fer_csv}, PublicTest", "FERMLPClassifier", "18,503"):
        assert fact in facts


@settings(deadline=None)
@given(data=st.data())
def test_any_names_and_numbers_survive(data):
    names = data.draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    names = [name for name in names if name != "accuracy"] or ["other"]
    counts = st.lists(st.integers(0, 10**6), min_size=len(names) ** 2, max_size=len(names) ** 2)
    matrix = np.reshape(data.draw(counts), (len(names), len(names)))
    title, fact = data.draw(NAMES), data.draw(NAMES)
    report = per_emotion_report_from_confusion(matrix, target_names=names)
    nothing = np.array([])
    page = Page(
        report_page(title, Judgement(nothing, nothing, nothing, report), [], [(fact, title)])
    )

    assert page.numbers("confusion") == matrix.tolist()
    heads = [row[0][0] for row in page.rows("report")[1:]]
    assert heads == [name for name, _ in report.shown_rows()]
    assert heads[: len(names)] == names
    assert page.texts.count(title) >= 3
    assert fact in page.texts


def test_class_names_are_texts_not_markup(run, tmp_path, write_images, faces):
    names = ["<b>&" if label == 3 else "o" for label in faces.target]
    folder = write_images(tmp_path / "faces", faces.images, names)
    model = FERMLPClassifier((4,), max_iter=1, random_state=0).fit(faces.data, np.array(names))
    save_model(model, tmp_path / "m")

    result = run("evaluate", "m", "--data", folder, "--report", "out.html")

    assert result.exit_code == 0
    assert "The report is in out.html." in result.stderr
    page = Page((tmp_path / "out.html").read_text(encoding="utf-8"))
    assert "A0 <b>&" in [row[0][0] for row in page.rows("confusion")]
    assert "b" not in {tag for tag, _ in page.elements}


def test_a_convolutional_network_has_a_page_too(run, tmp_path, cnn_file, fer_csv):
    result = run("evaluate", cnn_file, "--data", fer_csv, "--report", "out.html")

    assert result.exit_code == 0
    assert len(pictures(Page((tmp_path / "out.html").read_text(encoding="utf-8")))) >= 6


@pytest.mark.parametrize(
    ("page", "message"),
    [("nowhere/out.html", "nowhere: no such folder"), (".", ". is a folder, expected a file")],
)
def test_a_page_that_can_not_be_written_is_told_before_the_work(run, model_file, page, message):
    # The data are not looked for either.
    result = run("evaluate", model_file, "--data", "missing.csv", "--report", page)

    assert result.exit_code == 2
    assert message in result.stderr


def test_a_page_replaces_an_earlier_one_and_no_other_file(run, tmp_path, model_file, fer_csv):
    page = tmp_path / "index.html"
    command = ["evaluate", model_file, "--data", fer_csv, "--report", page]
    for _ in range(2):
        assert run(*command).exit_code == 0

    page.write_text("<!DOCTYPE html>\n<p>Mine")
    result = run(*command)
    assert result.exit_code == 2
    assert f"--report {page}: {page} is there, and fernet evaluate did not" in result.stderr
    assert page.read_text() == "<!DOCTYPE html>\n<p>Mine"


def test_without_matplotlib_the_error_says_what_to_install(
    run, tmp_path, model_file, fer_csv, monkeypatch
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run("evaluate", model_file, "--data", fer_csv, "--report", "out.html")

    assert result.exit_code == 1
    assert 'pip install "fernet-emotion[plot]"' in result.stderr
    assert not (tmp_path / "out.html").exists()
