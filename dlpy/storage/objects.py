"""Files in object storage, and wherever else fsspec finds some: s3://bucket/table.csv, gs://..., http://..."""

from __future__ import annotations

import re
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from dlpy.core.errors import ConfigError, DataError, DlpyError, SetupError, UnavailableError, did_you_mean, in_one_line
from dlpy.core.patience import within
from dlpy.storage.locate import is_offline

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]*)://\S+")
_WITH_FOLDERS = ("file", "local", "sftp", "ssh", "smb", "hdfs", "webhdfs", "webdav", "ftp")
_OF_THIS_MACHINE = ("memory", "file", "local")
_ANSWER_SECONDS = 30.0  # for what takes no time but that of the network
_CHUNK = 1 << 20
_VERSIONS = ("ETag", "etag", "md5Hash", "md5", "mtime", "LastModified", "created")  # what storages call it
Answer = TypeVar("Answer")


class NothingThereError(UnavailableError):
    """The storage answers that there is nothing at an address."""


@dataclass(frozen=True)
class Stored:
    """A file in a storage: its path there, its size in bytes if known, and what changes when it is written again."""

    path: str
    size: int
    version: str


def is_remote(text: str) -> bool:
    """Return whether a text is an address such as s3://bucket/table.csv."""
    return _ADDRESS.fullmatch(text) is not None


class Storage:
    """What lies at an address, and below it.

    Raises:
        ConfigError: the scheme is unknown. SetupError: a package is missing.
        UnavailableError: DLPY_OFFLINE forbids the network.
    """

    def __init__(self, address: str) -> None:
        if not is_remote(address):
            raise ConfigError(f"{address}: expected an address such as s3://bucket/folder.")
        self.address = address.rstrip("/")
        scheme = address.partition("://")[0]
        fsspec = _fsspec(address)
        known = [*fsspec.available_protocols()]
        if scheme not in known:
            raise ConfigError(f"{address}: unknown scheme '{scheme}'.{did_you_mean(scheme, known)}")
        if is_offline() and scheme not in _OF_THIS_MACHINE:
            raise UnavailableError(f"{address}: DLPY_OFFLINE forbids the network.")
        try:
            self._system, self.root = fsspec.core.url_to_fs(self.address, use_listings_cache=False)
        except ImportError as error:
            raise SetupError(f"{address}: {str(error).rstrip('.')}.") from None
        except Exception as error:
            raise ConfigError(f"{address}: {in_one_line(error)}.") from None

    def files(self) -> dict[str, Stored]:
        """Return the files below the address by their path from there; a single file by the empty text."""
        info = self._asked(lambda: self._system.info(self.root))
        if info["type"] == "file":
            return {"": self._stored(self.root, info)}
        found: dict[str, Any] = self._asked(lambda: self._system.find(self.root, detail=True))
        return {path[len(self.root) :].strip("/"): self._stored(path, info) for path, info in found.items()}

    def folders(self) -> list[str]:
        """Return the names of the folders at the address; none where nothing is there."""
        try:
            found = self._asked(lambda: self._system.ls(self.root, detail=True))
        except NothingThereError:
            return []
        return sorted(entry["name"].rstrip("/").rpartition("/")[2] for entry in found if entry["type"] == "directory")

    def below(self, name: str) -> Storage:
        """Return the storage of a folder at the address."""
        return Storage(f"{self.address}/{name}")

    def get(self, stored: Stored, path: Path, told: Callable[[int], object] = lambda count: None) -> None:
        """Copy a file to this machine.

        Args:
            told: called with the number of bytes that have arrived.

        Raises:
            UnavailableError: the storage cannot be reached, or a part of the file arrives.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._answers(), self._system.open(stored.path, "rb") as source, path.open("wb") as target:
            while chunk := source.read(_CHUNK):
                target.write(chunk)
                told(len(chunk))
        if stored.size and path.stat().st_size != stored.size:
            raise UnavailableError(f"{self.address}: {path.stat().st_size:,} of {stored.size:,} bytes arrived.")

    def put(self, path: Path, name: str) -> None:
        """Copy a file of this machine to the storage."""
        where = f"{self.root}/{name}"
        with self._answers():
            self._make_folder(where)
            self._system.put_file(str(path), where)

    def has(self, name: str) -> bool:
        """Return whether there is a file of this name."""
        return self._asked(lambda: self._system.exists(f"{self.root}/{name}"))

    def create(self, name: str, text: str) -> bool:
        """Create a file unless there is one of this name; return whether this call did.

        Of several calls at once, one creates it where the storage can create a file on this condition: S3, Google's and
        Azure's can. Elsewhere the last one does, and an earlier one may not notice.
        """
        where, content = f"{self.root}/{name}", text.encode()
        return not self.has(name) and self._asked(lambda: self._created(where, content))

    def _created(self, where: str, content: bytes) -> bool:
        self._make_folder(where)
        try:
            self._system.pipe_file(where, content, mode="create")
        except Exception:  # another call was faster, or this storage knows no condition
            if not self._system.exists(where):
                self._system.pipe_file(where, content)
        return self._system.cat_file(where) == content

    def _make_folder(self, where: str) -> None:
        """Make the folder of a file; storages without folders would make a bucket of a misspelt name."""
        if self.address.partition("://")[0] in _WITH_FOLDERS:
            self._system.makedirs(where.rpartition("/")[0], exist_ok=True)

    def require_writable(self) -> None:
        """Raise UnavailableError if no file can be written here."""
        with tempfile.TemporaryDirectory() as folder:
            probe = Path(folder) / "probe"
            probe.touch()
            name = f".probe-{secrets.token_hex(4)}"
            self._asked(lambda: self.put(probe, name))
            self._asked(lambda: self.remove(name))

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with self._answers(), suppress(FileNotFoundError):
            self._system.rm_file(f"{self.root}/{name}")

    def _asked(self, ask: Callable[[], Answer]) -> Answer:
        with self._answers():
            return within(_ANSWER_SECONDS, ask)

    @contextmanager
    def _answers(self) -> Iterator[None]:
        """Turn the errors of a storage, which are those of its library, into one line."""
        try:
            yield
        except DlpyError:
            raise
        except FileNotFoundError as error:
            cause = error.__cause__  # fsspec raises it also where no server answers http://, or one refuses
            if cause and (isinstance(cause, OSError) or getattr(cause, "status", 404) != 404):
                raise UnavailableError(f"{self.address} cannot be reached: {in_one_line(cause)}.") from None
            raise NothingThereError(f"there is nothing at {self.address}.") from None
        except PermissionError as error:
            raise UnavailableError(f"{self.address}: access denied ({in_one_line(error)}).") from None
        except Exception as error:
            raise UnavailableError(f"{self.address} cannot be reached: {in_one_line(error)}.") from None

    def _stored(self, path: str, info: dict[str, Any]) -> Stored:
        if info["type"] != "file":
            raise DataError(f"{self.address}: {path} is neither a file nor a folder.")
        everything = sorted((key, str(value)) for key, value in info.items())  # a web server says Last-Modified, say
        mark = next((info[key] for key in _VERSIONS if info.get(key)), everything)
        return Stored(path, int(info.get("size") or 0), f"{mark} {info.get('size')}")


def _fsspec(address: str) -> Any:
    try:
        return import_module("fsspec")
    except ImportError:
        raise SetupError(f"{address}: fsspec is not installed: pip install 'dlpy[remote]'.") from None
