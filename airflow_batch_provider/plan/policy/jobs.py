"""The policies of those who submit a workflow's jobs, and of those who wait for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from airflow_batch_provider.batch.naming import definition_name
from airflow_batch_provider.batch.request import complete_registration
from airflow_batch_provider.following.tags import DAG_TAG, IDENTITY_TAGS
from airflow_batch_provider.plan.model import PlannedJob, WorkflowPlan
from airflow_batch_provider.plan.policy.statement import Condition, Place, allow, pass_roles, policy
from airflow_batch_provider.plan.resources import DesiredResource, ResourceKind
from airflow_batch_provider.spec.values import has_template, is_template

_DEFAULT_LOG_GROUP: Final = "/aws/batch/job"
_STREAM_NAME_OF_DEFINITION_MAX: Final = 200
_LOOK: Final = ("batch:DescribeJobs", "batch:ListJobs")
_ROLES: Final = ("jobRoleArn", "executionRoleArn")
TASK_SERVICE: Final = "ecs-tasks.amazonaws.com"


def submitting_policy(
    plan: WorkflowPlan,
    place: Place,
    desired: Sequence[DesiredResource] = (),
    *,
    tags_jobs: bool = True,
) -> dict[str, Any]:
    """
    Allow what the submitting side does: Airflow's workers and DAG processor, or the master job.

    It submits, looks at jobs, terminates those of cleared or killed tasks, and reads the logs of
    those that have ended. A queue or definition that is a template stands for all.

    :param desired: the resources of the spec, whose job definitions may say where jobs log to.
    :param tags_jobs: whether jobs get tags that say whose they are (``[batch_provider] tag_jobs``).
    """
    definitions = list(_inline_definitions(plan))
    return policy(
        allow("Submit", ["batch:SubmitJob"], _submitted(plan, place), _share_condition(plan)),
        allow("TagJobs", ["batch:TagResource"], *_tagging(plan, place, tags_jobs=tags_jobs)),
        allow("LookAtJobs", _looking(plan)),
        *_terminating(plan, place, tags_jobs=tags_jobs),
        _reading_logs(plan, place, desired),
        *_registering(definitions, place),
    )


def waiting_policy(
    plan: WorkflowPlan,
    place: Place,
    desired: Sequence[DesiredResource] = (),
    *,
    tags_jobs: bool = True,
) -> dict[str, Any]:
    """
    Allow what the triggerer does: look at jobs, read their logs, terminate those of killed tasks.

    The same for a sensor that only waits.
    """
    return policy(
        allow("LookAtJobs", _looking(plan)),
        *_terminating(plan, place, tags_jobs=tags_jobs),
        _reading_logs(plan, place, desired),
    )


def _looking(plan: WorkflowPlan) -> list[str]:
    """A queue that is a template cannot be told when a run has ended: then all queues are looked at."""
    queues = [*(str(job.request["jobQueue"]) for job in plan.jobs), plan.backfill.job_queue or ""]
    return [*_LOOK, *(["batch:DescribeJobQueues"] if any(map(is_template, queues)) else [])]


def _place_of(job: PlannedJob, place: Place) -> Place:
    return replace(place, region=job.connection.region_name or place.region)


def _submitted(plan: WorkflowPlan, place: Place) -> Iterator[str]:
    backfill_queue = plan.backfill.job_queue
    for job in plan.jobs:
        here = _place_of(job, place)
        yield here.batch("job-queue", _literal(job.request["jobQueue"]))
        if backfill_queue is not None:
            yield here.batch("job-queue", _literal(backfill_queue))
        yield from _definition_arns(job.request["jobDefinition"], here)
        yield from _consumable_resources(job, here)
        yield here.batch("job", "*")


def _definition_arns(definition: Any, place: Place) -> Iterator[str]:
    """Name a definition with and without its revision: AWS checks the one that the call names."""
    name = _literal(_name_of(definition))
    arn = place.batch("job-definition", name)
    yield arn
    if ":" not in arn.rpartition("/")[2] and name != "*":
        yield f"{arn}:*"


def _name_of(definition: Any) -> str:
    if not isinstance(definition, Mapping):
        return str(definition)
    if has_template(definition):
        return f"{definition['jobDefinitionName']}-*"
    return definition_name(complete_registration(definition, job_key=""))


def _consumable_resources(job: PlannedJob, place: Place) -> Iterator[str]:
    override = job.request.get("consumableResourcePropertiesOverride", {})
    for entry in override.get("consumableResourceList", ()):
        yield place.batch("consumable-resource", _literal(str(entry.get("consumableResource", "*"))))


def _share_condition(plan: WorkflowPlan) -> Condition | None:
    """Limit the share identifiers, if all jobs have one that is known."""
    shares = [job.request.get("shareIdentifier") for job in plan.jobs]
    shares += [plan.backfill.share_identifier] if plan.backfill.share_identifier else []
    if not all(shares) or any(is_template(share) for share in shares):
        return None
    return {"StringEquals": {"batch:ShareIdentifier": sorted({str(share) for share in shares})}}


def _tagging(plan: WorkflowPlan, place: Place, *, tags_jobs: bool) -> tuple[list[str], Condition | None]:
    """Allow the tags that jobs are submitted with, and no others; AWS asks for it at SubmitJob."""
    tagged = [job for job in plan.jobs if tags_jobs or job.request.get("tags")]
    own = {key for job in tagged for key in job.request.get("tags") or ()}
    keys = sorted(own | set(IDENTITY_TAGS if tags_jobs else ()))
    arns = [_place_of(job, place).batch("job", "*") for job in tagged]
    return arns, {"ForAllValues:StringEquals": {"aws:TagKeys": keys}} if keys else None


def _terminating(plan: WorkflowPlan, place: Place, *, tags_jobs: bool) -> Iterator[dict[str, Any]]:
    """Allow jobs to be terminated; only those with the tags that all jobs of the workflow share."""
    shared = set.intersection(*(_literal_tags(job) for job in plan.jobs))
    shared |= {(DAG_TAG, plan.workflow)} if tags_jobs else set()
    condition = {"StringEquals": {f"aws:ResourceTag/{key}": value for key, value in sorted(shared)}}
    arns = (_place_of(job, place).batch("job", "*") for job in plan.jobs)
    yield allow("Terminate", ["batch:TerminateJob"], arns, condition if shared else None)


def _literal_tags(job: PlannedJob) -> set[tuple[str, str]]:
    tags = job.request.get("tags") or {}
    return {(key, value) for key, value in tags.items() if not is_template(value)}


def _reading_logs(plan: WorkflowPlan, place: Place, desired: Sequence[DesiredResource]) -> dict[str, Any]:
    known = {each.name: each.request for each in desired if each.kind is ResourceKind.JOB_DEFINITION}
    return allow("ReadLogs", ["logs:GetLogEvents"], _log_streams(plan, place, known))


def _log_streams(plan: WorkflowPlan, place: Place, known: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for job in plan.jobs:
        here = _place_of(job, place)
        definition = job.request["jobDefinition"]
        name = _literal(_name_of(definition)).rpartition("/")[2].partition(":")[0]
        group, prefix = _log_options(known.get(name, definition))
        stream = f"{(prefix or name)[:_STREAM_NAME_OF_DEFINITION_MAX]}/*"
        yield here.arn("logs", f"log-group:{group or _DEFAULT_LOG_GROUP}:log-stream:{stream}")


def _log_options(definition: Any) -> tuple[str | None, str | None]:
    if not isinstance(definition, Mapping):
        return None, None
    options = definition.get("containerProperties", {}).get("logConfiguration", {}).get("options", {})
    return options.get("awslogs-group"), options.get("awslogs-stream-prefix")


def _inline_definitions(plan: WorkflowPlan) -> Iterator[Mapping[str, Any]]:
    for job in plan.jobs:
        if isinstance(job.request["jobDefinition"], Mapping):
            yield job.request["jobDefinition"]


def _registering(definitions: Iterable[Mapping[str, Any]], place: Place) -> Iterator[dict[str, Any]]:
    """Allow the definitions that stand in the workflow to be found, registered, and withdrawn if doubled."""
    named = {_name_of(definition): definition for definition in definitions}
    if not named:
        return
    arns = [place.batch("job-definition", name) for name in named]
    yield allow("LookAtDefinitions", ["batch:DescribeJobDefinitions"])
    yield allow("RegisterDefinitions", ["batch:RegisterJobDefinition"], arns)
    revisions = [f"{arn}:*" for arn in arns]
    yield allow("DeregisterDoubles", ["batch:DeregisterJobDefinition"], revisions)
    keys = sorted({key for definition in named.values() for key in definition.get("tags") or ()})
    if keys:
        condition = {"ForAllValues:StringEquals": {"aws:TagKeys": keys}}
        yield allow("TagDefinitions", ["batch:TagResource"], revisions, condition)
    roles = [role for definition in named.values() for role in roles_of(definition)]
    yield pass_roles("PassRolesOfJobs", (place.role(_literal(role)) for role in roles), [TASK_SERVICE])


def roles_of(definition: Mapping[str, Any]) -> Iterator[str]:
    """List the roles of a job definition, wherever they stand in it."""
    for name, value in definition.items():
        if name in (*_ROLES, "taskRoleArn") and isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from roles_of(value)
        elif isinstance(value, list | tuple):
            for item in value:
                if isinstance(item, Mapping):
                    yield from roles_of(item)


def _literal(text: str) -> str:
    return "*" if is_template(text) else text
