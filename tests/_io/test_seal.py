"""The checksum over all bytes of a file."""

from __future__ import annotations

import numpy as np
import pytest

from fernet._io.seal import UNSEALED, is_intact, sealed_parts


def sealed():
    text = f'{{"sha256":"{UNSEALED}","note":"sha256"}}'
    return b"".join(sealed_parts({"w": np.arange(3.0)}, "fernet", text))


def test_every_byte_counts():
    raw = sealed()
    digest = raw.split(b'sha256\\":\\"')[1][:64].decode()
    assert is_intact(raw, digest)
    for place in range(8, len(raw)):
        changed = bytearray(raw)
        changed[place] ^= 1
        assert not is_intact(bytes(changed), digest)


def test_a_document_that_no_header_holds_is_refused():
    text = f'{{"sha256":"{UNSEALED}","note":"{"x" * (101 << 20)}"}}'
    with pytest.raises(ValueError, match=r"no file can hold it: .*header too large"):
        sealed_parts({}, "fernet", text)


def test_a_document_without_a_place_for_it_is_refused():
    with pytest.raises(ValueError, match="no sha256 to fill in"):
        sealed_parts({}, "fernet", '{"note":"sha256"}')
