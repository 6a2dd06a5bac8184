"""The settings and limits on the operations page match the code."""

import re

from airflow_batch_provider import limits
from airflow_batch_provider.get_provider_info import get_provider_info
from tests.docs.markdown import REPOSITORY

PAGE = (REPOSITORY / "docs" / "operations.md").read_text(encoding="utf-8")


def test_every_setting_is_listed_with_its_default():
    options = get_provider_info()["config"]["batch_provider"]["options"]

    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) ?\| ", PAGE, re.MULTILINE))

    assert rows == {name: option["default"] for name, option in options.items()}


def test_the_limits_match_the_code():
    rows = dict(re.findall(r"^\| ([a-zA-Z].*?) \| ([^|]*?) \| ", PAGE, re.MULTILINE))

    assert rows["SubmitJob calls per second"] == f"{limits.SUBMITS_PER_SECOND_MAX}"
    assert rows["dependencies per job"] == str(limits.DEPENDENCIES_MAX)
    assert rows["children per array job"] == f"{limits.ARRAY_SIZE_MAX:,}"
    assert rows["jobs in SUBMITTED, including children"] == f"{limits.SUBMITTED_JOBS_MAX:,}"
    sizes = f"{limits.REQUEST_BYTES_MAX // 1024} KiB; {limits.OVERRIDE_CHARACTERS_MAX:,} characters"
    assert rows["size of a request; container overrides"] == sizes
    assert rows["tags per job"] == str(limits.TAGS_MAX)
