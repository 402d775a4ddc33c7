"""Checksums of rows: what tells a row that is as it was written from one that is not.

CRC-32 over the table's name and all columns but the checksum itself, so that a row that lands in another
place, or loses a bit of its score, is found like one whose steps are damaged. It is against accidents;
whoever changes a file on purpose can change the checksum as well.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any


def checksum(table: str, values: Sequence[Any], blob: bytes = b"") -> int:
    """The checksum of a row.

    Args:
        table: where it stands.
        values: its columns but for the blob and the checksum; numbers, texts and None.
        blob: the column of bytes.

    Returns:
        a number in [0, 2^32).
    """
    # ascii() and not repr(): which characters count as printable differs among versions of Python
    return zlib.crc32(blob, zlib.crc32(ascii((table, *values)).encode("ascii")))
