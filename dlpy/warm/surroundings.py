"""What a command and the warm process must have in common: what Python and TensorFlow read when they are imported.

What can be handed over is not here: arguments, other variables, the working directory, open files, the umask.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

_PREFIXES = (
    "ABSL_", "CUBLAS_", "CUDA_", "CUDNN_", "DNNL_", "GLIBC_", "GOMP_", "GOTO_", "GRPC_", "HDF5_", "HIP_", "HSA_",
    "KERAS_", "KMP_", "LC_", "LD_", "MALLOC_", "MATPLOTLIBRC", "MKL_", "MPL", "NCCL_", "NPY_", "NUMPY_", "NVIDIA_",
    "OMP_", "ONEDNN_", "OPENBLAS_", "PYTHON", "ROCM_", "ROCR_", "TF2_", "TF_", "TPU_", "TYPER_", "XLA_", "_TYPER_",
)  # fmt: skip
_NAMES = (  # and those of rich and matplotlib
    "FORCE_COLOR", "GITHUB_ACTIONS", "HOME", "LANG", "LANGUAGE", "PY_COLORS", "TERMINAL_WIDTH", "XDG_CACHE_HOME",
    "XDG_CONFIG_HOME",
)  # fmt: skip
_STATUS = {
    "Uid": "the user", "Gid": "the group", "Groups": "the list of groups", "CapEff": "the set of capabilities",
    "CapBnd": "the bound of capabilities", "NoNewPrivs": "the rule for new privileges", "Seccomp": "seccomp",
    "Cpus_allowed": "the set of processors", "Mems_allowed": "the set of memory nodes",
}  # fmt: skip
_NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")
_CONTROLS = {  # the files that limit a control group, by controller; "" is version 2
    "": ("memory.max", "memory.high", "memory.swap.max", "cpu.max"),
    "memory": ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"),
    "cpu": ("cpu.cfs_quota_us",),
}
_UNLIMITED = 1 << 60


def surroundings() -> dict[str, str]:
    """Return what this process was started with, by name."""
    return {
        "Python": f"{os.path.realpath(sys.executable)} {sys.prefix} {sys.version} {_flags()}",
        "dlpy's folder": str(Path(__file__).parents[1]),
        "the path of Python's modules": repr(sys.path if sys.flags.safe_path else sys.path[1:]),  # [0]: the script's
        **{f"${name}": value for name, value in os.environ.items() if name in _NAMES or name.startswith(_PREFIXES)},
        **_process_status(),
        **_resource_limits(),
        "the priority": f"{os.getpriority(os.PRIO_PROCESS, 0)} {os.sched_getscheduler(0)}",
        "the namespace": " ".join(_link(f"/proc/self/ns/{name}") for name in _NAMESPACES),
        "the root folder": f"{os.stat('/').st_dev} {os.stat('/').st_ino}",  # noqa: PTH116 - light
        "a limit of the control group": repr([*_control_limits()]),
        "the score for lack of memory": _text("/proc/self/oom_score_adj"),
        "the list of GPUs": repr(
            sorted(path.name for path in Path("/dev").iterdir() if path.name.startswith(("nvidia", "kfd")))
        ),
    }


def difference(ours: dict[str, str], theirs: dict[str, str]) -> str | None:
    """Return the name of the first thing that is not the same; None if all is."""
    return next((name for name in sorted(ours.keys() | theirs.keys()) if ours.get(name) != theirs.get(name)), None)


def _flags() -> str:
    """Return how Python itself was started; the warm process has `-P`, so that no working directory is imported."""
    names = (name for name in dir(sys.flags) if not name.startswith(("_", "n_", "safe_path", "count", "index")))
    return f"{[(name, getattr(sys.flags, name)) for name in names]} {sorted(map(str, sys._xoptions.items()))}"


def _process_status() -> dict[str, str]:
    lines = (line.partition(":") for line in _text("/proc/self/status").splitlines())
    return {_STATUS[name]: value.strip() for name, _, value in lines if name in _STATUS}


def _resource_limits() -> dict[str, str]:
    lines = _text("/proc/self/limits").splitlines()[1:]
    return {f"the limit '{line[:26].strip()}'": line[26:] for line in lines}


def _control_limits() -> Iterator[tuple[str, str]]:
    """Yield what limits the control groups of this process, at every level."""
    for line in _text("/proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in set(controllers.split(",")) & _CONTROLS.keys():
            root = Path("/sys/fs/cgroup", controller or ("unified" if Path("/sys/fs/cgroup/unified").exists() else ""))
            group = root / path.lstrip("/")
            for file in (level / name for level in (group, *group.parents) for name in _CONTROLS[controller]):
                if file.is_relative_to(root) and _is_limit(found := _text(str(file)).strip()):
                    yield str(file), found


def _is_limit(found: str) -> bool:
    return (
        bool(found)
        and not found.startswith("max")
        and found != "-1"
        and not (found.isdigit() and int(found) > _UNLIMITED)
    )


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115 - light
    except OSError:
        return ""
