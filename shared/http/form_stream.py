"""A form with files in it (multipart/form-data), read while it arrives: neither memory nor disk holds them whole.

The framework's own form parser spools a file to disk in clear; one with people in it must not lie there.
"""

from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fastapi import Request
from python_multipart.exceptions import FormParserError, MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from shared.errors import DomainError, Fault, Invalid, InvalidInput
from shared.faults import name_shown

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_PARTS = 20
MAX_FIELD = 2_000
"""Bytes of a field's value, or of a part's headers."""
_YES_OR_NO = {"true": True, "false": False, "1": True, "0": False, "": True}


class FormInvalid(DomainError):
    """No form, a broken one, or one that ends in the middle."""

    code = "form-invalid"
    status = 400


class FormFieldInvalid(Invalid):
    """A field of the form is missing, stands there twice, or cannot have that value."""

    code = "form-field-invalid"


class FormFilesInvalid(Invalid):
    """The form has no file, more than are taken, or one under another name."""

    code = "form-files-invalid"


@dataclass(slots=True)
class CountedFile:
    """The bytes of a file passing by, counted. Beyond `limit` bytes `too_large` is raised."""

    pieces: AsyncIterator[bytes]
    limit: int
    too_large: Callable[[], DomainError]
    size: int = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self.pieces:
            self.size += len(piece)
            if self.size > self.limit:
                raise self.too_large()
            yield piece


def form_of(request: Request, most_files: int = 1) -> "FormStream":
    """The request's form; its fields are those that the route documents (`shared.http.bodies.form`)."""
    content = request.scope["route"].openapi_extra["requestBody"]["content"]["multipart/form-data"]
    known = content["schema"]["properties"]
    return FormStream(request.stream(), request.headers.get("content-type", ""), known, most_files)


class FormStream:
    """`await until_file()`, read `file()` to its end, then `await rest()`: `fields` has all texts then.

    Where several files may come: as long as `await next_file()`, read `file()` to its end. A field that is not `known`
    is refused.
    """

    def __init__(
        self, body: AsyncIterator[bytes], content_type: str, known: Collection[str], most_files: int = 1
    ) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise FormInvalid
        self._body = body
        self._parts = _Parts(known, most_files)
        self._parser = _parser(options[b"boundary"], self._parts.callbacks())
        self.fields: Mapping[str, str] = self._parts.fields

    @property
    def file_name(self) -> str:
        """What the sender calls the file: the last part of a path, at most 200 characters; not to be trusted."""
        return self._parts.files[0].name

    def dry_run(self) -> bool:
        """Whether it shall only be tried, as it is unless the form says no. Raises `FormFieldInvalid`."""
        said = self.fields.get("dry_run", "").lower()
        if said not in _YES_OR_NO:
            raise FormFieldInvalid(field="dry_run")
        return _YES_OR_NO[said]

    async def until_file(self) -> None:
        """Read up to the file. Raises `FormInvalid`, `FormFieldInvalid`, `FormFilesInvalid` when there is none."""
        if not await self.next_file():
            raise self.files_invalid()

    def files_invalid(self) -> FormFilesInvalid:
        """To be raised when there is no file."""
        return self._parts.files_invalid()

    async def next_file(self) -> bool:
        """Read up to the next file, past what is left of the one before; False when there is none. As `rest` raises."""
        files = self._parts.files
        if files and files[0].ended:
            files.popleft()
        while not files:
            if not await self._pump():
                await self.rest()
                return False
        return True

    async def file(self) -> AsyncIterator[bytes]:
        """The file's bytes as they come. Raises `FormInvalid` when the body ends within it."""
        file = self._parts.files[0]
        while True:
            while file.pieces:
                yield file.pieces.popleft()
            if file.ended:
                return
            if not await self._pump():
                raise FormInvalid

    async def rest(self) -> None:
        """Read what stands behind the file. Raises `FormInvalid` when the form does not end as it should."""
        while await self._pump():
            pass
        if not self._parts.ended:
            raise FormInvalid

    async def _pump(self) -> bool:
        """Take in one piece of the body; False at its end."""
        piece = await anext(self._body, None)
        if piece is None:
            return False
        try:
            self._parser.write(piece)
        except MultipartParseError:
            pass  # raised below, outside this block: the parser's error may carry what was sent
        else:
            return True
        raise FormInvalid


def _parser(boundary: bytes, callbacks: "MultipartCallbacks") -> MultipartParser:
    try:
        return MultipartParser(boundary, callbacks)
    except FormParserError:  # the parser takes 256 bytes of it; the standard allows 70
        pass
    raise FormInvalid


@dataclass(slots=True)
class _File:
    name: str
    pieces: deque[bytes] = field(default_factory=deque)
    ended: bool = False


class _Parts:
    """What the parser has found so far."""

    def __init__(self, known: Collection[str], most_files: int) -> None:
        self.fields: dict[str, str] = {}
        self._known = known
        self.files: deque[_File] = deque()  # the first is the one that is read
        self.ended = False
        self._most_files = most_files
        self._files_begun = 0
        self._count = 0
        self._header = self._header_value = self._value = b""
        self._disposition = b""
        self._name = ""
        self._in_file = False

    def callbacks(self) -> "MultipartCallbacks":
        """For `MultipartParser`."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header,
            "on_header_value": self._on_header_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self._count += 1
        if self._count > MAX_PARTS - 1 + self._most_files:
            raise FormInvalid
        self._header = self._header_value = self._value = self._disposition = b""

    def _on_header(self, data: bytes, start: int, end: int) -> None:
        self._header = _longer(self._header, data[start:end])

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value = _longer(self._header_value, data[start:end])

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header = self._header_value = b""

    def _end_headers(self) -> None:
        kind, options = parse_options_header(self._disposition)
        if kind != b"form-data" or b"name" not in options:
            raise FormInvalid
        self._name = _text(options[b"name"])
        self._in_file = b"filename" in options
        if self._name in self.fields:
            raise FormFieldInvalid
        if not self._in_file and self._name not in self._known:
            raise InvalidInput([Fault(name_shown(self._name), "field-unknown")])
        if self._in_file:
            if self._files_begun >= self._most_files or self._name != "file":
                raise self.files_invalid()
            self._files_begun += 1
            self.files.append(_File(_base_name(options[b"filename"])))

    def files_invalid(self) -> FormFilesInvalid:
        return FormFilesInvalid(field="file", most=self._most_files)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self.files[-1].pieces.append(data[start:end])
        else:
            self._value = _longer(self._value, data[start:end])

    def _end(self) -> None:
        if self._in_file:
            self.files[-1].ended = True
        else:
            self.fields[self._name] = _text(self._value).strip()

    def _finish(self) -> None:
        self.ended = True


def _longer(text: bytes, more: bytes) -> bytes:
    if len(text) + len(more) > MAX_FIELD:
        raise FormInvalid
    return text + more


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _base_name(name: bytes) -> str:
    return _text(name).replace("\\", "/").rpartition("/")[2][-200:]
