"""Text files of any origin: UTF-8, with a byte-order mark or without."""

from __future__ import annotations

import codecs
from pathlib import Path

from atom import ToMError

_WIDE = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path, what: str, error: type[ToMError]) -> str:
    r"""The text of a file; line ends are ``\n``.

    Args:
        path: the file.
        what: how errors call it, such as ``"the map file"``.
        error: what is raised.

    Raises:
        ToMError: of the type ``error``: the file cannot be read, or is no UTF-8 text; the line is named.
    """
    try:
        raw = path.read_bytes()
    except OSError as failed:
        raise error(f"cannot read {what} {str(path)!r}: {failed.strerror}") from None
    raw = raw.removeprefix(codecs.BOM_UTF8)
    if raw.startswith(_WIDE):
        raise error(f"{what} {str(path)!r} is UTF-16 or UTF-32, not UTF-8 text; save it as UTF-8")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as failed:
        line = raw.count(b"\n", 0, failed.start) + 1
        raise error(
            f"{what} {str(path)!r} is not UTF-8 text: line {line} holds the byte 0x{raw[failed.start]:02x}; "
            "save it as UTF-8"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
