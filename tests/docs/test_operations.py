"""The settings and limits of the page on operations are those of the code."""

import re

from airflow_batch_provider import limits
from airflow_batch_provider.get_provider_info import get_provider_info
from tests.docs.markdown import REPOSITORY

PAGE = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")


def test_every_setting_is_there_with_its_default():
    options = get_provider_info()["config"]["batch_provider"]["options"]

    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) ?\| ", PAGE, re.MULTILINE))

    assert rows == {name: option["default"] for name, option in options.items()}


def test_the_limits_are_those_that_are_kept():
    rows = dict(re.findall(r"^\| ([a-zA-Z].*?) \| ([^|]*?) \| ", PAGE, re.MULTILINE))

    assert rows["SubmitJob calls a second"] == f"{limits.SUBMITS_PER_SECOND_MAX}"
    assert rows["dependencies of a job"] == str(limits.DEPENDENCIES_MAX)
    assert rows["children of an array"] == f"{limits.ARRAY_SIZE_MAX:,}"
    assert rows["jobs in SUBMITTED, children included"] == f"{limits.SUBMITTED_JOBS_MAX:,}"
    sizes = f"{limits.REQUEST_BYTES_MAX // 1024} KiB; {limits.OVERRIDE_CHARACTERS_MAX:,} characters"
    assert rows["a request; container overrides"] == sizes
    assert rows["tags of a job"] == str(limits.TAGS_MAX)
