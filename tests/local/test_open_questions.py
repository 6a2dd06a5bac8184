from pathlib import Path

import pytest

from airflow_batch_provider.local.api.open_questions import ANSWERS, Question, read_answers
from airflow_batch_provider.local.options import Options


def test_the_default_answers_need_not_be_given() -> None:
    assert read_answers([]) == frozenset()
    assert read_answers(["U5=refuse"]) == frozenset()


def test_the_last_answer_counts() -> None:
    assert read_answers(["U5=accept", "U16=oldest-first"]) == {
        Question.DISABLED_QUEUE,
        Question.LISTING_ORDER,
    }
    assert read_answers(["U5=accept", "U5=refuse"]) == frozenset()


def test_every_question_has_two_answers() -> None:
    assert set(ANSWERS) == set(Question)
    assert all(answers.default != answers.other for answers in ANSWERS.values())


def test_every_question_is_documented() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "local-batch.md").read_text()

    for question, answers in ANSWERS.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| {question} |"))
        assert row.endswith(f"| `{answers.default}` | `{answers.other}` |")


def test_the_server_does_not_start_with_an_answer_that_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="answer it with"):
        Options(open_questions=("U5=perhaps",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("U99=accept", "must begin with one of U1"),
        ("U5=perhaps", "answer it with refuse or accept"),
        ("", "U1"),
    ],
)
def test_what_is_no_answer_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_answers([text])
