"""The default arguments of all tasks: the ``default_args`` of ``DAG()``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidatorFunctionWrapHandler, WrapValidator

from airflow_batch_provider.spec.language.connection import ConnectionSettings
from airflow_batch_provider.spec.language.job_task import JobTaskSettings
from airflow_batch_provider.spec.language.moments import Moment
from airflow_batch_provider.spec.language.python_objects import Function, python_object
from airflow_batch_provider.spec.values import Text, as_written

_Text = Annotated[Text, Field(min_length=1)]
_PositiveAmount = Annotated[float, Field(gt=0, strict=True), WrapValidator(as_written)]
_AnyObject = Annotated[
    Any, python_object("an asset of Airflow", "write 'produces' in a job or in 'defaults'")
]


class DefaultArguments(JobTaskSettings, ConnectionSettings):
    """Arguments of Airflow's operators and of this provider's, for all tasks of a workflow."""

    # Rules report other keys: some belong elsewhere, and operators of other providers have more arguments.
    model_config = ConfigDict(extra="allow", arbitrary_types_allowed=True)

    pool: _Text | None = None
    """The Airflow pool of all tasks."""
    priority_weight: Annotated[int, Field(strict=True, ge=-(2**31), lt=2**31)] | None = None
    """The priority of the tasks in Airflow."""
    retry_policy: Annotated[Any, python_object("a retry policy of Airflow")] = None
    """A retry policy; in Python only."""
    start_date: Moment | None = None
    """The start of the first data interval, if ``airflow`` has no ``start_date``."""
    end_date: Moment | None = None
    """The date after which the tasks do not run."""
    depends_on_past: bool | None = None
    """Whether a task starts only if it succeeded or was skipped in the previous run."""
    ignore_first_depends_on_past: bool | None = None
    """Whether the first run ignores ``depends_on_past``."""
    wait_for_past_depends_before_skipping: bool | None = None
    """Whether a task waits for its previous run before it is skipped."""
    wait_for_downstream: bool | None = None
    """Whether a task also waits for the tasks that directly follow it in the previous run."""
    max_active_tis_per_dagrun: Annotated[int, Field(ge=1, strict=True)] | None = None
    """The maximum number of instances of a mapped task that run at the same time in a run."""
    resources: (
        dict[Literal["cpus", "ram", "disk", "gpus"], Annotated[int, Field(ge=0, strict=True)]] | None
    ) = None
    """Resources of the tasks for executors that read them. For the job, see ``vcpus`` and ``memory``."""
    deferrable: bool | None = None
    """Whether tasks wait for their jobs in the triggerer. The default is true."""
    poll_interval_seconds: _PositiveAmount | None = None
    """The number of seconds between two rounds of DescribeJobs."""
    end_in_triggerer: bool | None = None
    """Whether the triggerer ends a task whose job has succeeded. The default is true."""
    email: Text | list[Text] | None = None
    """The recipients of Airflow's emails. Airflow prefers notifiers: see ``alerts``."""
    email_on_failure: bool | None = None
    """Whether a failure sends an email to ``email``."""
    email_on_retry: bool | None = None
    """Whether a retry sends an email to ``email``."""
    do_xcom_push: bool | None = None
    """Whether the result of a task becomes an XCom. The provider's own XComs do not depend on it."""
    multiple_outputs: bool | None = None
    """Whether each key of a Python task's result becomes an XCom."""
    render_template_as_native_obj: bool | None = None
    """Whether templates render to Python values instead of strings."""
    logger_name: Text | None = None
    """The suffix of the name of the tasks' logger."""
    allow_nested_operators: bool | None = None
    """Whether a task may execute another operator."""
    doc: Text | None = None
    """Documentation of the tasks as plain text."""
    doc_json: Text | None = None
    """Documentation of the tasks in JSON."""
    doc_yaml: Text | None = None
    """Documentation of the tasks in YAML."""
    doc_rst: Text | None = None
    """Documentation of the tasks in reStructuredText."""
    inlets: _AnyObject = None
    """The assets that the tasks read; in Python only."""
    outlets: _AnyObject = None
    """The assets that each task updates; in Python only. See also ``produces``."""
    pre_execute: Function = None
    """Called before a task executes; in Python only."""
    post_execute: Function = None
    """Called after a task has executed; in Python only."""


def _as_mapping(value: Any, check: ValidatorFunctionWrapHandler) -> Mapping[str, Any]:
    """Return what the author set, checked, in the author's order."""
    arguments = check(value)
    values = {**dict(arguments), **(arguments.model_extra or {})}
    names = arguments.model_fields_set
    given = [name for name in value if name in names] if isinstance(value, dict) else []
    return {name: values[name] for name in (*given, *sorted(names - set(given)))}


if TYPE_CHECKING:
    DefaultArgs = dict[str, Any]
else:
    # Checked as a model; the value is a mapping, which contains only what the author has set.
    DefaultArgs = Annotated[DefaultArguments, WrapValidator(_as_mapping)]
