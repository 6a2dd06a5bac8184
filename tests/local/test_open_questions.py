from pathlib import Path

import pytest

from airflow_batch_provider.local.api.open_questions import ANSWERS, Question, read_answers
from airflow_batch_provider.local.options import Options


def test_default_answers_may_be_omitted() -> None:
    assert read_answers([]) == frozenset()
    assert read_answers(["U5=refuse"]) == frozenset()


def test_the_last_answer_wins() -> None:
    assert read_answers(["U5=accept", "U16=oldest-first"]) == {
        Question.DISABLED_QUEUE,
        Question.LISTING_ORDER,
    }
    assert read_answers(["U5=accept", "U5=refuse"]) == frozenset()


def test_every_question_has_two_answers() -> None:
    assert set(ANSWERS) == set(Question)
    assert all(answers.default != answers.alternative for answers in ANSWERS.values())


def test_every_question_is_documented() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "local-batch.md").read_text()

    for question, answers in ANSWERS.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| {question} |"))
        assert row.endswith(f"| `{answers.default}` | `{answers.alternative}` |")


def test_options_reject_an_invalid_answer() -> None:
    with pytest.raises(ValueError, match="must be U5=refuse or U5=accept"):
        Options(open_questions=("U5=perhaps",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("U99=accept", "must start with one of U1"),
        ("U5=perhaps", "must be U5=refuse or U5=accept"),
        ("", "U1"),
    ],
)
def test_invalid_answers_are_rejected(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_answers([text])
