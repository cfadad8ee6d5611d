"""What lies in the place of a file, by its first bytes."""

from __future__ import annotations

import codecs
import unicodedata

_WEB_PAGES = (b"<!doctype html", b"<html")
_XML = (b"<?xml", b"<error")
_SPACES = "\t\n\r\f"


def in_the_place(head: bytes) -> str:
    """Say what a download has left in the place of any file; "" where it seems to be the file.

    Examples
    --------
    >>> from fernet._io.strangers import in_the_place
    >>> in_the_place(b"<html>Please log in")
    "a web page in the file's place, as a failed download leaves it"
    """
    if head.startswith(b"version https://git-lfs"):
        return "a note of Git LFS in the file's place; git lfs pull fetches it"
    if plain(head).startswith(_WEB_PAGES):
        return "a web page in the file's place, as a failed download leaves it"
    if plain(head).startswith(_XML):
        return "XML in the file's place, as a server answers where it refuses a download"
    return ""


def is_text(head: bytes) -> bool:
    r"""Tell whether the first bytes of a file are signs that can be read, as UTF-8.

    Examples
    --------
    >>> from fernet._io.strangers import is_text
    >>> is_text(b"image,label"), is_text(b"PK\x03\x04")
    (True, False)
    """
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return False
    return all(sign in _SPACES or unicodedata.category(sign) != "Cc" for sign in text)


def plain(head: bytes) -> bytes:
    """Return the beginning of a text in lower case, without a byte order mark and space."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
