from airflow_batch_provider.local.versioned_cache import VersionedCache


def test_a_value_is_made_once_per_version() -> None:
    cache: VersionedCache[str, int] = VersionedCache(max_size=10)
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    values = [cache.get("job", version, make) for version in ("a", "a", "b", "b", "a")]

    assert values == [0, 0, 1, 1, 2]


def test_the_least_recently_used_value_is_evicted() -> None:
    cache: VersionedCache[str, str] = VersionedCache(max_size=2)
    for key in ("first", "second", "first", "third"):
        cache.get(key, 1, lambda: "old")

    values = {key: cache.get(key, 1, lambda: "new") for key in ("first", "third")}
    evicted = cache.get("second", 1, lambda: "new")

    assert values == {"first": "old", "third": "old"}
    assert evicted == "new"
