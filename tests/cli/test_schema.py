"""``airflow-batch schema``."""

import json

from airflow_batch_provider.cli.main import main
from airflow_batch_provider.spec.json_schema import workflow_schema


def test_prints_published_schema(capsys):
    code = main(["schema"])

    assert code == 0
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(workflow_schema()))
