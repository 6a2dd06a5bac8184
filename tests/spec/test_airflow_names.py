"""What the language knows of Airflow without importing it is what Airflow has."""

import inspect

from airflow.sdk import DAG, BaseOperator, TriggerRule
from airflow.sdk.definitions._internal.templater import FILTERS
from airflow.sdk.definitions.context import KNOWN_CONTEXT_KEYS

from airflow_batch_provider.operators.batch import BatchJobOperator, BatchSubmitJobOperator
from airflow_batch_provider.operators.connected import ConnectedOperator
from airflow_batch_provider.spec import models
from airflow_batch_provider.spec.task_argument_names import TASK_ARGUMENTS
from airflow_batch_provider.spec.templates import AIRFLOW_FILTERS, CONTEXT_NAMES

SAID_ELSEWHERE = {"self", "dag_id", "description", "task_group"}
RETIRED = {"sla_miss_callback"}
OF_CALLBACKS = {"exception", "reason"}
OF_PYTHON_OPERATORS = {"templates_dict"}
OF_ASSETS = {"asset_state_store"}


def test_the_airflow_settings_are_the_arguments_of_dag():
    arguments = set(inspect.signature(DAG.__init__).parameters)

    assert set(models.AirflowSettings.model_fields) == arguments - SAID_ELSEWHERE - RETIRED


def test_templates_know_the_names_that_airflow_gives_them():
    given = set(KNOWN_CONTEXT_KEYS) - OF_CALLBACKS - OF_PYTHON_OPERATORS

    assert given <= CONTEXT_NAMES | OF_ASSETS
    assert given >= CONTEXT_NAMES


def test_templates_know_airflows_filters():
    assert set(FILTERS) == AIRFLOW_FILTERS


def test_the_trigger_rules_are_airflows():
    assert {rule.value for rule in models.TriggerRule} == {
        rule.value for rule in TriggerRule if rule is not TriggerRule.ALL_DONE_SETUP_SUCCESS
    }


def test_default_args_know_every_argument_of_a_task():
    operators = (BaseOperator, ConnectedOperator, BatchSubmitJobOperator, BatchJobOperator)
    arguments = {name for each in operators for name in inspect.signature(each.__init__).parameters}

    of_each_task = {"self", "args", "kwargs", "task_id", "dag", "task_group", "default_args", "params"}
    assert arguments - of_each_task <= TASK_ARGUMENTS
