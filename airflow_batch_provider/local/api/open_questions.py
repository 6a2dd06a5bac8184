"""
Behavior of AWS Batch that its documentation leaves open, and what the local Batch does instead.

Each question has a number, a default answer and an alternative that can be chosen
(``--open-question U5=accept``), so that a client can be tested with both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Question(StrEnum):
    """An open question, by its number."""

    UNKNOWN_DEPENDENCY = "U1"
    UNEQUAL_ARRAYS = "U2"
    MANY_DEPENDENCIES = "U3"
    ARRAY_SIZE = "U4"
    DISABLED_QUEUE = "U5"
    ATTEMPTS_AND_TIMEOUT = "U6"
    LARGE_PAYLOAD = "U7"
    RESERVED_VARIABLE = "U8"
    SELECTORS = "U9"
    DEPENDENCIES_OF_CHILDREN = "U10"
    START_OF_ARRAY = "U11"
    PARTIAL_REFERENCE = "U15"
    LISTING_ORDER = "U16"


@dataclass(frozen=True, slots=True)
class Answers:
    """The topic of a question, its default answer and the alternative."""

    topic: str
    default: str
    alternative: str


REFUSE: Final = ("refuse", "accept")
ANSWERS: Final = {
    Question.UNKNOWN_DEPENDENCY: Answers("dependsOn on an unknown job", "refuse", "ignore"),
    Question.UNEQUAL_ARRAYS: Answers("N_TO_N between arrays of different sizes, or with no array", *REFUSE),
    Question.MANY_DEPENDENCIES: Answers("more than 20 dependencies", *REFUSE),
    Question.ARRAY_SIZE: Answers("array sizes of 1 or above 10,000", *REFUSE),
    Question.DISABLED_QUEUE: Answers("submission to a DISABLED queue", *REFUSE),
    Question.ATTEMPTS_AND_TIMEOUT: Answers("attempts and timeouts out of range", *REFUSE),
    Question.LARGE_PAYLOAD: Answers("submission of more than 30 KiB", *REFUSE),
    Question.RESERVED_VARIABLE: Answers("environment variable that starts with AWS_BATCH", *REFUSE),
    Question.SELECTORS: Answers("ListJobs with no selector, or several", *REFUSE),
    Question.DEPENDENCIES_OF_CHILDREN: Answers("dependsOn of children", "echo", "empty"),
    Question.START_OF_ARRAY: Answers("startedAt of an array job", "omit", "first-child"),
    Question.PARTIAL_REFERENCE: Answers("Ref::name inside a longer argument", "substitute", "keep"),
    Question.LISTING_ORDER: Answers("ListJobs without a filter", "newest-first", "oldest-first"),
}


def read_answers(texts: Iterable[str]) -> frozenset[Question]:
    """
    Return the questions for which the alternative was chosen.

    :param texts: each in the form ``U5=accept``; the last one for a question wins.
    :raises ValueError: if the question or the answer does not exist.
    """
    alternatives: set[Question] = set()
    for text in texts:
        number, _, answer = text.partition("=")
        if number not in tuple(Question):
            raise ValueError(
                f"open question {text!r} is unknown; it must start with one of {', '.join(Question)}"
            )
        question = Question(number)
        known = ANSWERS[question]
        if answer not in (known.default, known.alternative):
            raise ValueError(
                f"open question {text!r} has an invalid answer;"
                f" it must be {number}={known.default} or {number}={known.alternative}"
            )
        alternatives.discard(question)
        if answer == known.alternative:
            alternatives.add(question)
    return frozenset(alternatives)
