"""Goes through a workflow and finds everything that would go wrong in an account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from airflow_batch_provider.doctor import queues, sizes
from airflow_batch_provider.doctor.account import Account
from airflow_batch_provider.doctor.facts import DefinitionFacts, InstanceSize, QueueFacts
from airflow_batch_provider.doctor.finding import Diagnosis, Severity
from airflow_batch_provider.plan.model import PlannedJob, WorkflowPlan
from airflow_batch_provider.spec.models import Workflow
from airflow_batch_provider.spec.values import has_template, is_template

_DESCRIBE_DEFINITIONS: Final = "batch:DescribeJobDefinitions"
_DEFAULT_LOG_GROUP: Final = "/aws/batch/job"
_ANY_TYPE: Final = frozenset({"optimal", "default_x86_64", "default_arm64"})
"""Instance types that stand for families which AWS chooses."""


class Examination:
    """
    One look at an account.

    :param policy: what the submitting side needs; simulated where IAM lets us.
    """

    def __init__(
        self, workflow: Workflow, plan: WorkflowPlan, account: Account, policy: Mapping[str, Any]
    ) -> None:
        self._workflow = workflow
        self._plan = plan
        self._account = account
        self._policy = policy
        self._definitions: dict[str, DefinitionFacts | None] = {}
        self._sizes: dict[tuple[str, ...], list[InstanceSize] | None] = {}

    def findings(self) -> list[Diagnosis]:
        """Find everything; what is wrong once is said once."""
        return list(dict.fromkeys(self._all()))

    def _all(self) -> Iterator[Diagnosis]:
        names = list(dict.fromkeys(str(job.request["jobQueue"]) for job in self._plan.jobs))
        literal = [name for name in names if not is_template(name)]
        found = self._account.queues(literal)
        if found is not None:
            yield from self._queues(literal, found)
            yield from self._named_definitions()
            for job in self._plan.jobs:
                yield from self._job(job, found.get(str(job.request["jobQueue"])))
        yield from self._templates()
        yield from self._logs()
        yield from self._permissions(next(iter(found or ()), None))

    def _queues(self, names: Sequence[str], found: Mapping[str, QueueFacts]) -> Iterator[Diagnosis]:
        missing = [name for name in names if name not in found]
        known = self._account.queue_names() if missing else []
        for name in missing:
            yield queues.missing_queue(name, known, self._workflow.resources.job_queues)
        for queue in found.values():
            yield from queues.queue_health(queue)
            yield from queues.environments_health(queue)

    def _named_definitions(self) -> Iterator[Diagnosis]:
        users: dict[str, list[str]] = {}
        for job in self._plan.jobs:
            if not has_template(name := job.request["jobDefinition"]) and isinstance(name, str):
                users.setdefault(name, []).append(job.key)
        for name, job_keys in users.items():
            definition = self._account.definition(name)
            if _DESCRIBE_DEFINITIONS in self._account.denied:
                return
            self._definitions[name] = definition
            if definition is None:
                yield sizes.missing_definition(job_keys, name, self._workflow.resources.job_definitions)
            else:
                yield from sizes.definition_status(job_keys, definition)

    def _job(self, job: PlannedJob, queue: QueueFacts | None) -> Iterator[Diagnosis]:
        if queue is None:
            return
        definition = self._definition_of(job)
        share = job.request.get("shareIdentifier")
        if not is_template(share):
            yield from queues.shares(job.key, queue, share)
        if definition is not None:
            wrong_platform = list(sizes.platform(job.key, definition, queue))
            yield from wrong_platform or sizes.fits(
                job.key, _needs(job, definition), queue, self._sizes_of(queue)
            )

    def _definition_of(self, job: PlannedJob) -> DefinitionFacts | None:
        definition = job.request["jobDefinition"]
        if isinstance(definition, Mapping):
            return DefinitionFacts.from_aws(
                {"jobDefinitionName": "(of this job)", "revision": "new", **definition}
            )
        return self._definitions.get(definition)

    def _sizes_of(self, queue: QueueFacts) -> dict[str, list[InstanceSize] | None]:
        """Look up the instance types of a queue's compute environments, each list of them once."""
        listed = {each.name: each.instance_types for each in queue.usable if each.instance_types}
        known = {name: types for name, types in listed.items() if not _ANY_TYPE & set(types)}
        for types in known.values():
            if types not in self._sizes:
                self._sizes[types] = self._account.instance_sizes(types)
        return {name: self._sizes[types] for name, types in known.items()}

    def _templates(self) -> Iterator[Diagnosis]:
        for job in self._plan.jobs:
            for member, name in (("jobQueue", "job_queue"), ("jobDefinition", "job_definition")):
                if has_template(job.request[member]):
                    yield Diagnosis(
                        "D199",
                        Severity.NOTE,
                        f"the {name} of job '{job.key}' is a template and was not looked at",
                        "Look at a spec with the value in its place",
                    )

    def _logs(self) -> Iterator[Diagnosis]:
        groups = {each.log_group for each in self._definitions.values() if each is not None}
        for group in dict.fromkeys(group or _DEFAULT_LOG_GROUP for group in sorted(groups, key=str)):
            self._account.look_at_logs(group)
            if not self._account.has_log_group(group):
                yield Diagnosis(
                    "D501",
                    Severity.WARNING,
                    f"log group '{group}' does not exist",
                    "The first job makes '/aws/batch/job' by itself; another one must be created",
                )

    def _permissions(self, job_queue: str | None) -> Iterator[Diagnosis]:
        if job_queue is not None:
            self._account.look_at_jobs(job_queue)
        for action in self._account.denied:
            consequence = (
                "job logs cannot be shown" if action.startswith("logs:") else "what it shows was not checked"
            )
            yield Diagnosis(
                "D601",
                Severity.WARNING if action.startswith("logs:") else Severity.ERROR,
                f"you may not call {action}; {consequence}",
                "Allow it, see 'airflow-batch policy'",
            )
        simulated = self._account.simulated(self._policy["Statement"])
        if simulated is None:
            yield Diagnosis(
                "D603",
                Severity.NOTE,
                "IAM did not say whether jobs may be submitted and terminated",
                "Allow iam:SimulatePrincipalPolicy to have it told, or try a small run",
            )
        for denied in simulated or ():
            yield Diagnosis(
                "D602",
                Severity.ERROR,
                f"IAM would deny {denied}",
                "Attach the policy that 'airflow-batch policy --for submit' prints",
            )


def _needs(job: PlannedJob, definition: DefinitionFacts) -> dict[str, str]:
    """Lay what the job asks for over what its definition does; what is a template is not known."""
    entries = job.request.get("containerOverrides", {}).get("resourceRequirements", ())
    needs = {**definition.requirements, **{entry["type"]: str(entry["value"]) for entry in entries}}
    return {kind: value for kind, value in needs.items() if not is_template(value)}
