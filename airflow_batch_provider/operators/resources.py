"""Operators that create and delete the AWS Batch resources of a workflow."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.errors import ResourceWaitError, SpecError
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.operators.connected import COMMON_FIELDS, ConnectedOperator
from airflow_batch_provider.plan.resources import DesiredResource, desired_resources, owned_resources
from airflow_batch_provider.spec.loader import load_workflow, validate_workflow
from airflow_batch_provider.spec.models import Resources, Workflow

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_batch_provider.resources.account import ResourceAccount
    from airflow_batch_provider.resources.reconcile import Pending

_POLL_INTERVAL_SECONDS: Final = 5.0
_TIMEOUT: Final = timedelta(minutes=15)


class _ResourcesOperator(ConnectedOperator):
    """
    Base class of the resource operators.

    Each step depends only on what AWS Batch describes, so a retry continues where the previous try
    stopped.

    :param workflow: use the resources of this spec: a ``Workflow``, or the path of its file.
    :param resources: use these resources: a ``Resources``, or a mapping as under ``resources`` of a
        spec. The DAG owns them. Exactly one of ``workflow`` and ``resources`` is required.
    :param deferrable: True waits in the triggerer, False in the worker.
    :param poll_interval_seconds: seconds between two polls in the triggerer.
    :param wait_timeout: the limit for one step if deferrable, for all steps together otherwise.
    """

    template_fields: Sequence[str] = COMMON_FIELDS
    ui_color = "#dcead7"

    def __init__(
        self,
        *,
        workflow: Workflow | str | Path | None = None,
        resources: Resources | Mapping[str, Any] | None = None,
        deferrable: bool = True,
        poll_interval_seconds: float = _POLL_INTERVAL_SECONDS,
        wait_timeout: timedelta = _TIMEOUT,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.desired = _desired(workflow, resources, owner=self.dag_id)
        self.deferrable = deferrable
        self.poll_interval_seconds = poll_interval_seconds
        self.wait_timeout = wait_timeout
        self._done: list[str] = []

    def execute(self, context: Context) -> list[str]:  # noqa: ARG002
        """Check that all changes are possible, then start them."""
        with airflow_errors():
            self.check(self._account())
        return self._continue()

    def resume(self, context: Context, event: dict[str, Any], done: list[str]) -> list[str]:  # noqa: ARG002
        """Start the next step after AWS Batch has completed the previous one."""
        self._done = list(done)
        if "error" in event:
            with airflow_errors():
                raise ResourceWaitError(event["error"])
        return self._continue()

    @abstractmethod
    def check(self, account: ResourceAccount) -> None:
        """Raise if a change is not possible."""

    @abstractmethod
    def step(self, account: ResourceAccount) -> Pending:
        """Start the next changes and return the resources to wait for."""

    def report(self, line: str) -> None:
        """Log a completed change and add it to the task's result."""
        self.log.info("%s", line)
        self._done.append(line)

    def _continue(self) -> list[str]:
        from airflow_batch_provider.resources.waiting import ResourceWaiter

        account = self._account()
        with airflow_errors():
            if self.deferrable:
                pending = self.step(account)
                if pending:
                    self._defer(pending)
            else:
                waiter = ResourceWaiter(account, timeout_seconds=self.wait_timeout.total_seconds())
                waiter.run_to_completion(lambda _: self.step(account), self.desired)
        return self._done

    def _defer(self, pending: Pending) -> None:
        from airflow_batch_provider.triggers.resources import BatchResourceTrigger

        trigger = BatchResourceTrigger(
            resources=[(str(reference.kind), reference.name) for reference in pending],
            connection=self.connection.to_json(),
            poll_interval_seconds=self.poll_interval_seconds,
        )
        self.defer(
            trigger=trigger, method_name="resume", kwargs={"done": self._done}, timeout=self.wait_timeout
        )

    def _account(self) -> ResourceAccount:
        from airflow_batch_provider.resources.account import ResourceAccount

        return ResourceAccount(self.hook.conn)


class BatchApplyResourcesOperator(_ResourcesOperator):
    """
    Create missing resources, update those that differ, and wait until all are VALID.

    Resources that match the spec are not changed. The task returns a list of the changes.

    :param adopt: take ownership of resources that another owner created.
    """

    def __init__(self, *, adopt: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.adopt = adopt

    def check(self, account: ResourceAccount) -> None:
        from airflow_batch_provider.resources.reconcile import Reconciler

        Reconciler(account, self.report, adopt=self.adopt).check(self.desired)

    def step(self, account: ResourceAccount) -> Pending:
        from airflow_batch_provider.resources.reconcile import Reconciler

        # A resumed task is a new process: the lines of its earlier steps
        # tell the reconciler which resources it has updated already.
        updated = [line.removeprefix("updated ").partition(":")[0] for line in self._done]
        return Reconciler(account, self.report, adopt=self.adopt, updated=updated).step(self.desired)


class BatchDeleteResourcesOperator(_ResourcesOperator):
    """
    Delete the resources that a spec owns, in reverse order, and wait until they are deleted.

    As a teardown task it also runs after failures; ``force`` then terminates the jobs that are
    left in the queues.

    :param force: delete a job queue even if it has jobs that have not ended; AWS terminates them.
    """

    def __init__(self, *, force: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.force = force

    def check(self, account: ResourceAccount) -> None:
        from airflow_batch_provider.resources.reconcile import Remover

        Remover(account, self.report, force=self.force).check(self.desired)

    def step(self, account: ResourceAccount) -> Pending:
        from airflow_batch_provider.resources.reconcile import Remover

        return Remover(account, self.report, force=self.force).step(self.desired)


def _desired(
    workflow: Workflow | str | Path | None, resources: Resources | Mapping[str, Any] | None, owner: str
) -> tuple[DesiredResource, ...]:
    if (workflow is None) == (resources is None):
        raise SpecError("set either 'workflow' or 'resources'")
    if resources is not None:
        desired = owned_resources(Resources.model_validate(resources), owner)
    else:
        desired = desired_resources(_read(workflow))
    if not desired:
        raise SpecError("no resources are defined; define at least one under 'resources'")
    return desired


def _read(workflow: Workflow | str | Path | None) -> Workflow:
    return validate_workflow(workflow) if isinstance(workflow, Workflow) else load_workflow(str(workflow))
