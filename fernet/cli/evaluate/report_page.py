"""The page that ``fernet evaluate --report`` writes: one file, no network, no script."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from string import Template
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fernet.cli.evaluate.judgement import Judgement
    from fernet.cli.evaluate.report_pictures import Picture
    from fernet.metrics import GroupReport, PerEmotionReport

__all__ = ["begins_as_report", "report_page"]
__dir__ = __all__.copy

# The policy forbids all that would leave the file, whatever a name in it may hold.
_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>$title</title>
<style>
body { margin: 0 auto; max-width: 72rem; padding: 0 1rem 3rem; color: #1a1a1a;
 background: #fff; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 1.5rem 0 0.5rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 0.5rem; }
.about { color: #444; margin: 0; }
.accuracy { margin: 0.8rem 0 0; }
.accuracy strong { font-size: 2rem; }
.tables { display: grid; gap: 0 3rem; align-items: start;
 grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th, td { padding: 0.25rem 0.6rem; text-align: right; border-bottom: 1px solid #ddd; }
th { font-weight: 600; vertical-align: bottom; }
th:first-child { text-align: left; }
tbody tr.mean:not(.mean + .mean) > * { border-top: 2px solid #1a1a1a; }
#report, #confusion { width: 100%; }
/* Printers leave backgrounds out unless told, and white numbers with them. */
#confusion td { text-align: center; print-color-adjust: exact; }
#confusion thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left;
 vertical-align: middle; border: 0; padding: 0.3rem 0; }
#confusion thead th, #confusion tbody td { width: 10%; }
td.right { font-weight: 700; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.2rem 1rem; margin: 0; }
dt { color: #555; }
dd { margin: 0; }
section { break-inside: avoid; }
figure { margin: 0 0 1.8rem; break-inside: avoid; }
figcaption, p.note { color: #444; font-size: 0.95rem; max-width: 42rem; }
img { display: block; width: 100%; height: auto; }
.pictures { columns: 2 30rem; column-gap: 3rem; }
@media (max-width: 34rem) {
 th, td { padding: 0.25rem 0.22rem; font-size: 0.78rem; }
 dl { display: block; }
 dd { margin: 0 0 0.5rem; }
}
@media (max-width: 22rem) {
 body { padding: 0 0.5rem 3rem; }
 th, td { padding: 0.25rem 0.1rem; }
}
</style>
</head>
<body>
<h1>$title</h1>
<p class="about" id="about">$about</p>
<p class="accuracy"><strong>$accuracy&nbsp;%</strong> of $n_images images recognised: accuracy
over all emotions. As far as so many tell, it lies between $low and $high&nbsp;%.</p>
<div class="tables">
<section>
<h2>Each emotion against all others, in %</h2>
<div class="wide" tabindex="0">$report</div>
<p class="note">The accuracy of a rare emotion is high even for a model that never predicts it;
precision, recall and F1 tell more.</p>
</section>
<section>
<h2>Confusion matrix, in images</h2>
<div class="wide" tabindex="0">$matrix</div>
<p class="note">Actual emotions (A) down, predicted ones (P) across. The darker, the more
images.</p>
</section>
</div>
$groups<h2>Pictures</h2>
<div class="pictures">$pictures</div>
<h2>Model and data</h2>
<dl id="facts">$facts</dl>
</body>
</html>
""")

_GROUPS = Template("""<section>
<h2>Accuracy by $by</h2>
<div class="wide" tabindex="0">$table</div>
<p class="note">Expected is what a group of these emotions would have if each of them were known as
well in it as in all faces together.</p>
<dl>$summary</dl>
</section>
""")

_RATES = (
    ("accuracy", "accu&shy;racy"),
    ("precision", "preci&shy;sion"),
    ("recall", "recall"),
    ("f1-score", "F1"),
)


def begins_as_report(start: bytes) -> bool:
    """Tell whether a file's first bytes are those of such a page."""
    return start.startswith(b"<!DOCTYPE html>") and b'<p class="about" id="about">' in start


