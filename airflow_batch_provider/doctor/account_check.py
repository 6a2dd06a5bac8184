"""Check whether the jobs of a workflow can run in an account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.doctor import definitions, queues
from airflow_batch_provider.doctor.facts import DefinitionFacts, InstanceSize, QueueFacts
from airflow_batch_provider.doctor.finding import AccountFinding, Severity
from airflow_batch_provider.spec.values import has_template, is_template

if TYPE_CHECKING:
    from airflow_batch_provider.doctor.account_reader import AccountReader
    from airflow_batch_provider.plan.model import PlannedJob, WorkflowPlan
    from airflow_batch_provider.spec.models import Workflow

_DESCRIBE_DEFINITIONS: Final = "batch:DescribeJobDefinitions"
_DEFAULT_LOG_GROUP: Final = "/aws/batch/job"
_AWS_CHOSEN_TYPES: Final = frozenset({"optimal", "default_x86_64", "default_arm64"})
"""Values of ``instanceTypes`` for which AWS chooses the instance families."""


class AccountCheck:
    """
    One check of an account against a workflow.

    :param policy: the IAM policy that submitting the workflow requires; simulated if IAM allows it.
    """

    def __init__(
        self, workflow: Workflow, plan: WorkflowPlan, account: AccountReader, policy: Mapping[str, Any]
    ) -> None:
        self._workflow = workflow
        self._plan = plan
        self._account = account
        self._policy = policy
        self._definitions: dict[str, DefinitionFacts | None] = {}
        self._sizes: dict[tuple[str, ...], list[InstanceSize] | None] = {}

    def findings(self) -> list[AccountFinding]:
        """Return all findings, each once."""
        return list(dict.fromkeys(self._check_all()))

    def _check_all(self) -> Iterator[AccountFinding]:
        names = list(dict.fromkeys(str(job.request["jobQueue"]) for job in self._plan.jobs))
        literal = [name for name in names if not is_template(name)]
        found = self._account.queues(literal)
        if found is not None:
            yield from self._check_queues(literal, found)
            yield from self._check_named_definitions()
            for job in self._plan.jobs:
                yield from self._check_job(job, found.get(str(job.request["jobQueue"])))
        yield from self._note_templates()
        yield from self._check_logs()
        yield from self._check_permissions(next(iter(found or ()), None))

    def _check_queues(
        self, names: Sequence[str], found: Mapping[str, QueueFacts]
    ) -> Iterator[AccountFinding]:
        missing = [name for name in names if name not in found]
        existing = self._account.queue_names() if missing else []
        for name in missing:
            yield queues.explain_missing_queue(name, existing, self._workflow.resources.job_queues)
        for queue in found.values():
            yield from queues.check_queue(queue)
            yield from queues.check_environments(queue)

    def _check_named_definitions(self) -> Iterator[AccountFinding]:
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
                in_spec = self._workflow.resources.job_definitions
                yield definitions.explain_missing_definition(job_keys, name, in_spec)
            else:
                yield from definitions.check_definition_status(job_keys, definition)

    def _check_job(self, job: PlannedJob, queue: QueueFacts | None) -> Iterator[AccountFinding]:
        if queue is None:
            return
        definition = self._definition_of(job)
        share = job.request.get("shareIdentifier")
        if not is_template(share):
            yield from queues.check_share_identifier(job.key, queue, share)
        if definition is not None:
            wrong_platform = list(definitions.check_platform(job.key, definition, queue))
            yield from wrong_platform or definitions.check_size(
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
        """Look up the instance types of a queue's compute environments, each distinct list once."""
        listed = {each.name: each.instance_types for each in queue.usable if each.instance_types}
        known = {name: types for name, types in listed.items() if not _AWS_CHOSEN_TYPES & set(types)}
        for types in known.values():
            if types not in self._sizes:
                self._sizes[types] = self._account.instance_sizes(types)
        return {name: self._sizes[types] for name, types in known.items()}

    def _note_templates(self) -> Iterator[AccountFinding]:
        for job in self._plan.jobs:
            for member, name in (("jobQueue", "job_queue"), ("jobDefinition", "job_definition")):
                if has_template(job.request[member]):
                    yield AccountFinding(
                        "D199",
                        Severity.NOTE,
                        f"the {name} of job '{job.key}' is a template and was not checked",
                        "To check it, run doctor on a spec that has the value in place of the template",
                    )

    def _check_logs(self) -> Iterator[AccountFinding]:
        groups = {each.log_group for each in self._definitions.values() if each is not None}
        for group in dict.fromkeys(group or _DEFAULT_LOG_GROUP for group in sorted(groups, key=str)):
            self._account.probe_log_access(group)
            if not self._account.log_group_exists(group):
                is_default = group == _DEFAULT_LOG_GROUP
                yield AccountFinding(
                    "D501",
                    Severity.WARNING,
                    f"log group '{group}' does not exist",
                    "AWS Batch creates it when the first job starts" if is_default else "Create it",
                )

    def _check_permissions(self, job_queue: str | None) -> Iterator[AccountFinding]:
        if job_queue is not None:
            self._account.probe_job_access(job_queue)
        for action in self._account.denied:
            is_logs = action.startswith("logs:")
            consequence = "job logs cannot be shown" if is_logs else "the checks that need it were skipped"
            yield AccountFinding(
                "D601",
                Severity.WARNING if is_logs else Severity.ERROR,
                f"you are not allowed to call {action}; {consequence}",
                f"Allow {action} in the IAM policy of your user or role",
            )
        denied_by_policy = self._account.simulate_policy(self._policy["Statement"])
        if denied_by_policy is None:
            yield AccountFinding(
                "D603",
                Severity.NOTE,
                "the permissions to submit and terminate jobs could not be checked",
                "Allow iam:SimulatePrincipalPolicy to check them, or try a small run",
            )
        for denied in denied_by_policy or ():
            yield AccountFinding(
                "D602",
                Severity.ERROR,
                f"IAM denies {denied}",
                "Attach the policy that 'airflow-batch policy FILE --account ID --region REGION --for "
                "submit' prints",
            )


def _needs(job: PlannedJob, definition: DefinitionFacts) -> dict[str, str]:
    """Return the resource requirements of a job: its overrides over its definition's, without templates."""
    entries = job.request.get("containerOverrides", {}).get("resourceRequirements", ())
    own = {} if is_template(entries) else {entry["type"]: str(entry["value"]) for entry in entries}
    needs = {**definition.requirements, **own}
    return {kind: value for kind, value in needs.items() if not is_template(value)}
