"""Write the type stubs of the compiled kernels, and the protocol of all kernels.

    python fernet/_kernels/csrc/make_stubs.py

The parameters are those of each ``def`` in the family's ``.pyx``. The one list of kernels,
``core/kernel_list.h``, says which there must be, and of what dtype their arrays are. Arrays of
floats stay open: some kernels take float64 too, and check it themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

CSRC = Path(__file__).parent
KERNELS = CSRC.parent
NOT_FAMILIES = {"arrays", "blas", "build_info", "runtime", "tape"}
MADE = "Made by ``csrc/make_stubs.py`` from the Cython modules and the list of kernels."

SCALARS = {
    "bint": "bool", "double": "float", "int": "int", "int64_t": "int",
    "object": "object", "str": "str", "tuple": "tuple[int, ...]", "uint32_t": "int",
    "uint64_t": "int",
}  # fmt: skip
WITHOUT_C_TYPE = {
    "algorithm": 'Literal["auto", "direct", "winograd"]',
    "padding": "tuple[int, int]",
    "size": "tuple[int, int]",
    "stride": "tuple[int, int]",
}
DTYPES = {"uint8_t": "np.uint8", "int32_t": "np.int32", "int64_t": "np.int64"}
SUFFIX = re.compile(r"_(u8|f32|f64)$")  # one kernel a dtype, one function for all


@dataclass(frozen=True)
class Parameter:
    """One parameter of a ``def``: its C type, which may be empty, its name and its default."""

    c_type: str
    name: str
    default: str


@dataclass(frozen=True)
class Function:
    """One ``def`` of a Cython module, or of a class in it."""

    name: str
    parameters: tuple[Parameter, ...]
    result: str


def read_list() -> dict[str, dict[str, str]]:
    """Return the kernels: of each the C type that every array has, empty where types differ."""
    text = (CSRC / "core" / "kernel_list.h").read_text(encoding="utf-8")
    kernels: dict[str, dict[str, str]] = {}
    for name, parameters in re.findall(
        r"^(?:KERNEL|QUERY)\(\w+, (\w+),\s*\((.*?)\)", text, re.M | re.S
    ):
        arrays = kernels.setdefault(SUFFIX.sub("", name), {})
        for c_type, array in re.findall(r"(?:const )?(\w+) \*(\w+)", parameters):
            arrays[array] = c_type if arrays.get(array, c_type) == c_type else ""
    return kernels


def split_parameters(text: str) -> list[str]:
    """Cut a list of parameters at the commas that stand in no brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [" ".join(part.split()) for part in parts if part.strip()]


def read_functions(text: str, indent: str = "") -> list[Function]:
    """Return the functions that the text of a Cython module, or of a class, shows to Python."""
    functions = []
    pattern = rf"^{indent}def (\w+)\(((?:[^()]|\([^()]*\))*)\)(?: -> ([\w\[\]]+))?:"
    for name, parameters, result in re.findall(pattern, text, re.M):
        read = []
        for parameter in split_parameters(parameters):
            declared, _, default = parameter.partition("=")
            c_type, _, own_name = declared.rpartition(" ")
            read.append(Parameter(c_type, own_name, default))
        functions.append(Function(name, tuple(read), result or "None"))
    return functions


def read_classes(text: str) -> dict[str, list[Function]]:
    """Return the classes of a Cython module, and the methods of each that Python may call."""
    bodies = re.findall(r"^cdef class (\w+):\n((?:(?: {4}.*)?\n)+)", text, re.M)
    return {
        name: [
            Function(method.name, method.parameters[1:], method.result)
            for method in read_functions(body, " " * 4)
            if method.name not in ("__cinit__", "__dealloc__")
        ]
        for name, body in bodies
    }


def python_type(parameter: Parameter, arrays: dict[str, str]) -> str:
    """Type of a parameter, of which the list of kernels knows the `arrays`."""
    if parameter.c_type in SCALARS:
        return SCALARS[parameter.c_type]
    if parameter.c_type == "" and parameter.name in WITHOUT_C_TYPE:
        return WITHOUT_C_TYPE[parameter.name]
    dtype = DTYPES.get(arrays.get(parameter.name, ""))
    array = f"NDArray[{dtype}]" if dtype else "NDArray"
    if parameter.c_type == "":
        return f"{array} | None"
    if parameter.c_type != "cnp.ndarray":
        raise ValueError(f"{parameter.name} has the C type {parameter.c_type}, which is not known")
    return array


def write_function(function: Function, arrays: dict[str, str], *, method: bool) -> str:
    """Return the text of one function, or of one method, formatted as ruff does."""
    indent, words = ("    ", ["self"]) if method else ("", [])
    for parameter in function.parameters:
        default = f" = {parameter.default}" if parameter.default else ""
        words.append(f"{parameter.name}: {python_type(parameter, arrays)}{default}")
    begin, end = f"{indent}def {function.name}(", f") -> {function.result}: ..."
    line = begin + ", ".join(words) + end
    if len(line) <= 100:
        return line
    return "\n".join([begin, *(f"{indent}    {word}," for word in words), indent + end])


def imports_for(body: str) -> str:
    """Return the imports that the text of stubs needs."""
    typing = [name for name in ("Literal", "Protocol") if name in body]
    lines = [f"from typing import {', '.join(typing)}\n"] if typing else []
    if "np." in body:
        lines.append("import numpy as np")
    if "NDArray" in body:
        lines.append("from numpy.typing import NDArray")
    return "\n".join(lines).strip() + "\n\n" if lines else ""


def make() -> dict[str, str]:
    """Return the text of each file that is made, by its name in ``fernet/_kernels``."""
    kernels = read_list()
    files, methods, seen = {}, [], set()
    for path in sorted(KERNELS.glob("*.pyx")):
        text = path.read_text(encoding="utf-8")
        functions, classes = read_functions(text), read_classes(text)
        if not functions and not classes:
            continue
        texts = [write_function(f, kernels.get(f.name, {}), method=False) for f in functions]
        for name, of_class in classes.items():
            texts += [f"class {name}:", *(write_function(f, {}, method=True) for f in of_class)]
        body = "\n".join(texts)
        files[f"{path.stem}.pyi"] = f'"""{MADE}"""\n\n{imports_for(body)}{body}\n'
        if path.stem not in NOT_FAMILIES:
            methods += [write_function(f, kernels.get(f.name, {}), method=True) for f in functions]
            seen |= {f.name for f in functions}
    if missing := sorted(kernels.keys() - seen):
        raise ValueError(f"no Cython module has a function for the kernels {', '.join(missing)}")
    body = (
        "class Kernels(Protocol):\n"
        '    """What has all kernels: :mod:`fernet._kernels`, or the reference of each."""\n\n'
        + "\n".join(methods)
    )
    files["protocol.py"] = (
        f'"""The kernels as a type, for those who are handed them.\n\n{MADE}\n"""\n\n'
        f"from __future__ import annotations\n\n{imports_for(body)}\n{body}\n"
    )
    return files


if __name__ == "__main__":
    for name, text in make().items():
        (KERNELS / name).write_text(text, encoding="utf-8")