def report_page(
    title: str,
    judgement: Judgement,
    pictures: Iterable[Picture],
    facts: Sequence[tuple[str, str]],
    *,
    about: str = "",
) -> str:
    """Write the page.

    Parameters
    ----------
    title : str
        Heading of the page.
    judgement : Judgement
        Its numbers. Those of its report stand each as a ``data`` element, rounded to read, and in
        full as its value.
    pictures : iterable of Picture
        What is shown, in order.
    facts : sequence of (str, str)
        Names and values that describe model and data.
    about : str, default=""
        What stands below the heading: which images, when, by which version.

    Returns
    -------
    str
        HTML; all texts are escaped.
    """
    report, (low, high) = judgement.report, judgement.interval
    return _PAGE.substitute(
        title=escape(title),
        about=escape(about),
        accuracy=_rate(report["accuracy"]),
        n_images=_count(report["macro avg"]["support"]),
        low=f"{100 * low:.1f}",
        high=f"{100 * high:.1f}",
        report=_report_table(report),
        groups="" if judgement.groups is None else _groups_section(*judgement.groups),
        matrix=_matrix_table(report),
        pictures="\n".join(map(_figure, pictures)),
        facts=_definitions(facts),
    )


def _report_table(report: PerEmotionReport) -> str:
    rows = report.shown_rows()
    n_emotions = len(report.target_names)
    head = "".join(f'<th scope="col">{heading}</th>' for _, heading in _RATES)
    lines = [f'<thead><tr><th scope="col">emotion</th>{head}<th scope="col">images</th></tr>']
    lines.append("</thead><tbody>")
    for number, (shown, row) in enumerate(rows):
        style = "" if number < n_emotions else ' class="mean"'
        cells = "".join(f"<td>{_rate(row[rate])}</td>" for rate, _ in _RATES)
        count = f"<td>{_count(row['support'])}</td>"
        lines.append(f'<tr{style}><th scope="row">{escape(shown)}</th>{cells}{count}</tr>')
    return '<table id="report">' + "\n".join(lines) + "</tbody></table>"


def _groups_section(by: str, groups: GroupReport) -> str:
    headings, rows = groups.table()
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    lines = [f"<thead><tr>{head}</tr></thead><tbody>"]
    for name, *cells in rows:
        values = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        lines.append(f'<tr><th scope="row">{escape(name)}</th>{values}</tr>')
    return _GROUPS.substitute(
        by=escape(by),
        table='<table id="groups">' + "\n".join(lines) + "</tbody></table>",
        summary=_definitions(groups.summary()),
    )


def _definitions(facts: Sequence[tuple[str, str]]) -> str:
    return "\n".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)


def _matrix_table(report: PerEmotionReport) -> str:
    names = report.target_names
    head = "".join(
        f'<th scope="col">P{index} {escape(name)}</th>' for index, name in enumerate(names)
    )
    lines = [f"<thead><tr><td></td>{head}</tr></thead><tbody>"]
    top = max(float(report.confusion_matrix.max()), 1.0)
    for row, (name, counts) in enumerate(zip(names, report.confusion_matrix.tolist(), strict=True)):
        cells = "".join(
            _matrix_cell(count, count / top, is_right=row == column)
            for column, count in enumerate(counts)
        )
        lines.append(f'<tr><th scope="row">A{row} {escape(name)}</th>{cells}</tr>')
    return '<table id="confusion">' + "\n".join(lines) + "</tbody></table>"


def _matrix_cell(count: float, depth: float, *, is_right: bool) -> str:
    """Write a cell, shaded from 0 to 1 by what stands in it."""
    kind = ' class="right"' if is_right else ""
    ink = ";color:#fff" if depth > 0.5 else ""
    style = f"background:rgba(16,42,86,{depth:.3f}){ink}"
    return f'<td{kind} style="{style}">{_count(count)}</td>'


def _figure(picture: Picture) -> str:
    encoded = base64.b64encode(picture.data).decode("ascii")
    kind = "image/svg+xml" if picture.format == "svg" else f"image/{picture.format}"
    return (
        f'<figure><img alt="{escape(picture.alt)}" src="data:{kind};base64,{encoded}">'
        f"<figcaption>{escape(picture.caption)}</figcaption></figure>"
    )


def _rate(value: float | None) -> str:
    if value is None:
        return "&ndash;"
    return f'<data value="{value!r}">{100 * value:.2f}</data>'


def _count(value: Any) -> str:
    return f'<data value="{value!r}">{value:g}</data>' if value % 1 else _whole(value)


def _whole(value: Any) -> str:
    return f'<data value="{value!r}">{int(value)}</data>'
