"""Pages of the guide that are made: the reference from ``__all__``, the report from `examples/`."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import shutil
from itertools import pairwise
from pathlib import Path
from types import GenericAlias, ModuleType

import click

import fernet

SCRIPT = re.compile(r"python examples/(\w+)\.py")


def public_modules() -> list[str]:
    """Name the modules that users may import, the outer ones first."""
    found = [module.name for module in pkgutil.walk_packages(fernet.__path__, "fernet.")]
    return sorted(["fernet", *(name for name in found if "._" not in name)], key=_outer_first)


def _outer_first(name: str) -> tuple[int, str]:
    return min(name.count("."), 2), name


def constants(module_name: str) -> dict[str, str]:
    """Read what a module says of its constants.

    Parameters
    ----------
    module_name : str
        Its full name.

    Returns
    -------
    dict of str to str
        For each constant, by name, the string that stands behind it.
    """
    source = inspect.getsource(importlib.import_module(module_name))
    body = ast.parse(source).body
    found = {}
    for node, after in pairwise(body):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(after, ast.Expr):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            if isinstance(target, ast.Name) and isinstance(after.value, ast.Constant):
                found[target.id] = inspect.cleandoc(after.value.value)
    return found


def homes() -> dict[str, dict[str, str]]:
    """Find where each public name is described.

    Returns
    -------
    dict of str to dict of str to str
        For each module its names, and for each name the path that its description stands at: a
        constant's is where it is made, all else's the shortest of those that lead to it. Modules
        and commands have pages of their own, and no entry.
    """
    modules = {name: importlib.import_module(name) for name in public_modules()}
    described = {
        (constant, id(getattr(module, constant))): f"{name}.{constant}"
        for name, module in modules.items()
        for constant in constants(name)
    }
    found: dict[str, dict[str, str]] = {}
    for module_name, module in modules.items():
        found[module_name] = {}
        for name in module.__all__:
            value = getattr(module, name)
            if not isinstance(value, ModuleType | click.Command) and name != "__version__":
                key, path = (name, id(value)), f"{module_name}.{name}"
                found[module_name][name] = described.setdefault(key, path)
    return found


def _room(module_name: str) -> str:
    return ".".join(module_name.split(".")[:2])


def _constant(module_name: str, name: str, text: str) -> list[str]:
    value = getattr(importlib.import_module(module_name), name)
    lines = [f".. py:data:: {name}"]
    # A path is the building machine's, and a table of functions says nothing.
    if isinstance(value, int | float | str | tuple | GenericAlias):
        lines += [f"   :value: {value!r}"]
    return [*lines, "", *(f"   {line}" for line in text.splitlines()), ""]


def _section(module_name: str, names: dict[str, str], mark: str) -> str:
    here = {name for name, path in names.items() if path == f"{module_name}.{name}"}
    elsewhere = sorted(path for name, path in names.items() if name not in here)
    texts = constants(module_name)
    lines = [module_name, mark * len(module_name), "", f".. automodule:: {module_name}"]
    # A function may have the name of the module that it stands in.
    lines += ["   :no-index:", ""] if mark == "-" else [""]
    lines += [f".. currentmodule:: {module_name}", ""]
    if here - texts.keys():
        lines += [".. autosummary::", "   :toctree: api", ""]
        lines += [f"   {name}" for name in sorted(here - texts.keys())] + [""]
    for name in sorted(here & texts.keys()):
        lines += _constant(module_name, name, texts[name])
    if elsewhere and mark == "=":
        links = ", ".join(f":py:obj:`{path}`" for path in elsewhere)
        lines += [f"Described elsewhere: {links}.", ""]
    return "\n".join(lines) + "\n"


def write_reference(folder: Path) -> None:
    """Write a page for each room of the package.

    Parameters
    ----------
    folder : Path
        Where to; what was there is removed, Sphinx's own pages of single names with it.
    """
    shutil.rmtree(folder, ignore_errors=True)
    sections: dict[str, list[str]] = {}
    for module_name, names in homes().items():
        room = _room(module_name)
        if module_name == room:
            sections[room] = [_section(module_name, names, "=")]
        elif any(path == f"{module_name}.{name}" for name, path in names.items()):
            sections[room].append(_section(module_name, names, "-"))
    for room, texts in sections.items():
        _write(folder / f"{room}.rst", "\n".join(texts))


def report_sections(text: str) -> tuple[str, dict[str, tuple[str, str]]]:
    """Take the examples' README apart.

    Parameters
    ----------
    text : str
        The README.

    Returns
    -------
    beginning : str
        What stands before the first section.
    sections : dict of str to tuple of (str, str)
        For each script the heading and the text of the section that names it first.
    """
    beginning, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    sections: dict[str, tuple[str, str]] = {}
    for part in parts:
        heading, _, body = part.partition("\n")
        script = SCRIPT.search(body)
        if script is None:
            raise ValueError(f"examples/README.md: no script is named below {heading!r}")
        sections[script[1]] = heading, body.strip() + "\n"
    return beginning, sections


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def write_report(examples: Path, folder: Path) -> None:
    """Write the gallery, and a page for each script with its section of the README and its code.

    Parameters
    ----------
    examples : Path
        The folder of scripts.
    folder : Path
        Where to; what was there is removed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    beginning, sections = report_sections((examples / "README.md").read_text(encoding="utf-8"))
    cards = []
    for script, (heading, body) in sections.items():
        beginning = beginning.replace(f"(#{_anchor(heading)})", f"({script}.md)")
        body = body.replace("](pictures/", "](../../examples/pictures/")
        body = re.sub(r"\[([^\]]+)\]\(\.\./benchmarks/RESULTS\.md\)", r"[\1](../results.md)", body)
        code = f"## The script\n\n```{{literalinclude}} ../../examples/{script}.py\n```\n"
        _write(folder / f"{script}.md", f"# {heading}\n\n{body}\n{code}")
        picture = re.search(r"!\[[^\]]*\]\((.+?)\)", body)
        image = f"[![]({picture[1]})]({script}.md)\n\n" if picture else ""
        cards.append(f":::{{container}} card\n{image}[{heading}]({script}.md)\n:::\n")
    gallery = "::::{container} gallery\n" + "".join(cards) + "::::\n"
    pages = "".join(f"{script}\n" for script in sections)
    toctree = f"```{{toctree}}\n:hidden:\n\n{pages}common\n```\n"
    _write(folder / "index.md", f"{beginning}\n{gallery}\n{toctree}")
    common = "```{literalinclude} ../../examples/common.py\n```\n"
    _write(folder / "common.md", f"# What the scripts share\n\n{common}")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
