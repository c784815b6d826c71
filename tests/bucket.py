"""A bucket that speaks as much S3 as files need, and refuses what it is told to refuse."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from shared.clock import utc_now

URL = "s3://bucket/files"
_LISTED = "<Contents><Key>{}</Key><Size>{}</Size><LastModified>{}</LastModified></Contents>"
_DELETED = "<Deleted><Key>{}</Key></Deleted>"
_KEPT = "<Error><Key>{}</Key><Code>AccessDenied</Code><Message>no</Message></Error>"


class Bucket(ThreadingHTTPServer):
    """Objects by their keys, and what is not given."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Speaker)
        self.objects = dict[str, bytes]()
        self.parts = dict[str, dict[int, bytes]]()
        self.refused = set[str]()
        self.closed = False
        """It refuses everything, as where the key was taken away."""


class _Speaker(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Bucket

    def do_GET(self) -> None:
        key, asked = self._asked()
        if self._refuses(key):
            return
        if "list-type" in asked:
            found = {name: held for name, held in self.server.objects.items() if name.startswith(asked["prefix"][0])}
            now = utc_now().isoformat()
            listed = "".join(_LISTED.format(name, len(held), now) for name, held in found.items())
            self._say(200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{listed}</ListBucketResult>".encode())
        elif (held := self.server.objects.get(key)) is None:
            self._say(404)
        elif "Range" in self.headers:
            first, last = map(int, self.headers["Range"].removeprefix("bytes=").split("-"))
            piece = held[first : last + 1]
            self._say(206, piece, {"Content-Range": f"bytes {first}-{first + len(piece) - 1}/{len(held)}"})
        else:
            self._say(200, held)

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_POST(self) -> None:
        key, asked = self._asked()
        if self._refuses(key):
            return
        if "delete" in asked:
            names = re.findall("<Key>(.*?)</Key>", self._body.decode())
            said = [_KEPT.format(name) if name in self.server.refused else _DELETED.format(name) for name in names]
            for name in set(names) - self.server.refused:
                self.server.objects.pop(name, None)
            self._say(200, f"<DeleteResult>{''.join(said)}</DeleteResult>".encode())
        elif "uploads" in asked:
            self.server.parts[key] = {}
            self._say(200, b"<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>")
        else:
            self.server.objects[key] = b"".join(held for _, held in sorted(self.server.parts.pop(key).items()))
            self._say(200, b"<CompleteMultipartUploadResult><ETag>1</ETag></CompleteMultipartUploadResult>")

    def do_PUT(self) -> None:
        key, asked = self._asked()
        if self._refuses(key):
            return
        if "partNumber" in asked:
            self.server.parts[key][int(asked["partNumber"][0])] = self._body
        else:
            self.server.objects[key] = self._body
        self._say(200)

    def _asked(self) -> tuple[str, dict[str, list[str]]]:
        parts = urlsplit(self.path)
        self._body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return unquote(parts.path).removeprefix("/bucket/"), parse_qs(parts.query, keep_blank_values=True)

    def _refuses(self, key: str) -> bool:
        refuses = self.server.closed or key in self.server.refused
        if refuses:
            self._say(403, b"<Error><Code>AccessDenied</Code></Error>")
        return refuses

    def _say(self, status: int, body: bytes = b"", more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "ETag": '"1"', **(more or {})}.items():
            self.send_header(name, value)
        self.send_header("Last-Modified", formatdate(usegmt=True))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def open_bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A bucket that the settings of files lead to, as `URL`, for as long as the block goes."""
    bucket = Bucket()
    place = f"http://127.0.0.1:{bucket.server_port}"
    for name, value in (("ENDPOINT", place), ("ALLOW_HTTP", "true"), ("REGION", "any")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    thread = threading.Thread(target=bucket.serve_forever, daemon=True)
    thread.start()
    try:
        yield bucket
    finally:
        bucket.shutdown()
        bucket.server_close()
        thread.join()
