"""The table of refusals on the page "When things go wrong" matches the code."""

import re

from airflow_batch_provider.batch.api_errors import HANDLING
from tests.docs.markdown import REPOSITORY

PAGE = (REPOSITORY / "docs" / "when-things-go-wrong.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([a-z ]+) \| [^|]+ \| (yes|no) \| ([^|]+) \|$", re.MULTILINE)


def test_the_table_of_refusals_matches_the_code():
    rows = {kind: (retry, remedy) for kind, retry, remedy in ROW.findall(PAGE)}

    assert rows == {
        str(kind): ("yes" if handling.retries_task else "no", handling.remedy)
        for kind, handling in HANDLING.items()
    }
