"""
The provider's rules and the local AWS Batch know AWS's rules independently of each other.

Here they get the same requests, and both answer as AWS does, apart from the listed exceptions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from tests.aws_requests import exceptions
from tests.aws_requests.case import Case
from tests.aws_requests.sides import NOT_JUDGED, LocalSide, refusal_by_provider
from tests.aws_requests.spec_front import finding, spec_of
from tests.aws_requests.table import TABLE

SMALLEST: Final = 200

IN_SPECS: Final = [case for case in TABLE if spec_of(case.sent) is not None]

each_case = pytest.mark.parametrize("case", TABLE, ids=[case.name for case in TABLE])


@pytest.fixture(scope="module")
def local() -> Iterator[LocalSide]:
    side = LocalSide()
    yield side
    side.close()


@each_case
def test_the_provider_answers_as_aws(case: Case) -> None:
    check(case, refusal_by_provider(case.sent), exceptions.PROVIDER)


@pytest.mark.parametrize("case", IN_SPECS, ids=[case.name for case in IN_SPECS])
def test_a_spec_with_the_request_is_judged_as_by_aws(case: Case) -> None:
    spec = spec_of(case.sent)
    assert spec is not None

    check(case, finding(spec), exceptions.SPECS)


@each_case
def test_the_local_batch_answers_as_aws(local: LocalSide, case: Case) -> None:
    check(case, local.refusal(case.sent), exceptions.LOCAL)


def check(case: Case, refusal: str | None, known: Mapping[str, str]) -> None:
    """Assert that the answer is AWS's, or another one if the case is a known exception."""
    is_judged = refusal is None or NOT_JUDGED not in refusal
    answers_as_aws = is_judged and (refusal is None) == case.is_accepted
    wanted = "accepts" if case.is_accepted else "refuses"
    text = f"AWS {wanted} {case.name} ({case.source}); the answer here is: {refusal or 'accepted'}"
    assert answers_as_aws != (case.name in known), text


def test_each_case_has_its_own_name() -> None:
    assert [name for name, count in Counter(case.name for case in TABLE).items() if count > 1] == []


def test_each_case_names_its_source() -> None:
    assert [case.name for case in TABLE if not case.source.strip()] == []


def test_the_table_is_large_and_has_both_answers() -> None:
    taken = sum(case.is_accepted for case in TABLE)

    assert taken >= SMALLEST
    assert len(TABLE) - taken >= SMALLEST
    assert len(IN_SPECS) >= 2 * SMALLEST


@pytest.mark.parametrize(
    ("known", "cases"),
    [(exceptions.PROVIDER, TABLE), (exceptions.SPECS, IN_SPECS), (exceptions.LOCAL, TABLE)],
    ids=["provider", "specs", "local"],
)
def test_each_exception_is_a_case_with_a_reason(known: Mapping[str, str], cases: list[Case]) -> None:
    assert set(known) <= {case.name for case in cases}
    assert all(reason.endswith(".") for reason in known.values())
