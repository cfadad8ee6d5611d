"""How Sphinx builds the guide; CONTRIBUTING.md has the command."""

from __future__ import annotations

import re
import sys
from importlib.metadata import version as installed_version
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from pages import write_reference, write_report  # noqa: E402

project = "fernet"
author = "the fernet developers"
project_copyright = author
version = release = installed_version("fernet-emotion")

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_click",
    "sphinx_copybutton",
]
exclude_patterns = ["build"]
templates_path = ["templates"]
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
copybutton_exclude = ".linenos, .gp, .go"

python_maximum_signature_line_length = 80
toc_object_entries_show_parents = "hide"
autodoc_typehints = "none"  # the docstrings have the types, in words
autodoc_member_order = "groupwise"
autosummary_ignore_module_all = False
default_role = "literal"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_theme = "pydata_sphinx_theme"
html_title = "fernet"
html_static_path = ["style"]
html_css_files = ["fernet.css"]
html_copy_source = False
html_theme_options = {
    "github_url": "https://github.com/fernet-emotion/fernet",
    "navbar_align": "left",
    "header_links_before_dropdown": 8,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {page: [] for page in ("index", "quickstart", "coming-from", "comparison")}

# Names of scikit-learn, click and others, whose references are not read: nothing is downloaded.
nitpick_ignore_regex = [
    ("py:.*", r"(?!fernet\b).*"),
]

_FOREIGN_ROLE = re.compile(r":(?:ref|term|class|func|meth|mod):`~?([^`<]+?)(?:\s*<[^`>]+>)?`")
_MARKUP_IN_A_SHAPE = re.compile(r"\*(?=\w+_shape\b)|_(?=,\))")
PAGE_OF = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "benchmarks/RESULTS.md": "results.md",
    "examples/README.md": "report/index.md",
}
_OUTSIDE = re.compile(r"\]\(\.\./((?:\.\./)*)(" + "|".join(map(re.escape, PAGE_OF)) + ")")


def plain_docstring(app, what, name, obj, options, lines) -> None:
    """Make a docstring hold what Sphinx can follow.

    Links that inherited docstrings set into the guides of their own projects become words, and the
    star and the underscore of ``(N, *input_shape)`` and ``(n_features_in_,)`` no markup.
    """
    for number, line in enumerate(lines):
        plain = _FOREIGN_ROLE.sub(r"``\1``", line)
        lines[number] = _MARKUP_IN_A_SHAPE.sub(r"\\\g<0>", plain)


def lead_to_pages(app, docname, source) -> None:
    """Let links to files outside the folder, which readers of the sources follow, lead to pages."""
    source[0] = _OUTSIDE.sub(lambda link: f"]({link[1]}{PAGE_OF[link[2]]}", source[0])


def write_pages(app, config) -> None:
    """Write the pages that come from elsewhere, before Sphinx looks for pages."""
    write_reference(HERE / "reference")
    write_report(HERE.parent / "examples", HERE / "report")


def setup(app) -> None:
    """Tell Sphinx of the functions above."""
    app.connect("config-inited", write_pages)
    app.connect("source-read", lead_to_pages)
    app.connect("autodoc-process-docstring", plain_docstring)
