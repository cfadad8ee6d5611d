"""Names the files that lie where pictures are expected, by what they begin with."""

from __future__ import annotations

import json
import re
from pathlib import Path

from fernet._io.strangers import in_the_place, plain

_JSON = re.compile(r'\s*(\[\s*)?\{\s*"')
_XML = re.compile(r"\s*<(\?xml|annotations?)\b")
_NESTED = re.compile(r'"\s*:\s*\[?\s*\{')
_JSON_HEAD = 1 << 16
_DRAWINGS = (b"<svg", b"<?xml")
_VIDEO = "a video; EmotionRecognizer.video reads it, and fernet predict by a name such as a.mp4"
_RAW = "a camera's raw file; export it as JPEG"
_TIFF = "a TIFF that can't be read, or a camera's raw file; export it as JPEG"
_JPEG = "a JPEG that is damaged or cut off, or has 12 bits a colour; save it with 8"
_DEEP = "a picture of high dynamic range; save it as PNG or JPEG"
_DICOM = (128, b"DICM")  # where it stands
_BEGINNINGS = {
    b"%PDF": "a PDF document; save its pages as pictures",
    b"PK\x03\x04": "a ZIP archive, or a document that is one; unpack it",
    b"\x1a\x45\xdf\xa3": _VIDEO,
    b"FLV\x01": _VIDEO,
    **dict.fromkeys((b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"IIU\0"), _RAW),
    **dict.fromkeys((b"II*\0", b"MM\0*"), _TIFF),
    b"\xff\xd8\xff": _JPEG,
    **dict.fromkeys((b"\x89PNG", b"GIF8"), "a picture that is damaged or cut off"),
    **dict.fromkeys((b"\xff\x0a", b"\0\0\0\x0cJXL "), "a JPEG XL picture; save it as PNG or JPEG"),
    **dict.fromkeys((b"v/1\x01", b"#?RADIANCE", b"#?RGBE", b"PF\n"), _DEEP),
    b"%!PS": "a PostScript document; save it as PNG",
    b"SIMPLE  =": "a FITS file; astropy reads it: save its pictures as PNG",
}

# Files of data that hold faces at times, but not as CSV.
_DATA = {
    b"PAR1": "a Parquet file, as Hugging Face keeps data sets; load_parquet reads its pictures",
    b"ARROW1": "an Arrow file; pyarrow reads it: write its pictures into a folder for each class",
    b"\x89HDF": "an HDF5 file; h5py reads it, and classifiers take its arrays",
    b"\x93NUMPY": "an array that NumPy wrote; numpy.load reads it, and classifiers take it",
    b"\x80": "a pickle, it seems; pandas.read_pickle reads it, if you trust who wrote it",
    b"MATLAB 5.0": "MATLAB's file; scipy.io.loadmat reads it, and classifiers take its arrays",
    b"\xd0\xcf\x11\xe0": "a workbook of an old Excel; save its table as CSV",
    b"SQLite": "an SQLite data base; pandas.read_sql reads it",
    **dict.fromkeys((b"7z\xbc\xaf", b"Rar!", b"\x28\xb5\x2f\xfd"), "an archive; unpack it"),
    **dict.fromkeys(
        (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM"),
        "a picture; give a folder with a folder of pictures for each class",
    ),
}


def other_data(head: bytes) -> str:
    """Say what a file of data is that is no CSV, and what helps; "" where that is not known.

    Examples
    --------
    >>> from fernet.datasets._strangers import other_data
    >>> other_data(b"Rar!")
    'an archive; unpack it'
    """
    return next((answer for first, answer in _DATA.items() if head.startswith(first)), "")


def what_else(head: bytes) -> str:
    """Say what a file is that is no picture, and what helps.

    Parameters
    ----------
    head : bytes
        Its first 160 bytes or so.

    Returns
    -------
    str
        "" where that is not known.

    Examples
    --------
    >>> from fernet.datasets._strangers import what_else
    >>> what_else(b"%PDF-1.7")
    'a PDF document; save its pages as pictures'
    """
    for beginning, answer in _BEGINNINGS.items():
        if head.startswith(beginning):
            return answer
    if head.startswith(_DICOM[1], _DICOM[0]):
        return "a DICOM file; pydicom reads it: save its pictures as PNG"
    if head[4:12] == b"ftypcrx ":
        return _RAW
    if head[4:8] == b"ftyp" or (head[:4] == b"RIFF" and head[8:12] == b"AVI "):
        return _VIDEO
    if b"pixels" in plain(head).partition(b"\n")[0].replace(b'"', b"").split(b","):
        return "a CSV of faces; load_fer2013 reads it, and fernet evaluate with --data"
    if plain(head).startswith(_DRAWINGS):
        return "an SVG drawing or other XML; save it as PNG"
    return in_the_place(head)


def refuse_documents(path: Path, text: str) -> None:
    """Refuse the lists of pictures, or of their pixels, that others have in place of tables.

    Parameters
    ----------
    path : Path
        The file, for the message.
    text : str
        Its beginning, or all of it.

    Raises
    ------
    ValueError
        If it is JSON, as of Hugging Face, COCO or pandas, or XML, as of VOC or CVAT.
    """
    if _XML.match(text):
        raise ValueError(
            f"{path}: XML, as annotation tools write; expected a table with a row for each picture"
        )
    if not _JSON.match(text):
        return
    try:
        has_lines = isinstance(json.loads(text.lstrip().partition("\n")[0]), dict)
    except ValueError:
        has_lines = False
    # Annotation tools nest what they say of a picture, which no table holds.
    is_nested = bool(_NESTED.search(text[:_JSON_HEAD]))
    # A document of one line is an object too, with lists in it.
    if is_nested:
        cure = "a few lines do, as those of the guide's page on pixels"
    elif has_lines and text.strip().count("\n"):
        cure = f"pandas.read_json({path.name!r}, lines=True).to_csv('labels.csv', index=False)"
    elif text.lstrip().startswith("["):
        cure = f"pandas.read_json({path.name!r}).to_csv('labels.csv', index=False)"
    else:
        cure = "a few lines do, as those of the guide's page on pixels"
    raise ValueError(
        f"{path}: JSON; expected a table with a row for each picture, which is to be written "
        f"first: {cure}"
    )
