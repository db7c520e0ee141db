import hashlib
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from machine import wait_until

from dlpy.core.errors import DataError, StorageError, UnavailableError
from dlpy.storage import download as downloads
from dlpy.storage.download import Address, check_address, download
from dlpy.storage.locate import Remote, locate

CONTENT = bytes(range(256)) * 4000  # 1,024,000 bytes
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Behaviour:
    """How the server of a test answers, and what it was asked."""

    content: bytes = CONTENT
    status: int = 200
    location: str = ""
    ranges: str = "honoured"  # or "ignored", "wrong", "refused"
    send: int | None = None  # bytes before the connection breaks
    hold: threading.Event | None = None  # what the connection waits for before it ends
    announce: bool = True
    asked: list[str | None] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    behaviour: Behaviour

    def do_GET(self) -> None:
        how = self.behaviour
        wanted = self.headers.get("Range")
        how.asked.append(wanted)
        if how.status != 200:
            self.send_response(how.status)
            self.send_header("Location", how.location)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted else 0  # type: ignore
        if wanted and how.ranges == "refused":
            self.send_error(416)
            return
        if wanted and how.ranges != "ignored":
            self.send_response(206)
            told = start if how.ranges == "honoured" else start + 1
            self.send_header("Content-Range", f"bytes {told}-{len(how.content) - 1}/{len(how.content)}")
        else:
            start = 0
            self.send_response(200)
        body = how.content[start:]
        if how.announce:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: how.send])
        if how.hold is not None:
            how.hold.wait()

    def log_message(self, format: str, *arguments: object) -> None: ...


class Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that were killed."""


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour()


@pytest.fixture
def url(behaviour: Behaviour) -> Iterator[str]:
    handler = type("Answers", (Handler,), {"behaviour": behaviour})
    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/data.bin"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def nothing_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DLPY_DATA", raising=False)
    monkeypatch.delenv("DLPY_OFFLINE", raising=False)
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("DLPY_CACHE", str(tmp_path / "cache"))


def fetch(url: str, target: Path, sha256: str | None = SHA256, max_bytes: int = 1 << 30) -> None:
    download(Address(url, max_bytes=max_bytes, loopback=True), target, sha256)


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


# --- download


def test_a_download_appears_whole_and_tells_its_progress(url: str, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    download(Address(url, loopback=True), tmp_path / "a" / "data.bin", SHA256, lambda *sizes: told.append(sizes))
    assert (tmp_path / "a" / "data.bin").read_bytes() == CONTENT
    assert told[-1] == (1_024_000, 1_024_000)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert not (tmp_path / "a" / "data.bin.part").exists()


def test_a_broken_download_is_resumed_where_it_stopped(url: str, tmp_path: Path, behaviour: Behaviour) -> None:
    target = tmp_path / "data.bin"
    behaviour.send = 300_000
    with pytest.raises(UnavailableError, match="broke after 300,000 of 1,024,000 bytes"):
        fetch(url, target)
    assert not target.exists()
    behaviour.send = None
    fetch(url, target)
    assert target.read_bytes() == CONTENT
    assert behaviour.asked == [None, "bytes=300000-"]


@pytest.mark.parametrize("ranges", ["ignored", "wrong", "refused"])
def test_a_server_that_cannot_resume_is_read_from_the_start(
    url: str, tmp_path: Path, behaviour: Behaviour, ranges: str
) -> None:
    put(tmp_path / "data.bin.part", CONTENT[:1000])
    behaviour.ranges = ranges
    fetch(url, tmp_path / "data.bin")
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
    assert behaviour.asked == ["bytes=1000-", None]


def test_a_file_without_a_published_hash_is_never_resumed(url: str, tmp_path: Path, behaviour: Behaviour) -> None:
    put(tmp_path / "data.bin.part", b"something else")
    fetch(url, tmp_path / "data.bin", None)
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
    assert behaviour.asked == [None]


def test_a_truncated_body_is_not_trusted_even_without_a_hash(url: str, tmp_path: Path, behaviour: Behaviour) -> None:
    behaviour.send = 10
    with pytest.raises(UnavailableError, match="broke after 10 of"):
        fetch(url, tmp_path / "data.bin", None)
    assert not (tmp_path / "data.bin").exists()


def test_a_wrong_hash_leaves_nothing(url: str, tmp_path: Path, behaviour: Behaviour) -> None:
    behaviour.content = b"not the file"
    with pytest.raises(DataError, match=r"is not data\.bin: its sha256 is wrong") as caught:
        fetch(url, tmp_path / "data.bin")
    assert not isinstance(caught.value, UnavailableError)  # no stand-in may hide it
    assert [path.name for path in tmp_path.iterdir() if not path.name.endswith(".lock")] == []


@pytest.mark.parametrize("announce", [True, False])
def test_the_size_is_capped_whether_the_server_tells_it_or_not(
    url: str, tmp_path: Path, behaviour: Behaviour, announce: bool
) -> None:
    behaviour.announce = announce
    with pytest.raises(DataError, match="has more than 1,000 bytes, the limit for downloads"):
        fetch(url, tmp_path / "data.bin", max_bytes=1000)
    assert not (tmp_path / "data.bin").exists()
    assert not (tmp_path / "data.bin.part").exists()


def test_a_killed_download_leaves_nothing_that_is_trusted(url: str, tmp_path: Path, behaviour: Behaviour) -> None:
    behaviour.send, behaviour.hold = 600_000, threading.Event()
    target, part = tmp_path / "data.bin", tmp_path / "data.bin.part"
    code = (
        "import sys; from pathlib import Path; from dlpy.storage.download import Address, download;"
        "download(Address(sys.argv[1], loopback=True), Path(sys.argv[2]), sys.argv[3])"
    )
    child = subprocess.Popen([sys.executable, "-c", code, url, str(target), SHA256])
    wait_until(lambda: part.exists() and part.stat().st_size > 0)
    child.kill()
    child.wait()
    behaviour.hold.set()
    assert not target.exists()
    assert 0 < part.stat().st_size < len(CONTENT)
    behaviour.send, behaviour.hold = None, None
    fetch(url, target)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "http://example.org/data.bin", "ftp://127.0.0.1/x", "http://10.0.0.1/x", "data:,x"],
)
def test_redirects_to_forbidden_places_are_refused(
    url: str, tmp_path: Path, behaviour: Behaviour, location: str
) -> None:
    behaviour.status, behaviour.location = 302, location
    with pytest.raises(DataError, match=f"cannot download from {re.escape(location)}") as caught:
        fetch(url, tmp_path / "data.bin")
    assert not isinstance(caught.value, UnavailableError)


def test_redirects_in_a_circle_end(url: str, tmp_path: Path, behaviour: Behaviour) -> None:
    behaviour.status, behaviour.location = 302, url
    with pytest.raises(DataError, match="redirects more than 5 times"):
        fetch(url, tmp_path / "data.bin")
    assert len(behaviour.asked) == 6


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "http://example.org/x",
        "ftp://example.org/x",
        "/etc/passwd",
        "https://user:word@example.org/x",
        "https://127.0.0.1/x",
        "https://10.1.2.3/x",
        "https://169.254.169.254/latest",
        "https://[::1]/x",
        "https://[fe80::1]/x",
        "https://[::ffff:127.0.0.1]/x",
        "http://127.0.0.1/x",
    ],
)
def test_only_https_to_public_hosts_is_allowed(address: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot download from"):
        check_address(address)
    with pytest.raises(DataError, match="cannot download from"):
        download(Address(address), tmp_path / "x", SHA256)


def test_a_public_name_of_a_private_address_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.168.1.1", 443))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *arguments, **options: [address])
    with pytest.raises(DataError, match=r"example\.org: 192\.168\.1\.1 is not a public address"):
        download(Address("https://example.org/x"), tmp_path / "x", SHA256)


def test_the_allowance_for_tests_reaches_this_machine_only() -> None:
    check_address("http://127.0.0.1:8000/x", loopback=True)
    check_address("http://localhost/x", loopback=True)
    with pytest.raises(DataError, match="cannot download"):
        check_address("http://127.0.0.2/x", loopback=True)


def test_a_folder_that_cannot_be_written_is_a_storage_error(url: str, tmp_path: Path) -> None:
    put(tmp_path / "file", b"")
    with pytest.raises(StorageError, match="cannot write"):
        fetch(url, tmp_path / "file" / "data.bin")


def test_two_downloads_of_one_file_at_a_time_take_turns(url: str, tmp_path: Path, behaviour: Behaviour) -> None:
    threads = [threading.Thread(target=fetch, args=(url, tmp_path / "data.bin")) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "data.bin").read_bytes() == CONTENT
    assert behaviour.asked == [None]  # the second and third found what the first had fetched


# --- locate


def remote(url: str = "https://example.invalid/data.bin") -> Remote:
    return Remote("data.bin", url, SHA256)


def test_an_own_file_is_used_as_it_is(tmp_path: Path) -> None:
    own = put(tmp_path / "own.bin", b"whatever")
    assert locate(remote(), str(own)) == own


def test_an_own_file_that_is_missing_is_an_error_and_no_reason_for_a_stand_in() -> None:
    with pytest.raises(DataError, match=r"data\.path: nowhere\.bin does not exist") as caught:
        locate(remote(), "nowhere.bin")
    assert not isinstance(caught.value, UnavailableError)


def test_the_data_folder_comes_before_the_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "keras" / "datasets" / "data.bin", CONTENT)
    mine = put(tmp_path / "mine" / "data.bin", b"mine")
    monkeypatch.setenv("DLPY_DATA", str(tmp_path / "mine"))
    assert locate(remote(), None) == mine


def test_keras_cache_is_used_only_with_the_right_hash_and_never_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLPY_OFFLINE", "1")
    cached = put(tmp_path / "keras" / "datasets" / "data.bin", CONTENT)
    assert locate(remote(), None) == cached
    cached.write_bytes(b"damaged")
    with pytest.raises(UnavailableError):
        locate(remote(), None)
    assert cached.read_bytes() == b"damaged"


def test_keras_own_names_are_known(tmp_path: Path) -> None:
    cached = put(tmp_path / "keras" / "models" / "archive", CONTENT)
    file = Remote("data.bin", "https://example.invalid/x", SHA256, keras_folder="models", keras_name="archive")
    assert locate(file, None) == cached


def test_a_download_goes_into_the_cache_and_is_found_there(
    url: str, tmp_path: Path, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = locate(remote(url), None, loopback=True)
    assert path == tmp_path / "cache" / "data.bin"
    monkeypatch.setenv("DLPY_OFFLINE", "1")
    assert locate(remote(url), None) == path
    assert len(behaviour.asked) == 1


def test_an_md5_is_as_good_where_only_keras_publishes_the_file(
    url: str, tmp_path: Path, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    md5 = hashlib.md5(CONTENT).hexdigest()
    weights = Remote("net.h5", url, md5, keras_folder="models", advice="Give it as model.weights.")
    assert locate(weights, None, loopback=True).read_bytes() == CONTENT
    (tmp_path / "cache" / "net.h5").unlink()
    cached = put(tmp_path / "keras" / "models" / "net.h5", CONTENT)
    assert locate(weights, None) == cached
    cached.unlink()
    behaviour.content = CONTENT[:-1] + b"x"
    with pytest.raises(DataError, match="its md5 is wrong"):
        locate(weights, None, loopback=True)
    monkeypatch.setenv("DLPY_OFFLINE", "1")
    with pytest.raises(UnavailableError, match=r"Get it from http.* Give it as model\.weights\.$"):
        locate(weights, None)


def test_a_damaged_file_in_the_cache_is_fetched_anew(url: str, tmp_path: Path) -> None:
    put(tmp_path / "cache" / "data.bin", b"damaged")
    assert locate(remote(url), None, loopback=True).read_bytes() == CONTENT


def test_offline_tells_what_to_do(url: str, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLPY_OFFLINE", "1")
    with pytest.raises(UnavailableError) as caught:
        locate(remote(url), None, loopback=True)
    for part in ("data.bin", "DLPY_OFFLINE", url, "DLPY_DATA", "data.path", "fallback: stand_in"):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)
    assert behaviour.asked == []


def test_no_network_tells_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: object, **options: object) -> None:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(downloads.socket, "getaddrinfo", fails)
    with pytest.raises(UnavailableError, match=r"cannot be downloaded: .*name resolution.*DLPY_DATA"):
        locate(remote(), None)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_server_that_refuses_makes_the_data_unavailable(url: str, behaviour: Behaviour, status: int) -> None:
    behaviour.status = status
    with pytest.raises(UnavailableError, match=f"answers {status}"):
        locate(remote(url), None, loopback=True)
