"""Addresses of clusters, such as dask://host:8786, and the classes that connect to them."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from dlpy.cluster.protocol import Cluster
from dlpy.core.errors import ConfigError, SetupError, did_you_mean
from dlpy.runs.how import Place

GROUP = "dlpy.engines"  # entry points of installed packages: the name is the scheme, the object a class of `Cluster`
_OWN = {"dask": "dlpy.cluster.dask_cluster:DaskCluster", "ray": "dlpy.cluster.ray_cluster:RayCluster"}
_PACKAGES = {"dask": "distributed", "ray": "ray"}
_REACH_SECONDS = 3
_ANSWER_SECONDS = 5
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])  # of gRPC, which Ray speaks
_SETTINGS = 4  # the type of the first frame of an answer
_ADDRESS = re.compile(r"(?P<scheme>[a-z][a-z0-9_-]*)://(?P<where>[^\s/]+)")


def scheme_of(address: str) -> str:
    """Return the scheme of an address.

    Raises:
        ConfigError: it is no address of a known scheme.
    """
    found = _ADDRESS.fullmatch(address)
    known = sorted({*_OWN, *(point.name for point in entry_points(group=GROUP))})
    if found is None:
        forms = ", ".join(["local", *(f"{name}://host:port" for name in known)])
        raise ConfigError(f"--on {address}: this is no address. Expected: {forms}.")
    scheme = found["scheme"]
    if scheme not in known:
        raise ConfigError(f"--on {address}: unknown scheme '{scheme}'.{did_you_mean(scheme, known)}")
    if scheme in _OWN and not re.fullmatch(r".+:\d{1,5}", found["where"]):
        raise ConfigError(f"--on {address}: the port is missing, as in {scheme}://{found['where']}:8786.")
    return scheme


def where_of(address: str) -> str:
    """Return the host and the port of an address."""
    return address.partition("://")[2]


def _require_listener(place: Place) -> None:
    """Raise SetupError where nothing listens at an address, which libraries would try for a long time."""
    host, _, port = where_of(place.on).rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _REACH_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise SetupError(f"--on {place.on}: nothing answers there ({error}); start the cluster first.") from None


def require_grpc(where: str) -> None:
    """Raise an error where something else than gRPC answers, or nothing does: Ray would wait for long."""
    host, _, port = where.rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), _ANSWER_SECONDS) as probe:
        probe.sendall(_GREETING)
        answer = probe.recv(9)
    if len(answer) < 9 or answer[3] != _SETTINGS:
        raise ValueError("it speaks another protocol")


def connected(place: Place) -> Cluster:
    """Return a connection to a cluster.

    Raises:
        ConfigError: the address is wrong.
        SetupError: a package is missing, or nothing answers there.
    """
    scheme = scheme_of(place.on)
    if scheme in _OWN:
        connect = _own(scheme)
        _require_listener(place)
        return connect(place)
    (point, *_) = entry_points(group=GROUP, name=scheme)
    return _of_package(point)(place)


def _own(scheme: str) -> Callable[[Place], Cluster]:
    module, _, name = _OWN[scheme].partition(":")
    package = _PACKAGES[scheme]
    try:
        import_module(package)
    except ImportError:
        raise SetupError(f"--on {scheme}://...: {package} is not installed: pip install 'dlpy[{scheme}]'.") from None
    return getattr(import_module(module), name)


def _of_package(point: EntryPoint) -> Callable[[Place], Cluster]:
    try:
        return point.load()
    except Exception as error:
        raise SetupError(f"--on {point.name}://...: {point.value} cannot be imported: {error}.") from error
