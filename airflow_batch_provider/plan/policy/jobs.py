"""The IAM policies for submitting a workflow's jobs and for waiting for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from airflow_batch_provider.batch.naming import definition_name
from airflow_batch_provider.batch.request import complete_registration
from airflow_batch_provider.following.tags import DAG_TAG, IDENTITY_TAGS
from airflow_batch_provider.plan.policy.statement import (
    ArnBuilder,
    Condition,
    allow,
    allow_pass_role,
    policy_document,
)
from airflow_batch_provider.plan.resources import DesiredResource, ResourceKind
from airflow_batch_provider.spec.values import has_template, is_template

if TYPE_CHECKING:
    from airflow_batch_provider.plan.model import PlannedJob, WorkflowPlan

_DEFAULT_LOG_GROUP: Final = "/aws/batch/job"
_STREAM_NAME_OF_DEFINITION_MAX: Final = 200
_DESCRIBE_ACTIONS: Final = ("batch:DescribeJobs", "batch:ListJobs")
_ROLES: Final = ("jobRoleArn", "executionRoleArn")
TASK_SERVICE: Final = "ecs-tasks.amazonaws.com"


def build_submit_policy(
    plan: WorkflowPlan,
    builder: ArnBuilder,
    desired: Sequence[DesiredResource] = (),
    *,
    tags_jobs: bool = True,
) -> dict[str, Any]:
    """
    Return the policy for Airflow's workers and DAG processor, or for a standalone run.

    It allows submitting and describing jobs, terminating the jobs of cleared or killed tasks, and
    reading the logs of jobs that have ended. A queue or definition that is a template becomes ``*``.

    :param desired: the resources of the spec; their job definitions may set the log group.
    :param tags_jobs: whether jobs get identity tags (``[batch_provider] tag_jobs``).
    """
    definitions = list(_inline_definitions(plan))
    return policy_document(
        allow("Submit", ["batch:SubmitJob"], _submit_resources(plan, builder), _share_condition(plan)),
        allow("TagJobs", ["batch:TagResource"], *_tag_permission(plan, builder, tags_jobs=tags_jobs)),
        allow("DescribeJobs", _describe_actions(plan)),
        *_allow_terminate(plan, builder, tags_jobs=tags_jobs),
        _allow_read_logs(plan, builder, desired),
        *_allow_registration(definitions, builder),
    )


def build_triggerer_policy(
    plan: WorkflowPlan,
    builder: ArnBuilder,
    desired: Sequence[DesiredResource] = (),
    *,
    tags_jobs: bool = True,
) -> dict[str, Any]:
    """
    Return the policy for the triggerer, and for sensors, which only wait.

    It allows describing jobs, reading their logs, and terminating the jobs of killed tasks.
    """
    return policy_document(
        allow("DescribeJobs", _describe_actions(plan)),
        *_allow_terminate(plan, builder, tags_jobs=tags_jobs),
        _allow_read_logs(plan, builder, desired),
    )


def _describe_actions(plan: WorkflowPlan) -> list[str]:
    """Return the read actions; a queue that is a template requires a search of all queues."""
    queues = [*(str(job.request["jobQueue"]) for job in plan.jobs), plan.backfill.job_queue or ""]
    return [*_DESCRIBE_ACTIONS, *(["batch:DescribeJobQueues"] if any(map(is_template, queues)) else [])]


def _builder_for(job: PlannedJob, builder: ArnBuilder) -> ArnBuilder:
    return replace(builder, region=job.connection.region_name or builder.region)


def _submit_resources(plan: WorkflowPlan, builder: ArnBuilder) -> Iterator[str]:
    backfill_queue = plan.backfill.job_queue
    for job in plan.jobs:
        regional = _builder_for(job, builder)
        yield regional.batch("job-queue", _literal(job.request["jobQueue"]))
        if backfill_queue is not None:
            yield regional.batch("job-queue", _literal(backfill_queue))
        yield from _definition_arns(job.request["jobDefinition"], regional)
        yield from _consumable_resources(job, regional)
        yield regional.batch("job", "*")


def _definition_arns(definition: Any, builder: ArnBuilder) -> Iterator[str]:
    """Yield a definition's ARN with and without revision: AWS checks the form that the call uses."""
    name = _literal(_name_of(definition))
    arn = builder.batch("job-definition", name)
    yield arn
    if ":" not in arn.rpartition("/")[2] and name != "*":
        yield f"{arn}:*"


def _name_of(definition: Any) -> str:
    if not isinstance(definition, Mapping):
        return str(definition)
    if has_template(definition):
        return f"{definition['jobDefinitionName']}-*"
    return definition_name(complete_registration(definition, job_key=""))


def _consumable_resources(job: PlannedJob, builder: ArnBuilder) -> Iterator[str]:
    override = job.request.get("consumableResourcePropertiesOverride", {})
    for entry in override.get("consumableResourceList", ()):
        yield builder.batch("consumable-resource", _literal(str(entry.get("consumableResource", "*"))))


