"""Addresses of clusters, such as dask://host:8786, and the classes that connect to them."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec

from dlpy.cluster.greeting import require_answer
from dlpy.cluster.protocol import Cluster
from dlpy.core.errors import ConfigError, SetupError, did_you_mean
from dlpy.runs.how import Place

GROUP = "dlpy.engines"  # entry points of installed packages: the name is the scheme, the object a class of `Cluster`
_OWN = {"dask": "dlpy.cluster.dask_cluster:DaskCluster", "ray": "dlpy.cluster.ray_cluster:RayCluster"}
_PACKAGES = {"dask": "distributed", "ray": "ray"}
_PORTS = {"dask": 8786, "ray": 10001}  # unless the user chose others
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
    if scheme == "tcp":  # as Dask shows it
        raise ConfigError(f"--on {address}: for a Dask scheduler, give dask://{found['where']}.")
    if scheme not in known:
        raise ConfigError(f"--on {address}: unknown scheme '{scheme}'.{did_you_mean(scheme, known)}")
    if scheme in _OWN:
        _require_port(address, scheme, found["where"])
    return scheme


def _require_port(address: str, scheme: str, where: str) -> None:
    port = re.fullmatch(r"(?P<host>\[[^]]+\]|[^:]+)(:(?P<port>.*))?", where)
    if port is None or port["port"] is None:
        raise ConfigError(f"--on {address}: the port is missing, as in {scheme}://{where}:{_PORTS[scheme]}.")
    if not port["port"].isdecimal() or not 0 < int(port["port"]) < 65_536:
        raise ConfigError(f"--on {address}: '{port['port']}' is no port; expected a number from 1 to 65535.")


def connected(place: Place) -> Cluster:
    """Return a connection to a cluster.

    Raises:
        ConfigError: the address is wrong.
        SetupError: a package is missing, or nothing answers there.
    """
    scheme = scheme_of(place.on)
    if scheme in _OWN:
        _require_installed(scheme)
        require_answer(place, scheme)
        return _own(scheme)(place)
    (point, *_) = entry_points(group=GROUP, name=scheme)
    return _of_package(point)(place)


def _require_installed(scheme: str) -> None:
    package = _PACKAGES[scheme]
    if find_spec(package) is None:
        raise SetupError(f"--on {scheme}://...: {package} is not installed: pip install 'dlpy[{scheme}]'.")


def _own(scheme: str) -> Callable[[Place], Cluster]:
    module, _, name = _OWN[scheme].partition(":")
    return getattr(import_module(module), name)


def _of_package(point: EntryPoint) -> Callable[[Place], Cluster]:
    try:
        return point.load()
    except Exception as error:
        raise SetupError(f"--on {point.name}://...: {point.value} cannot be imported: {error}.") from error
