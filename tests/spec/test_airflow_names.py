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
OWN_SETTINGS = {"show_spec"}
SET_ELSEWHERE = {"self", "dag_id", "description", "task_group"}
RETIRED = {"sla_miss_callback"}
DEFAULT_ARGUMENTS_ONLY = {
    # The start and end of a single task do not hold its job back.
    *("start_date", "end_date"),
    # Details of other settings.
    *("ignore_first_depends_on_past", "wait_for_past_depends_before_skipping"),
    # Deprecated by Airflow: `alerts` and callbacks notify.
    *("email", "email_on_failure", "email_on_retry"),
    # `doc_md` is what Airflow's UI shows.
    *("doc", "doc_json", "doc_rst", "doc_yaml"),
    # Objects, which only a spec in Python can contain.
    *("inlets", "post_execute", "pre_execute", "retry_policy"),
    # A job is submitted and followed by more than one task or operator, with templates of its own.
    *("allow_nested_operators", "do_xcom_push", "logger_name", "multiple_outputs"),
    *("render_template_as_native_obj", "resources"),
}
"""Arguments of tasks that an author can set for all tasks, but not in a job."""
NOT_THE_AUTHORS = {"dag", "default_args", "params", "sla", "task_group", "task_id"}
CALLBACK_NAMES = {"exception", "reason"}
PYTHON_OPERATOR_NAMES = {"templates_dict"}
ASSET_NAMES = {"asset_state_store"}


def test_airflow_settings_are_the_arguments_of_dag():
    arguments = set(inspect.signature(DAG.__init__).parameters)

    assert set(models.AirflowSettings.model_fields) - OWN_SETTINGS == arguments - SET_ELSEWHERE - RETIRED


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


def test_a_decision_was_taken_about_each_argument_of_a_task_in_this_airflow():
    """A new argument of Airflow's needs a decision: a key of a job, a default argument, or neither."""
    arguments = set(inspect.signature(BaseOperator.__init__).parameters) - SELF_AND_REST
    keys_of_jobs = {"outlets" if name == "produces" else name for name in models.TaskSettings.model_fields}
    decided = (keys_of_jobs & arguments) | DEFAULT_ARGUMENTS_ONLY | NOT_THE_AUTHORS

    assert decided - ADDED_BY_LATER_VERSIONS <= arguments <= decided


def test_default_arguments_that_are_no_keys_of_jobs_are_known():
    assert DEFAULT_ARGUMENTS_ONLY <= TASK_ARGUMENTS
    assert DEFAULT_ARGUMENTS_ONLY.isdisjoint(models.TaskSettings.model_fields)
    assert NOT_THE_AUTHORS.isdisjoint(TASK_ARGUMENTS | set(models.TaskSettings.model_fields))


def test_arguments_of_tasks_that_are_no_default_args_have_a_remedy():
    assert DIFFERENT_FOR_EACH_TASK == _SET_BY_PROVIDER
    assert _REMEDIES.keys() >= WRITTEN_ELSEWHERE