def _share_condition(plan: WorkflowPlan) -> Condition | None:
    """Restrict the share identifiers if every job has a literal one."""
    shares = [job.request.get("shareIdentifier") for job in plan.jobs]
    shares += [plan.backfill.share_identifier] if plan.backfill.share_identifier else []
    if not all(shares) or any(is_template(share) for share in shares):
        return None
    return {"StringEquals": {"batch:ShareIdentifier": sorted({str(share) for share in shares})}}


def _tag_permission(
    plan: WorkflowPlan, builder: ArnBuilder, *, tags_jobs: bool
) -> tuple[list[str], Condition | None]:
    """Return resources and condition for tagging jobs: SubmitJob with tags requires batch:TagResource."""
    tagged = [job for job in plan.jobs if tags_jobs or job.request.get("tags")]
    condition = _only_keys([job.request for job in tagged], IDENTITY_TAGS if tags_jobs else ())
    return [_builder_for(job, builder).batch("job", "*") for job in tagged], condition


def _only_keys(tagged: Iterable[Mapping[str, Any]], others: Iterable[str] = ()) -> Condition | None:
    """Allow only the keys of some requests' tags; None if a template determines keys at run time."""
    tags = [request.get("tags") or {} for request in tagged]
    if any(map(is_template, tags)):
        return None
    keys = sorted({*others, *(key for each in tags for key in each)})
    return {"ForAllValues:StringEquals": {"aws:TagKeys": keys}} if keys else None


def _allow_terminate(plan: WorkflowPlan, builder: ArnBuilder, *, tags_jobs: bool) -> Iterator[dict[str, Any]]:
    """Allow terminating jobs that have the tags which all jobs of the workflow share."""
    shared = set.intersection(*(_literal_tags(job) for job in plan.jobs))
    shared |= {(DAG_TAG, plan.workflow)} if tags_jobs else set()
    condition = {"StringEquals": {f"aws:ResourceTag/{key}": value for key, value in sorted(shared)}}
    arns = (_builder_for(job, builder).batch("job", "*") for job in plan.jobs)
    yield allow("Terminate", ["batch:TerminateJob"], arns, condition if shared else None)


def _literal_tags(job: PlannedJob) -> set[tuple[str, str]]:
    tags = job.request.get("tags") or {}
    if is_template(tags):
        return set()
    return {(key, value) for key, value in tags.items() if not is_template(value)}


def _allow_read_logs(
    plan: WorkflowPlan, builder: ArnBuilder, desired: Sequence[DesiredResource]
) -> dict[str, Any]:
    known = {each.name: each.request for each in desired if each.kind is ResourceKind.JOB_DEFINITION}
    return allow("ReadLogs", ["logs:GetLogEvents"], _log_streams(plan, builder, known))


def _log_streams(
    plan: WorkflowPlan, builder: ArnBuilder, known: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    for job in plan.jobs:
        regional = _builder_for(job, builder)
        definition = job.request["jobDefinition"]
        name = _literal(_name_of(definition)).rpartition("/")[2].partition(":")[0]
        group, prefix = _log_options(known.get(name, definition))
        stream = f"{(prefix or name)[:_STREAM_NAME_OF_DEFINITION_MAX]}/*"
        yield regional.arn("logs", f"log-group:{group or _DEFAULT_LOG_GROUP}:log-stream:{stream}")


def _log_options(definition: Any) -> tuple[str | None, str | None]:
    if not isinstance(definition, Mapping):
        return None, None
    options = definition.get("containerProperties", {}).get("logConfiguration", {}).get("options", {})
    if is_template(options):
        return "*", "*"
    return options.get("awslogs-group"), options.get("awslogs-stream-prefix")


def _inline_definitions(plan: WorkflowPlan) -> Iterator[Mapping[str, Any]]:
    for job in plan.jobs:
        if isinstance(job.request["jobDefinition"], Mapping):
            yield job.request["jobDefinition"]


def _allow_registration(
    definitions: Iterable[Mapping[str, Any]], builder: ArnBuilder
) -> Iterator[dict[str, Any]]:
    """Allow finding and registering the job definitions inside jobs, and deregistering duplicates."""
    named = {_name_of(definition): definition for definition in definitions}
    if not named:
        return
    arns = [builder.batch("job-definition", name) for name in named]
    yield allow("DescribeDefinitions", ["batch:DescribeJobDefinitions"])
    yield allow("RegisterDefinitions", ["batch:RegisterJobDefinition"], arns)
    revisions = [f"{arn}:*" for arn in arns]
    yield allow("DeregisterDuplicates", ["batch:DeregisterJobDefinition"], revisions)
    if any(definition.get("tags") for definition in named.values()):
        condition = _only_keys(named.values())
        yield allow("TagDefinitions", ["batch:TagResource"], revisions, condition)
    roles = [role for definition in named.values() for role in find_roles(definition)]
    yield allow_pass_role("PassJobRoles", (builder.role(_literal(role)) for role in roles), [TASK_SERVICE])


def find_roles(definition: Mapping[str, Any]) -> Iterator[str]:
    """Yield the roles of a job definition at any depth."""
    for name, value in definition.items():
        if name in (*_ROLES, "taskRoleArn") and isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from find_roles(value)
        elif isinstance(value, list | tuple):
            for item in value:
                if isinstance(item, Mapping):
                    yield from find_roles(item)


def _literal(text: str) -> str:
    return "*" if is_template(text) else text
