"""Sensors for compute environments and job queues that are created outside the DAG."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_batch_provider.errors import ResourceError, ResourceWaitError
from airflow_batch_provider.hooks.connected import CONNECTION_FIELDS
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.plan.resources import ResourceKind
from airflow_batch_provider.sensors.connected import ConnectedSensor

if TYPE_CHECKING:
    from airflow.sdk import Context, XComArg


class _ResourceSensor(ConnectedSensor):
    """Wait until a resource is VALID; fail if it is INVALID or does not exist."""

    kind: ClassVar[ResourceKind]
    ui_color = "#dcead7"

    @property
    @abstractmethod
    def resource_name(self) -> str:
        """The name of the resource."""

    @property
    def waits_for(self) -> str:
        return f"{self.kind} '{self.resource_name}'"

    def execute(self, context: Context) -> Any:
        """Poke in the worker, or defer until the resource is settled."""
        if not self.deferrable:
            return super().execute(context)
        if not self.poke(context):
            self._defer()
        return None

    def poke(self, context: Context) -> bool:  # noqa: ARG002
        """Return whether the resource is VALID; raise if it is INVALID, DELETING or missing."""
        from airflow_batch_provider.resources.account import ResourceAccount
        from airflow_batch_provider.resources.observed import ResourceReference, ResourceStatus

        with airflow_errors():
            reference = ResourceReference(self.kind, self.resource_name)
            # A tuple: `find` returns None for a resource that does not exist.
            found = self.ask(lambda: (ResourceAccount(self.hook.renew().conn).find(reference),))
            if found is None:
                return False
            (observed,) = found
            if observed is None:
                raise ResourceError(
                    f"{self.kind} '{self.resource_name}' does not exist; create it before waiting for it"
                )
            self.log.info("%s is %s", observed, observed.status)
            if observed.status in (ResourceStatus.INVALID, ResourceStatus.DELETING):
                reason = observed.status_reason or "AWS gives no reason"
                raise ResourceError(
                    f"{observed} is {observed.status}: {reason}; fix or recreate it, then clear this task"
                )
        return observed.status is ResourceStatus.VALID

    def resume(self, context: Context, event: dict[str, Any]) -> None:
        """Check the resource after the trigger has fired."""
        with airflow_errors():
            if "error" in event:
                raise ResourceWaitError(event["error"])
        self.poke(context)

    def _defer(self) -> None:
        from airflow_batch_provider.triggers.resources import BatchResourceTrigger

        trigger = BatchResourceTrigger(
            resources=[(str(self.kind), self.resource_name)],
            connection=self.connection.to_json(),
            poll_interval_seconds=self.poke_interval,
        )
        self.defer(trigger=trigger, method_name="resume", timeout=timedelta(seconds=self.timeout))


class BatchComputeEnvironmentSensor(_ResourceSensor):
    """
    Wait until a compute environment is VALID; fail if it is INVALID or does not exist.

    :param compute_environment: its name.
    :param deferrable: True waits in the triggerer, without a worker slot.
    """

    # The field has the argument's name: Airflow looks for XComs in the arguments of a mapped task by it.
    template_fields: Sequence[str] = ("compute_environment", *CONNECTION_FIELDS)
    kind = ResourceKind.COMPUTE_ENVIRONMENT

    def __init__(self, *, compute_environment: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.compute_environment = compute_environment

    @property
    def resource_name(self) -> str:
        return str(self.compute_environment)  # rendered by now


class BatchJobQueueSensor(_ResourceSensor):
    """
    Wait until a job queue is VALID; fail if it is INVALID or does not exist.

    :param job_queue: its name.
    :param deferrable: True waits in the triggerer, without a worker slot.
    """

    template_fields: Sequence[str] = ("job_queue", *CONNECTION_FIELDS)
    kind = ResourceKind.JOB_QUEUE

    def __init__(self, *, job_queue: str | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.job_queue = job_queue

    @property
    def resource_name(self) -> str:
        return str(self.job_queue)  # rendered by now
