from airflow_batch_provider.local.memo import Memo


def test_a_value_is_made_once_a_version() -> None:
    memo: Memo[str, int] = Memo(most=10)
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    values = [memo.get("job", version, make) for version in ("a", "a", "b", "b", "a")]

    assert values == [0, 0, 1, 1, 2]


def test_the_values_that_were_asked_for_last_are_kept() -> None:
    memo: Memo[str, str] = Memo(most=2)
    for key in ("first", "second", "first", "third"):
        memo.get(key, 1, lambda: "old")

    values = {key: memo.get(key, 1, lambda: "new") for key in ("first", "third")}
    forgotten = memo.get("second", 1, lambda: "new")

    assert values == {"first": "old", "third": "old"}
    assert forgotten == "new"
