"""Operators that make and delete what a workflow needs in AWS Batch."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.errors import ResourceWaitError, SpecError
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.operators.connected import COMMON_FIELDS, ConnectedOperator
from airflow_batch_provider.plan.resources import DesiredResource, desired_of, desired_resources
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
    Base of the operators on resources.

    Each step is found out from AWS Batch alone, so that a try takes up what another has begun.

    :param workflow: the resources of a spec: a ``Workflow``, or the path of its file.
    :param resources: resources in place of a spec's: a ``Resources``, or a mapping as under
        ``resources`` of a spec. They belong to the DAG.
    :param deferrable: True waits in the triggerer, False in the worker.
    :param poll_interval_seconds: from one look to the next.
    :param wait_timeout: how long AWS Batch may be busy with one step.
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

    def execute(self, context: Context) -> list[str]:
        """Look whether all of it can be done, and begin."""
        with airflow_errors():
            self.check(self._account())
        return self._go_on(context)

    def resume(self, context: Context, event: dict[str, Any], done: list[str]) -> list[str]:
        """Take the next step, now that AWS Batch is done with the one before."""
        self._done = list(done)
        if "error" in event:
            with airflow_errors():
                raise ResourceWaitError(event["error"])
        return self._go_on(context)

    @abstractmethod
    def check(self, account: ResourceAccount) -> None:
        """Raise if the whole cannot be done."""

    @abstractmethod
    def step(self, account: ResourceAccount) -> Pending:
        """Do what can be done now; say what AWS Batch is busy with then."""

    def report(self, line: str) -> None:
        """Log what has been done, and keep it for the task's result."""
        self.log.info("%s", line)
        self._done.append(line)

    def _go_on(self, context: Context) -> list[str]:  # noqa: ARG002
        from airflow_batch_provider.resources.waiting import Waiter

        account = self._account()
        with airflow_errors():
            if self.deferrable:
                pending = self.step(account)
                if pending:
                    self._defer(pending)
            else:
                waiter = Waiter(account, timeout_seconds=self.wait_timeout.total_seconds())
                waiter.finish(lambda _: self.step(account), self.desired)
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
    Create the resources of a spec, update what differs, and wait until all are VALID.

    What is as the spec wants it is left alone. The task's result lists what was done.

    :param adopt: take over what was made by others.
    """

    def __init__(self, *, adopt: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.adopt = adopt

    def check(self, account: ResourceAccount) -> None:
        from airflow_batch_provider.resources.reconcile import Reconciler

        Reconciler(account, self.report, adopt=self.adopt).check(self.desired)

    def step(self, account: ResourceAccount) -> Pending:
        from airflow_batch_provider.resources.reconcile import Reconciler

        updated = [line.removeprefix("updated ").partition(":")[0] for line in self._done]
        return Reconciler(account, self.report, adopt=self.adopt, updated=updated).step(self.desired)


class BatchDeleteResourcesOperator(_ResourcesOperator):
    """
    Delete the resources that a spec has made, in reverse order, and wait until they are gone.

    As a teardown it runs whatever has happened before; ``force`` then ends the jobs that still
    run in the queues that go.

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
        raise SpecError("give either 'workflow' or 'resources'")
    if resources is not None:
        desired = desired_of(Resources.model_validate(resources), owner)
    else:
        desired = desired_resources(_read(workflow))
    if not desired:
        raise SpecError("there are no resources; say under 'resources' what is needed")
    return desired


def _read(workflow: Workflow | str | Path | None) -> Workflow:
    return validate_workflow(workflow) if isinstance(workflow, Workflow) else load_workflow(str(workflow))
