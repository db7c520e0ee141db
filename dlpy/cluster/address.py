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
    if scheme not in known:
        raise ConfigError(f"--on {address}: unknown scheme '{scheme}'.{did_you_mean(scheme, known)}")
    if scheme in _OWN and not re.fullmatch(r".+:\d{1,5}", found["where"]):
        raise ConfigError(f"--on {address}: the port is missing, as in {scheme}://{found['where']}:{_PORTS[scheme]}.")
    return scheme


def where_of(address: str) -> str:
    """Return the host and the port of an address."""
    return address.partition("://")[2]


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
