"""Which encoding a text file has, and its bytes as UTF-8, block by block.

With a byte order mark there is no question. Without one it is UTF-8 if it can be, else GB 18030 (which holds GBK and
GB 2312), the encoding spreadsheets here save in. Characters that are cut (old systems cut at a number of bytes) become
U+FFFD, and the cells that hold one are told as faults: a letter lost in a remark does not refuse a file.
"""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

from shared.tables.table import refusal

HEAD = 64 << 10
"""So many bytes are looked at before anything is decided."""
BLOCK = 8 << 20
_GROWTH = 8

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_ASCII = bytes(range(0x80))
_UNDECODABLE = "\ufffd"
_MOST_UNDECODABLE = 0.1
_MOST_CONTROL = 0.02
_CONTROLS = bytes(n for n in (*range(9), *range(14, 32)) if n != 0x1A)


def read_head(file: BinaryIO, size: int = HEAD) -> bytes:
    """The first `size` bytes, or all there are: a stream may give less than one asks for."""
    parts: list[bytes] = []
    while size > 0 and (part := file.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def encodings(head: bytes) -> list[str]:
    """The encodings `head` may be in, the likeliest first. Raises `TableInvalid` when it is no text.

    Only plain ASCII leaves the question open: then the first other character decides (`utf8_blocks`).
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return [encoding]
    if _controls(head) > _MOST_CONTROL * len(head):
        raise refusal("encoding-unknown")
    lost = {encoding: _undecodable(head, encoding) for encoding in ("utf-8", "gb18030")}
    likely = [encoding for encoding, count in lost.items() if count == 0] or sorted(lost, key=lambda e: lost[e])
    if lost[likely[0]] > _MOST_UNDECODABLE * len(head.translate(None, _ASCII)) + 3:
        raise refusal("encoding-unknown")
    return likely


def without_mark(head: bytes) -> bytes:
    """`head` without its byte order mark."""
    for mark, _ in _MARKS:
        if head.startswith(mark):
            return head[len(mark) :]
    return head


def decoded(head: bytes, encoding: str) -> str:
    """The text of `head`, whose last character may be cut."""
    return codecs.getincrementaldecoder(encoding)("replace").decode(head)


def utf8_blocks(head: bytes, file: BinaryIO, encoding: str, block: int = BLOCK) -> Iterator[bytes]:
    """All of the file in UTF-8, its `head` (without a mark) first. Lines end with a line feed, or with both signs."""
    blocks = _blocks(head, file, block)
    if encoding != "utf-8":
        blocks = _recoded(blocks, encoding)
    elif head.isascii():
        blocks = _undecided(blocks)
    if b"\n" not in head and b"\r" in head and b"\0" not in head:  # as Macs had it, long ago
        return (part.replace(b"\r", b"\n") for part in blocks)
    return blocks


def _blocks(head: bytes, file: BinaryIO, block: int) -> Iterator[bytes]:
    """The head and then ever more, up to `block`: what comes first is worked off while the next is read."""
    for at in range(0, len(head), block):
        yield head[at : at + block]
    size = len(head)
    while part := read_head(file, size := min(size * _GROWTH, block)):
        yield part


def _recoded(blocks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for block in blocks:
        yield decoder.decode(block).encode()
    yield decoder.decode(b"", final=True).encode()


def _undecided(blocks: Iterator[bytes]) -> Iterator[bytes]:
    for block in blocks:
        if not block.isascii():
            rest = _chained(block, blocks)
            yield from rest if _undecodable(block, "utf-8") == 0 else _recoded(rest, "gb18030")
            return
        yield block


def _chained(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from blocks


def _undecodable(head: bytes, encoding: str) -> int:
    text = decoded(head, encoding)
    own = head.count(_UNDECODABLE.encode()) if encoding == "utf-8" else 0
    return text.count(_UNDECODABLE) - own


def _controls(head: bytes) -> int:
    return len(head) - len(head.translate(None, _CONTROLS))
