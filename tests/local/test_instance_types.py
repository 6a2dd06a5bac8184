from airflow_batch_provider.local.instance_types import host_sizes
from airflow_batch_provider.local.lifecycle.capacity import HostSize


def test_an_instance_type_has_one_size() -> None:
    assert host_sizes(["g4dn.xlarge"]) == (HostSize(millicpus=4000, memory_mib=16384, gpus=1),)


def test_a_family_has_many_sizes() -> None:
    sizes = host_sizes(["c5", "m5.large"])

    assert sizes is not None
    assert len(sizes) > 5
    assert max(size.millicpus for size in sizes) == 96_000


def test_where_aws_chooses_nothing_is_known() -> None:
    assert host_sizes(["m5.large", "optimal"]) is None
    assert host_sizes(["default_x86_64"]) is None
