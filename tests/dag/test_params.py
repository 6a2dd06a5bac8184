"""The params of a DAG."""

import pytest
from airflow.providers.common.compat.sdk import AirflowException
from airflow.sdk import Param

from airflow_batch_provider.dag.factory import build_dag
from airflow_batch_provider.dag.params import airflow_params
from airflow_batch_provider.spec.loader import parse_workflow
from tests.airflow_versions import DagSerialization

SPEC = """
workflow: w
airflow:
  params:
    bucket: prices
    limits: {low: 1}
    tries: {type: integer, minimum: 1, maximum: 10, default: 3, description: Attempts of each job.}
    region: {enum: [eu, us], default: eu, title: Where}
    month: {type: [string, "null"], format: date, default: null}
jobs: {a: {job_queue: q, job_definition: d, attempts: "{{ params.tries }}"}}
"""


def test_definition_becomes_param_with_schema():
    params = build_dag(parse_workflow(SPEC)).params

    assert (params["bucket"], params["limits"], params["tries"]) == ("prices", {"low": 1}, 3)
    assert params.get_param("tries").description == "Attempts of each job."
    assert params.get_param("tries").schema == {"type": "integer", "minimum": 1, "maximum": 10}
    assert params.get_param("region").schema == {"enum": ["eu", "us"], "title": "Where"}


def test_airflow_rejects_value_that_violates_schema():
    params = airflow_params({"tries": {"type": "integer", "maximum": 10, "default": 3}})

    with pytest.raises(AirflowException, match="11 is greater than the maximum of 10"):
        params["tries"].resolve(11)


@pytest.mark.parametrize(
    "definition", [{"type": "string"}, {"description": "The month."}, {"title": "Month"}]
)
def test_param_without_default_has_no_value(definition):
    (param,) = airflow_params({"month": definition}).values()

    assert isinstance(param, Param)
    assert not param.has_value
    assert param.description == definition.get("description")


def test_mapping_without_definition_keys_is_a_default():
    assert airflow_params({"limits": {"low": 1}}) == {"limits": {"low": 1}}


def test_param_schema_is_serialized():
    dag = build_dag(parse_workflow(SPEC))

    read = DagSerialization.from_dict(DagSerialization.to_dict(dag))

    assert read.params.get_param("tries").schema == {"type": "integer", "minimum": 1, "maximum": 10}
