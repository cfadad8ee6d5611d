"""Finds the files that a table of pictures names."""

from __future__ import annotations

import difflib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from fernet.datasets._class_folders import usage_of_split
from fernet.datasets._kinds import PICTURE_SUFFIXES
from fernet.datasets._spelling import as_compared
from fernet.datasets._splits import split_in
from fernet.datasets.images import ImageError, iter_images


class PicturePlaces:
    """Where below a folder the pictures lie that are known by some name.

    Tables come from other machines and other layouts, so a name may be a path that begins
    elsewhere, may have backslashes, no folders or no ending. What it says is taken as it stands
    where there is such a file, then without its first folders, then as a name that is found once
    among all pictures below the folder, at last with ``_aligned`` behind it, as RAF-DB's; but not
    in a folder of another split or number, as ``S002`` where the name says ``S001``.

    Parameters
    ----------
    root : Path
        The folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._by_name: dict[str, list[Path]] | None = None

    def find(self, name: str) -> Path:
        """Return the picture of a name.

        Raises
        ------
        ImageError
            If there is none, or more than one that may be meant.
        """
        found = self._found(name)
        if len(found) != 1:
            raise self._fault(name, found)
        if _is_another(name, self._within(found[0])):
            raise self._astray(name, found[0])
        return found[0]

    def find_all(self, names: Sequence[str]) -> list[Path | Callable[[], ImageError]]:
        """Return the picture of each of a table's names, or what tells why there is none.

        Where one is missing, its name may be that of another's in some other folder: where others
        lie in the folders that the table tells, so does this one, and names that contradict each
        other in their folders can't both mean one picture. Nothing is told unless it is asked for,
        as to look for names that are alike takes long.
        """
        found: dict[str, Path | Callable[[], ImageError]] = {}
        single: dict[str, Path] = {}
        for name in dict.fromkeys(names):
            paths = self._found(name)
            found[name] = paths[0] if len(paths) == 1 else partial(self._fault, name, paths)
            if len(paths) == 1:
                single[name] = paths[0]
        within = {name: self._within(path) for name, path in single.items()}
        folders_hold = any(
            _folders(name) and _folders(there) and _agree(name, there)
            for name, there in within.items()
        )
        named: dict[Path, list[str]] = defaultdict(list)
        for name, path in single.items():
            is_elsewhere = folders_hold and not _agree(name, within[name])
            if is_elsewhere or _is_another(name, within[name]):
                found[name] = partial(self._astray, name, path)
            else:
                named[path].append(name)
        for path, alike in named.items():
            for name, other in self._contradicted(alike) if len(alike) > 1 else ():
                found[name] = partial(_contradiction, name, path, other)
        return [found[name] for name in names]

    def _found(self, name: str) -> list[Path]:
        """Return all pictures that a name may mean."""
        given = self._root / name
        if _is_file(given):
            return [given]
        parts = _parts(name)
        for first in range(len(parts)):
            path = self._root.joinpath(*parts[first:]) if parts[first] != "/" else given
            if _is_file(path):
                return [path]
        last = as_compared(_last(name))
        aligned = f"{PurePosixPath(last).stem}_aligned"
        return self._names().get(last) or self._names().get(aligned, [])

    def _within(self, path: Path) -> str:
        """Return a picture's path below the folder, or the whole one where it is elsewhere."""
        return (
            path.relative_to(self._root) if path.is_relative_to(self._root) else path
        ).as_posix()

    def _astray(self, name: str, path: Path) -> ImageError:
        return ImageError(
            f"no picture {name!r} in {self._root}; {self._within(path)} has its name, in another "
            "folder"
        )

    def _fault(self, name: str, found: list[Path]) -> ImageError:
        if found:
            shown = ", ".join(str(path.relative_to(self._root)) for path in found[:3])
            return ImageError(
                f"{name!r} may be any of {len(found)} pictures in {self._root} ({shown}); expected "
                "a path that tells which"
            )
        near = self._near(_last(name))
        return ImageError(f"no picture {name!r} in {self._root} or its folders{near}")

    def _contradicted(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """Tell which names of one picture others contradict, and which: none that stands so."""
        standing = next((name for name in names if _is_file(self._root / name)), None)
        if standing is not None:
            others = [name for name in names if not _may_be_one(name, standing)]
            return [(name, standing) for name in others if not _is_file(self._root / name)]
        longest = max(names, key=lambda name: len(_folders(name)))
        rival = next((name for name in names if not _may_be_one(name, longest)), None)
        if rival is None:
            return []
        return [
            (name, rival if name == longest else longest)
            for name in names
            if _folders(name) or _stem(name) != _stem(longest) or _stem(name) != _stem(rival)
        ]

    def _near(self, name: str) -> str:
        near = difflib.get_close_matches(as_compared(name), list(self._names())[:_COMPARED], 1)
        if not near:
            return "" if self._names() else "; it holds no pictures: put the table where they are"
        return f"; there is {self._names()[near[0]][0].relative_to(self._root)}"

    def _names(self) -> dict[str, list[Path]]:
        """All pictures by their names in lower case, with and without their endings."""
        if self._by_name is None:
            self._by_name = defaultdict(list)
            for path in iter_images(self._root):
                name = as_compared(path.name)
                self._by_name[name].append(path)
                if name.endswith(PICTURE_SUFFIXES):
                    self._by_name[PurePosixPath(name).stem].append(path)
        return self._by_name


def pictures_of(table: Path, name: str) -> Path:
    """Return the folder that holds what a table names, such as a name: its own, or the one above.

    RAF-DB and ExpW have their tables in a folder beside that of the pictures. Above a home there
    are other people's files, and more of them than anybody wants to wait for.
    """
    own = table.parent
    above = own.resolve().parent
    home = Path(os.path.expanduser("~")).resolve()
    if above in (home, *home.parents) or _is_file(own / name):
        return own
    if next(iter_images(own), None) is not None:
        return own
    return own.parent if own.name else above


_COMPARED = 20_000
_DIGITS = re.compile("[0-9]+")


def _contradiction(name: str, path: Path, other: str) -> ImageError:
    return ImageError(
        f"{name!r} leads to {path}, and so does {other!r}; expected a picture for each"
    )


def _parts(name: str) -> list[str]:
    """The parts of a path that may be another machine's."""
    return [part for part in PurePosixPath(name.replace("\\", "/")).parts if part != ".."]


def _last(name: str) -> str:
    return (_parts(name) or [name])[-1]


def _folders(name: str) -> tuple[str, ...]:
    return tuple(part for part in _parts(as_compared(name))[:-1] if part not in ("/", "."))


def _stem(name: str) -> str:
    """The last part of a path, without a picture's ending."""
    last = _last(name)
    return PurePosixPath(last).stem if last.lower().endswith(PICTURE_SUFFIXES) else last


def _may_be_one(name: str, other: str) -> bool:
    return _agree(name, other) and _stem(name) == _stem(other)


def _is_another(name: str, there: str) -> bool:
    """Tell whether a picture lies in a folder of another split, or number, than its name says."""
    if _agree(name, there):
        return False
    said, found = (usage_of_split(split_in(path), has_validation=True) for path in (name, there))
    if said is not None and found is not None and said != found:
        return True
    folder, other = _folders(name)[-1], _folders(there)[-1]
    return folder != other and _DIGITS.sub("0", folder) == _DIGITS.sub("0", other)


def _agree(name: str, other: str) -> bool:
    """Tell whether two paths may be of one picture: one's folders are the last of the other's."""
    shorter, longer = sorted(map(_folders, (name, other)), key=len)
    return longer[len(longer) - len(shorter) :] == shorter


def _is_file(path: Path) -> bool:
    try:
        return os.path.isfile(path)
    except ValueError:
        return False  # a zero byte in the name
