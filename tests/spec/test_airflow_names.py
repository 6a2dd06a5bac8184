"""The names that the language copies from Airflow, because it must not import it, are Airflow's."""

import inspect

from airflow.sdk import DAG, BaseOperator, TriggerRule
from airflow.sdk.definitions._internal.templater import FILTERS
from airflow.sdk.definitions.context import KNOWN_CONTEXT_KEYS

from airflow_batch_provider.operators.batch import BatchJobOperator, BatchSubmitJobOperator
from airflow_batch_provider.operators.connected import ConnectedOperator
from airflow_batch_provider.spec import models
from airflow_batch_provider.spec.task_argument_names import TASK_ARGUMENTS
from airflow_batch_provider.spec.templates import AIRFLOW_FILTERS, CONTEXT_NAMES

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


def test_default_args_allow_every_task_argument():
    operators = (BaseOperator, ConnectedOperator, BatchSubmitJobOperator, BatchJobOperator)
    arguments = {name for each in operators for name in inspect.signature(each.__init__).parameters}

    common = {"self", "args", "kwargs", "task_id", "dag", "task_group", "default_args", "params"}
    assert arguments - common <= TASK_ARGUMENTS
