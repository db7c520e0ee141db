"""Which processes train together, from options and variables."""

import json

import pytest

from dlpy.core.errors import ConfigError
from dlpy.workers.placement import first_node, placement

TWO = "10.0.0.1:5000,10.0.0.2:5001"


def tf_config(index: object, workers: object = ("a:1", "b:2"), kind: str = "worker") -> dict[str, str]:
    return {"TF_CONFIG": json.dumps({"cluster": {"worker": workers}, "task": {"type": kind, "index": index}})}


def test_the_rank_is_that_of_the_option_before_that_of_a_variable() -> None:
    found = placement(TWO, 1, tf_config(0))
    assert (found.host, found.port, found.rank, found.size) == ("10.0.0.1", 5000, 1, 2)
    assert placement(TWO, None, tf_config(1)).rank == 1
    assert placement(TWO, None, {"SLURM_PROCID": "1"}).rank == 1


def test_an_address_may_be_one_of_ipv6() -> None:
    assert placement("[::1]:5000,[::1]:5001", 0, {}).host == "::1"


def test_auto_reads_tf_config() -> None:
    found = placement("auto", None, tf_config(1))
    assert (found.host, found.port, found.rank, found.names) == ("a", 1, 1, ("a:1", "b:2"))


def test_auto_reads_the_variables_of_slurm() -> None:
    variables = {"SLURM_NTASKS": "4", "SLURM_PROCID": "2", "SLURM_JOB_ID": "30005", "SLURM_JOB_NODELIST": "n[07-09]"}
    found = placement("auto", None, variables)
    assert (found.host, found.port, found.rank, found.size) == ("n07", 30005, 2, 4)


@pytest.mark.parametrize(
    ("nodes", "first"),
    [("n1", "n1"), ("n1,n2", "n1"), ("n[07-09,12],m1", "n07"), ("gpu-a[3]-ib", "gpu-a3-ib"), ("x.y.z", "x.y.z")],
)
def test_the_first_node_of_a_list(nodes: str, first: str) -> None:
    assert first_node(nodes) == first


@pytest.mark.parametrize(
    ("workers", "rank", "variables", "message"),
    [
        (TWO, None, {}, "--workers: this process needs its number: add --rank 0 here, --rank 1 for the second."),
        (TWO, 2, {}, "--rank: 2 is not one of the 2 workers, 0 to 1."),
        (TWO, -1, {}, "--rank: -1 is not one of the 2 workers, 0 to 1."),
        ("a,b:1", 0, {}, "--workers: 'a' is no address: write host:port, such as 10.0.0.1:5000."),
        ("a:70000,b:1", 0, {}, "--workers: 'a:70000' is no address: write host:port, such as 10.0.0.1:5000."),
        ("a:1,a:1", 0, {}, "--workers: a:1 is listed twice: each process needs an address of its own."),
        ("a:1", 0, {}, "--workers: one process trains alone: list at least two, or leave the option out."),
        ("auto", None, {}, "--workers auto: neither TF_CONFIG nor the variables of SLURM are set: list the addresses"),
        ("auto", None, {"TF_CONFIG": "{}"}, "TF_CONFIG has another form than"),
        ("auto", None, tf_config("0"), "TF_CONFIG has another form than"),
        ("auto", None, tf_config(0, kind="chief"), "TF_CONFIG has another form than"),
        ("auto", None, tf_config(0, workers=[1, 2]), "TF_CONFIG has another form than"),
        ("auto", None, {"SLURM_PROCID": "0"}, "--workers auto: SLURM_NTASKS, SLURM_PROCID"),
    ],
)
def test_a_mistake_is_one_line(workers: str, rank: int | None, variables: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        placement(workers, rank, variables)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)
