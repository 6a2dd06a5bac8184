import pytest

from airflow_batch_provider.local.api.fargate import check_sizes
from airflow_batch_provider.local.errors import ClientException


@pytest.mark.parametrize(
    ("millicpus", "memory_mib"),
    [
        (250, 512),
        (250, 2048),
        (500, 4096),
        (1000, 2048),
        (1000, 8192),
        (2000, 16384),
        (4000, 30720),
        (8000, 20480),
        (8000, 61440),
        (16000, 122880),
        (32000, 61440),
        (32000, 249856),
    ],
)
def test_pairs_of_the_table_are_valid(millicpus: int, memory_mib: int) -> None:
    check_sizes(millicpus, memory_mib)


@pytest.mark.parametrize(
    ("millicpus", "memory_mib", "shown"),
    [
        (1000, 4000, "1.00 vCPU, 4000 MiB"),
        (250, 4096, "0.25 vCPU, 4096 MiB"),
        (8000, 17408, "8.00 vCPU, 17408 MiB"),
        (3000, 8192, "3.00 vCPU, 8192 MiB"),
        (32000, 81920, "32.00 vCPU, 81920 MiB"),
    ],
)
def test_other_pairs_are_refused_in_amazons_words(millicpus: int, memory_mib: int, shown: str) -> None:
    with pytest.raises(ClientException) as refusal:
        check_sizes(millicpus, memory_mib)

    assert refusal.value.message == f"Fargate resource requirements ({shown}) not valid."
