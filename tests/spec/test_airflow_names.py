"""The names that the language copies from Airflow, because it must not import it, are Airflow's."""

import inspect

from airflow.sdk import DAG, BaseOperator, TriggerRule
from airflow.sdk.definitions._internal.templater import FILTERS
from airflow.sdk.definitions.context import KNOWN_CONTEXT_KEYS

from airflow_batch_provider.operators.batch import BatchJobOperator, BatchSubmitJobOperator
from airflow_batch_provider.operators.connected import ConnectedOperator
from airflow_batch_provider.spec import models
from airflow_batch_provider.spec.rules.airflow_settings import _REMEDIES, _SET_BY_PROVIDER
from airflow_batch_provider.spec.task_argument_names import TASK_ARGUMENTS
from airflow_batch_provider.spec.templates import AIRFLOW_FILTERS, CONTEXT_NAMES

SELF_AND_REST = {"self", "args", "kwargs"}
DIFFERENT_FOR_EACH_TASK = {
    "adopt",
    "dag",
    "default_args",
    "dependent_queues",
    "job_key",
    "spec_digest",
    "task_group",
    "task_id",
}
WRITTEN_ELSEWHERE = {
    *models.SUBMIT_JOB_MEMBERS,
    "backfill",
    "depends_on",
    "job_label",
    "job_name",
    "params",
    "sla",
}
ADDED_BY_LATER_VERSIONS = {"render_template_as_native_obj", "retry_policy"}
SET_ELSEWHERE = {"self", "dag_id", "description", "task_group"}
RETIRED = {"sla_miss_callback"}
CALLBACK_NAMES = {"exception", "reason"}
PYTHON_OPERATOR_NAMES = {"templates_dict"}
ASSET_NAMES = {"asset_state_store"}


def test_airflow_settings_are_the_arguments_of_dag():
    arguments = set(inspect.signature(DAG.__init__).parameters)

    assert set(models.AirflowSettings.model_fields) == arguments - SET_ELSEWHERE - RETIRED


def test_context_names_are_airflows():
    given = set(KNOWN_CONTEXT_KEYS) - CALLBACK_NAMES - PYTHON_OPERATOR_NAMES

    assert given <= CONTEXT_NAMES | ASSET_NAMES
    assert given >= CONTEXT_NAMES


def test_filters_are_airflows():
    assert set(FILTERS) == AIRFLOW_FILTERS


def test_trigger_rules_are_airflows():
    assert {rule.value for rule in models.TriggerRule} == {
        rule.value for rule in TriggerRule if rule is not TriggerRule.ALL_DONE_SETUP_SUCCESS
    }


def test_default_args_are_the_arguments_of_all_tasks():
    operators = (BaseOperator, ConnectedOperator, BatchSubmitJobOperator, BatchJobOperator)
    arguments = {name for each in operators for name in inspect.signature(each.__init__).parameters}

    common = arguments - SELF_AND_REST - DIFFERENT_FOR_EACH_TASK - WRITTEN_ELSEWHERE
    assert TASK_ARGUMENTS - ADDED_BY_LATER_VERSIONS <= common <= TASK_ARGUMENTS


def test_arguments_of_tasks_that_are_no_default_args_have_a_remedy():
    assert DIFFERENT_FOR_EACH_TASK == _SET_BY_PROVIDER
    assert _REMEDIES.keys() >= WRITTEN_ELSEWHERE
