"""Safe downloads: https from public hosts only, resumable, limited in size, verified, and atomic."""

from __future__ import annotations

import hashlib
import http.client
import ipaddress
import re
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

from dlpy.core.errors import DataError, StorageError, UnavailableError
from dlpy.core.progress import Progress
from dlpy.storage.cache import alone

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
_CHUNK = 1 << 18
_REDIRECTS = 5
_LOOPBACK = ("127.0.0.1", "localhost")


class Address:
    """A URL, and the rules for downloading it."""

    def __init__(self, url: str, *, max_bytes: int = 1 << 30, loopback: bool = False) -> None:
        self.url = url
        self.max_bytes = max_bytes
        self.loopback = loopback  # allow only http to this machine: for tests
        self._opener = urllib.request.OpenerDirector()  # not build_opener, which also supports file:, ftp: and data:
        for handler in _handlers(loopback):
            self._opener.add_handler(handler)

    def open(self, start: int) -> http.client.HTTPResponse:
        """Return the response from byte `start` on; every redirect is checked and followed."""
        url = self.url
        for _ in range(_REDIRECTS + 1):
            check_address(url, loopback=self.loopback)
            request = urllib.request.Request(url, headers={"User-Agent": "dlpy"})
            if start:
                request.add_header("Range", f"bytes={start}-")
            try:
                return self._opener.open(request, timeout=CONNECT_SECONDS)
            except urllib.error.HTTPError as error:
                location = error.headers.get("Location")
                error.close()
                if error.code not in (301, 302, 303, 307, 308) or not location:
                    raise
                url = urljoin(url, location)
        raise DataError(f"{self.url} redirects more than {_REDIRECTS} times.")


def download(address: Address, target: Path, checksum: str | None, progress: Progress | None = None) -> None:
    """Download a file to `target`; an interrupted download is resumed.

    Args:
        checksum: expected sha256 or md5 of the file; None only checks the length reported by the server.

    Raises:
        UnavailableError: there is no network, or the server does not provide the file.
        DataError: the address is not allowed, or the file is too large or has the wrong checksum.
    """
    part = target.with_name(f"{target.name}.part")
    with _storage(target), alone(target):
        if target.is_file() and checksum and has_checksum(target, checksum):
            return
        if checksum is None:
            part.unlink(missing_ok=True)  # without a checksum, nothing shows whether both parts belong together
        _fill(part, address, progress)
        if checksum and not has_checksum(part, checksum):
            part.unlink()
            kind = _kind(checksum)
            raise DataError(
                f"the download from {address.url} is not {target.name}: its {kind} is wrong. It was deleted; try again."
            )
        part.replace(target)


def has_checksum(path: Path, checksum: str) -> bool:
    """Return whether a file has this sha256, or this md5 for 32 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, _kind(checksum)).hexdigest() == checksum


def _kind(checksum: str) -> str:
    return "md5" if len(checksum) == 32 else "sha256"


def check_address(url: str, *, loopback: bool = False) -> None:
    """Raise DataError unless the address is https with a host name or, in tests, http to this machine."""
    parts = urlsplit(url)
    if loopback and parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return
    if loopback or parts.scheme != "https" or not parts.hostname or parts.username is not None:
        raise DataError(f"cannot download from {url}: only https:// addresses without a password are allowed.")
    try:
        number = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return
    _require_public(number, parts.hostname)


def _fill(part: Path, address: Address, progress: Progress | None) -> None:
    """Append the missing bytes to `part`; start over if the server does not support this."""
    try:
        with part.open("ab") as file, _continued(address, file) as response:
            start = file.tell()
            length = response.headers.get("Content-Length")
            total = start + int(length) if length and length.isdigit() else None
            _copy(response, file, (start, total, address.max_bytes), progress)
    except _TooLarge:
        part.unlink()
        raise DataError(f"{address.url} has more than {address.max_bytes:,} bytes, the limit for downloads.") from None
    except urllib.error.HTTPError as error:
        raise UnavailableError(f"{address.url} answers {error.code} {error.reason}.") from None
    except (urllib.error.URLError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise UnavailableError(f"{address.url} cannot be downloaded: {reason}.") from None


def _continued(address: Address, file: BinaryIO) -> http.client.HTTPResponse:
    """Return a response that continues `file`; the file is emptied if the server does not support this."""
    start = file.tell()
    if start:
        try:
            response = address.open(start)
        except urllib.error.HTTPError as error:
            if error.code != 416:  # 416: there are no bytes after ours, so it is another file
                raise
        else:
            found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
            if response.status == 206 and found and int(found[1]) == start:
                return response
            response.close()
        file.truncate(0)
        file.seek(0)
    return address.open(0)


class _TooLarge(Exception):
    """The download exceeds the size limit."""


def _copy(
    response: http.client.HTTPResponse,
    file: BinaryIO,
    sizes: tuple[int, int | None, int],
    progress: Progress | None,
) -> None:
    done, total, most = sizes
    if total is not None and total > most:
        raise _TooLarge
    while chunk := _read(response):
        done += len(chunk)
        if done > most:
            raise _TooLarge
        file.write(chunk)
        if progress is not None:
            progress(done, total)
    if total is not None and done < total:
        raise http.client.HTTPException(f"the connection broke after {done:,} of {total:,} bytes; run again to resume")


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read(_CHUNK)
    except OSError as error:  # not to be confused with a full disk
        raise urllib.error.URLError(error) from None


class _PublicConnection(http.client.HTTPSConnection):
    """A connection to public addresses only; checks the address that is actually used."""

    def connect(self) -> None:
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        for *_, address in found:
            _require_public(ipaddress.ip_address(str(address[0]).partition("%")[0]), self.host)
        plain = socket.create_connection((str(found[0][4][0]), self.port), timeout=CONNECT_SECONDS)
        plain.settimeout(READ_SECONDS)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


class _PublicHandler(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        if getattr(req, "_tunnel_host", None):  # with a proxy, the proxy resolves names
            return super().https_open(req)
        return self.do_open(_PublicConnection, req)


def _handlers(loopback: bool) -> list[urllib.request.BaseHandler]:
    common = [urllib.request.HTTPErrorProcessor(), urllib.request.HTTPDefaultErrorHandler()]
    if loopback:
        return [urllib.request.HTTPHandler(), *common]
    return [urllib.request.ProxyHandler(), _PublicHandler(), *common]


def _require_public(number: ipaddress.IPv4Address | ipaddress.IPv6Address, host: str) -> None:
    if not number.is_global or number.is_multicast:
        raise DataError(f"cannot download from {host}: {number} is not a public address.")


@contextmanager
def _storage(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"cannot write {target}: {error.strerror or error}.") from error
