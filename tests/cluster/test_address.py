import pytest

from dlpy.cli.place import bytes_of, place_of
from dlpy.cluster.address import scheme_of
from dlpy.core.errors import ConfigError


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("dusk://here:1", "unknown scheme 'dusk'. Did you mean 'dask'?"),
        ("here:8786", "this is no address. Expected: local, dask://host:port, ray://host:port."),
        ("dask://here", "the port is missing, as in dask://here:8786."),
        ("ray://here", "the port is missing, as in ray://here:10001."),
        ("dask://here:8786x", "'8786x' is no port; expected a number from 1 to 65535."),
        ("dask://here:65536", "'65536' is no port"),
        ("dask://here:", "'' is no port"),
        ("dask://[::1]", "the port is missing, as in dask://[::1]:8786."),
        ("tcp://here:8786", "for a Dask scheduler, give dask://here:8786."),
        ("DASK://here:1", "this is no address"),
    ],
)
def test_a_wrong_address_is_refused_in_one_line(given: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        scheme_of(given)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_the_scheme_of_an_address_names_the_engine() -> None:
    assert scheme_of("ray://127.0.0.1:10001") == "ray"
    assert scheme_of("dask://[::1]:8786") == "dask"


def test_sizes_of_memory_are_read_with_their_unit() -> None:
    assert [bytes_of(text) for text in ("4GB", "512 MiB", "1.5kb", "100")] == [4 * 10**9, 512 * 2**20, 1500, 100]


@pytest.mark.parametrize("text", ["lots", "0GB", "-1GB", "4 apples", ""])
def test_a_size_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="expected a size such as 4GB"):
        bytes_of(text)


def test_resources_need_a_cluster() -> None:
    with pytest.raises(ConfigError, match="--gpus: only a cluster has resources"):
        place_of(None, gpus=1)
    with pytest.raises(ConfigError, match="--memory: only a cluster has resources"):
        place_of("local", memory="1GB")


def test_one_training_is_not_sent_to_a_cluster(bench) -> None:
    status, _, err = bench.run("train", bench.experiment(), "--on", "dask://127.0.0.1:1")
    assert (status, err) == (2, "error: --on is for several trainings: give --seeds N too, or leave it out.\n")


def test_an_address_where_nothing_listens_is_refused_before_a_run_exists(bench) -> None:
    pytest.importorskip("distributed", reason="dlpy[dask] is not installed")
    status, _, err = bench.run("kfold", bench.experiment(), "--on", "dask://127.0.0.1:1")
    assert status == 4
    assert err.startswith("error: --on dask://127.0.0.1:1: nothing answers there")
    assert err.count("\n") == 1
    assert not (bench.folder / "runs").exists()
