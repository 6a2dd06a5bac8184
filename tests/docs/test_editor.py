"""The transcript of the YAML language server (`make editor`) matches the current schema."""

import json
import re

from airflow_batch_provider.spec.json_schema import published_schema
from airflow_batch_provider.spec.loader import load_workflow
from tests.docs.markdown import REPOSITORY

FOLDER = REPOSITORY / "docs" / "editor"
TRANSCRIPT = (FOLDER / "transcript.txt").read_text(encoding="utf-8")
KEYS = json.loads(published_schema())["$defs"]["Job"]["properties"]


def test_transcript_shows_the_descriptions_of_the_schema():
    offered = dict(re.findall(r"^  (s\w+): (.*)$", TRANSCRIPT, re.MULTILINE))

    starting_with_s = {name for name in KEYS if name.startswith("s")}
    assert offered == {name: KEYS[name]["description"].splitlines()[0] for name in starting_with_s}
    assert KEYS["attempts"]["description"] in TRANSCRIPT


def test_workflow_of_the_transcript_is_valid():
    assert load_workflow(FOLDER / "in_an_editor.yaml").jobs
