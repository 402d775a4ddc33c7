"""What is left of a damaged results file: its pages read one by one, as SQLite's file format has them.

SQLite gives up a table at the first page that it cannot follow. Here every page is tried as a leaf of some
table, wherever it hangs, and so is every page of the write-ahead log; whether a record is one of ours, and
whole, is told by its checksum (in rows of before, by whether it can be read). The format is that of
https://www.sqlite.org/fileformat2.html, sections 1.5 and 1.6, 2.1, and 4.1.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PAGE_SIZE = 4096
"""SQLite's own, which results files have."""
_LEAF, _HEADER, _FILE_HEADER = 13, 8, 100
_WAL_HEADER, _FRAME_HEADER, _SALTS = 32, 24, slice(16, 24)
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""Serial type -> bytes of a whole number."""
_MOST_COLUMNS = 100
_GIVE_UP = 8
"""After so many cells that are none, a page that does not say that it is a leaf is none."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record of some table.

    Attributes:
        place: its row number.
        values: its columns: numbers, texts, bytes and None.
    """

    place: int
    values: tuple[Any, ...]


class _NoRecordError(Exception):
    """These bytes are no record."""


def salvaged(path: Path) -> Iterator[Record]:
    """Every record that is found in a database and its write-ahead log; later ones of a row are newer.

    Args:
        path: the database. Nothing is written, and no lock is taken.

    Raises:
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    size = _page_size(data)
    pages = {n + 1: data[at : at + size] for n, at in enumerate(range(0, len(data), size))}
    frames = list(_frames(path.with_name(path.name + "-wal"), size))
    latest = {**pages, **dict(frames)}
    for number, page in [*pages.items(), *frames]:
        yield from _leaf(page, number, size, latest)
        if number in latest and latest[number] is not page:
            # a page that the log has in a later form, whose overflow may be of before
            yield from _leaf(page, number, size, pages)


def _page_size(data: bytes) -> int:
    (size,) = struct.unpack(">H", data[16:18].ljust(2, b"\0"))
    size = 65536 if size == 1 else size
    return size if size in {2**n for n in range(9, 17)} else _PAGE_SIZE


def _frames(log: Path, size: int) -> Iterator[tuple[int, bytes]]:
    """(number, page) of a write-ahead log, the earliest first; none of a log that was begun anew since."""
    if not log.is_file():
        return
    data = log.read_bytes()
    for at in range(_WAL_HEADER, len(data) - _FRAME_HEADER, _FRAME_HEADER + size):
        header = data[at : at + _FRAME_HEADER]
        if header[8:16] == data[_SALTS]:
            yield struct.unpack(">I", header[:4])[0], data[at + _FRAME_HEADER : at + _FRAME_HEADER + size]


def _leaf(page: bytes, number: int, size: int, pages: Mapping[int, bytes]) -> Iterator[Record]:
    """The records of a page, if it is a leaf of a table; not by how many it says that it has."""
    begin = _FILE_HEADER if number == 1 else 0
    if len(page) < size or (page[begin] != _LEAF and page[begin] in (2, 5, 10)):
        return
    at, first, failed, found = begin + _HEADER, size, 0, 0
    while at + 2 <= first and (found or failed < _GIVE_UP or page[begin] == _LEAF):
        (cell,) = struct.unpack_from(">H", page, at)
        at += 2
        try:
            yield _record(page, cell, size, pages)
        except (_NoRecordError, IndexError, struct.error):
            failed += 1
            continue
        found += 1
        first = min(first, cell)


def _record(page: bytes, at: int, size: int, pages: Mapping[int, bytes]) -> Record:
    if at < _HEADER:
        raise _NoRecordError
    length, at = _varint(page, at)
    place, at = _varint(page, at)
    if not 0 < length <= size * len(pages):
        raise _NoRecordError
    local = length if length <= size - 35 else _local(length, size)
    payload = bytearray(page[at : at + local])
    if len(payload) < local:
        raise _NoRecordError
    if local < length:
        (following,) = struct.unpack_from(">I", page, at + local)
        while len(payload) < length:
            overflow = pages.get(following)
            if overflow is None or len(overflow) < size:
                raise _NoRecordError
            (following,) = struct.unpack_from(">I", overflow)
            payload += overflow[4 : 4 + length - len(payload)]
    return Record(place, tuple(_values(bytes(payload))))


def _local(length: int, size: int) -> int:
    """How many bytes of a record lie in its cell, where the others are on overflow pages."""
    least = (size - 12) * 32 // 255 - 23
    kept = least + (length - least) % (size - 4)
    return kept if kept <= size - 35 else least


def _values(payload: bytes) -> list[Any]:
    end, at = _varint(payload, 0)
    types = []
    while at < end:
        kind, at = _varint(payload, at)
        types.append(kind)
    if at != end or not 0 < len(types) <= _MOST_COLUMNS:
        raise _NoRecordError
    values = []
    for kind in types:
        value, at = _value(payload, at, kind)
        values.append(value)
    if at != len(payload):
        raise _NoRecordError
    return values


def _value(payload: bytes, at: int, kind: int) -> tuple[Any, int]:
    """A value of a serial type, and where the next one begins."""
    if kind in (0, 8, 9):
        return {0: None, 8: 0, 9: 1}[kind], at
    if kind in (10, 11):
        raise _NoRecordError
    length = _INTEGERS.get(kind) or (8 if kind == 7 else (kind - 12) // 2)
    raw = payload[at : at + length]
    if len(raw) < length:
        raise _NoRecordError
    if kind in _INTEGERS:
        return int.from_bytes(raw, "big", signed=True), at + length
    if kind == 7:
        return struct.unpack(">d", raw)[0], at + length
    return (raw.decode("utf-8", "replace") if kind % 2 else raw), at + length


def _varint(data: Sequence[int], at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where the next one begins."""
    value = 0
    for n in range(8):
        byte = data[at + n]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + n + 1
    value = value << 8 | data[at + 8]
    return value - (1 << 64) if value >> 63 else value, at + 9
