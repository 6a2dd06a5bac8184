"""SubmitJob without overrides: names, arrays, dependencies, shares, parameters, sizes."""

from __future__ import annotations

from typing import Any, Final

from tests.aws_requests.bases import (
    ARRAY_OF_3,
    DEFINITION,
    DISABLED_QUEUE,
    FARGATE_QUEUE,
    JOBS,
    QUEUE,
    RESOURCE,
    SHARES_QUEUE,
    UNKNOWN_JOB,
    ec2,
    fargate,
    override,
    submit,
)
from tests.aws_requests.case import Case, Submission, accepted, refused

NAME: Final = "SubmitJob.jobName: the first character must be alphanumeric"
PATTERN: Final = "fluidattacks/makes#697: Job name should match valid pattern"
DEFINITION_NAME: Final = "RegisterJobDefinition.jobDefinitionName: letters, numbers, hyphens, underscores"
FIRST: Final = "hashicorp/terraform-provider-aws#2126: names must begin with an alphanumeric"
SIZE: Final = "ArrayProperties.size: 2 to 10,000"
DEPENDENCIES: Final = "SubmitJob.dependsOn"
SHARE: Final = "SubmitJob.shareIdentifier: up to 255 alphanumeric characters"
PRIORITY: Final = "SubmitJob.schedulingPriorityOverride: 0 to 9999"
REFERENCE: Final = "SubmitJob: Unable to substitute value. No parameter found for reference …"
CONSUMABLE: Final = "ConsumableResourceRequirement"


def array(size: Any, **members: Any) -> Submission:
    return submit(arrayProperties={"size": size}, **members)


def after(*dependencies: dict[str, Any], **members: Any) -> Submission:
    return submit(dependsOn=list(dependencies), **members)


def share(identifier: str, **members: Any) -> Submission:
    return submit(jobQueue=SHARES_QUEUE, shareIdentifier=identifier, **members)


def needs(*entries: dict[str, Any]) -> Submission:
    return submit(consumableResourcePropertiesOverride={"consumableResourceList": list(entries)})


def echo(*words: str, **members: Any) -> Any:
    return ec2({"command": ["echo", *words]}, **members)


NAMES: Final[list[Case]] = [
    accepted("job-minimal", submit(), "SubmitJob"),
    accepted("job-name-digit-first", submit(jobName="1-a_B"), NAME),
    accepted("job-name-128-characters", submit(jobName="a" * 128), NAME),
    refused("job-name-129-characters", submit(jobName="a" * 129), NAME),
    refused("job-name-hyphen-first", submit(jobName="-a"), PATTERN),
    refused("job-name-underscore-first", submit(jobName="_a"), PATTERN),
    refused("job-name-with-dot", submit(jobName="a.b"), PATTERN),
    refused("job-name-with-space", submit(jobName="a b"), PATTERN),
    refused("job-name-with-umlaut", submit(jobName="bär"), PATTERN),
    refused("job-name-with-newline", submit(jobName="a\n"), PATTERN),
    refused("job-name-empty", submit(jobName=""), PATTERN),
    refused("job-name-is-number", submit(jobName=1), "SubmitJob.jobName: a string"),
    accepted("definition-name-digit-first", ec2(jobDefinitionName="1-a_B"), DEFINITION_NAME),
    accepted("definition-name-128-characters", ec2(jobDefinitionName="a" * 128), DEFINITION_NAME),
    refused("definition-name-129-characters", ec2(jobDefinitionName="a" * 129), DEFINITION_NAME),
    refused("definition-name-hyphen-first", ec2(jobDefinitionName="-a"), FIRST),
    refused("definition-name-underscore-first", ec2(jobDefinitionName="_a"), FIRST),
    refused("definition-name-with-dot", ec2(jobDefinitionName="a.b"), DEFINITION_NAME),
    refused("definition-name-with-revision", ec2(jobDefinitionName="a:1"), DEFINITION_NAME),
    refused("definition-name-empty", ec2(jobDefinitionName=""), DEFINITION_NAME),
]

REFERENCES: Final[list[Case]] = [
    refused("job-without-queue", submit(jobQueue=None), "SubmitJob.jobQueue: Required."),
    refused("job-without-definition", submit(jobDefinition=None), "SubmitJob.jobDefinition: Required."),
    accepted(
        "job-definition-with-revision", submit(jobDefinition=f"{DEFINITION}:1"), "SubmitJob.jobDefinition"
    ),
    refused(
        "job-definition-latest",
        submit(jobDefinition=f"{DEFINITION}:latest"),
        "aws/aws-sdk-js#4280: Provided name …:latest is not supported pattern",
    ),
    refused("job-definition-revision-zero", submit(jobDefinition=f"{DEFINITION}:0"), "revisions begin at 1"),
    refused("job-definition-empty", submit(jobDefinition=""), "SubmitJob.jobDefinition: Required."),
    refused("job-definition-with-space", submit(jobDefinition="a b"), "SubmitJob.jobDefinition"),
    refused(
        "job-definition-unknown",
        submit(jobDefinition="unknown"),
        "aws-samples/aws-genomics-workflows#84: … does not exist or is not in ACTIVE status",
    ),
    refused("job-queue-unknown", submit(jobQueue="unknown"), "SubmitJob: JobQueue … not found."),
    refused("job-queue-empty", submit(jobQueue=""), "SubmitJob.jobQueue: Required."),
    refused(
        "job-queue-disabled", submit(jobQueue=DISABLED_QUEUE), "UG: job_queue_parameters: state DISABLED"
    ),
    refused(
        "ec2-job-in-fargate-queue",
        submit(jobQueue=FARGATE_QUEUE),
        "SubmitJob: Job Queue is attached to Compute Environment that can not run Jobs with capability EC2",
    ),
    refused(
        "fargate-job-in-ec2-queue",
        submit(fargate(), jobQueue=QUEUE),
        "SubmitJob: Job Queue is attached to Compute Environment that can not run Jobs with capability …",
    ),
]

ARRAYS_AND_DEPENDENCIES: Final[list[Case]] = [
    accepted("array-2", array(2), SIZE),
    accepted("array-10000", array(10_000), SIZE),
    refused("array-0", array(0), SIZE),
    refused("array-1", array(1), "opensupplyhub/open-apparel-registry#336: an array job with only 1 item"),
    refused("array-10001", array(10_001), SIZE),
    refused("array-negative", array(-2), SIZE),
    refused("array-is-text", array("2"), "ArrayProperties.size: an integer"),
    accepted("dependency", after({"jobId": JOBS[0]}), DEPENDENCIES),
    accepted("dependency-of-array-on-job", array(2, dependsOn=[{"jobId": JOBS[0]}]), DEPENDENCIES),
    accepted("dependency-on-array", after({"jobId": ARRAY_OF_3}), DEPENDENCIES),
    accepted("dependencies-20", after(*({"jobId": job} for job in JOBS[:20])), f"{DEPENDENCIES}: 20"),
    refused(
        "dependencies-21",
        after(*({"jobId": job} for job in JOBS)),
        "OpenNeuroOrg/openneuro#100: Job cannot have more than 20 dependencies",
    ),
    accepted("dependencies-none", after(), DEPENDENCIES),
    refused(
        "dependency-on-unknown-job", after({"jobId": UNKNOWN_JOB}), "unknown: the job cannot be waited for"
    ),
    refused("dependency-empty", after({}), "unknown: neither a job nor SEQUENTIAL"),
    refused("dependency-without-id", after({"type": "N_TO_N"}), f"{DEPENDENCIES}: N_TO_N with a job ID"),
    refused("dependency-unknown-type", after({"jobId": JOBS[0], "type": "ONE_TO_N"}), "JobDependency.type"),
    refused("dependency-lower-case-type", after({"jobId": JOBS[0], "type": "n_to_n"}), "JobDependency.type"),
    refused("dependency-is-text", submit(dependsOn=[JOBS[0]]), "JobDependency: an object"),
    accepted("sequential", array(3, dependsOn=[{"type": "SEQUENTIAL"}]), DEPENDENCIES),
    refused(
        "sequential-without-array",
        after({"type": "SEQUENTIAL"}),
        f"{DEPENDENCIES}: SEQUENTIAL without a job ID is for array jobs",
    ),
    accepted("n-to-n", array(3, dependsOn=[{"jobId": ARRAY_OF_3, "type": "N_TO_N"}]), DEPENDENCIES),
    refused(
        "n-to-n-without-array",
        after({"jobId": ARRAY_OF_3, "type": "N_TO_N"}),
        f"{DEPENDENCIES}: N_TO_N is for array jobs",
    ),
    refused(
        "n-to-n-without-id",
        array(3, dependsOn=[{"type": "N_TO_N"}]),
        f"{DEPENDENCIES}: N_TO_N with a job ID",
    ),
    refused(
        "n-to-n-on-plain-job",
        array(3, dependsOn=[{"jobId": JOBS[0], "type": "N_TO_N"}]),
        f"{DEPENDENCIES}: each child waits for the child with its index",
    ),
    refused(
        "n-to-n-of-other-size",
        array(4, dependsOn=[{"jobId": ARRAY_OF_3, "type": "N_TO_N"}]),
        "unknown: the last child would wait for a child that does not exist",
    ),
]

SHARES: Final[list[Case]] = [
    accepted("share", share("team1"), SHARE),
    accepted("share-255-characters", share("a" * 255), SHARE),
    refused("share-256-characters", share("a" * 256), SHARE),
    refused("share-with-hyphen", share("team-1"), SHARE),
    refused("share-with-underscore", share("team_1"), SHARE),
    refused("share-with-space", share("team 1"), SHARE),
    refused("share-empty", share(""), SHARE),
    refused(
        "share-missing",
        submit(jobQueue=SHARES_QUEUE),
        "SubmitJob.shareIdentifier: must be specified if the queue has a fair-share policy",
    ),
    refused(
        "share-in-queue-without-policy",
        submit(shareIdentifier="team1"),
        "SubmitJob: … can onlybe submitted to job queue with fair share scheduling policy.",
    ),
    accepted("priority-0", share("team1", schedulingPriorityOverride=0), PRIORITY),
    accepted("priority-9999", share("team1", schedulingPriorityOverride=9999), PRIORITY),
    refused("priority-10000", share("team1", schedulingPriorityOverride=10_000), PRIORITY),
    refused("priority-negative", share("team1", schedulingPriorityOverride=-1), PRIORITY),
    refused("priority-is-text", share("team1", schedulingPriorityOverride="1"), f"{PRIORITY}, an integer"),
    accepted("definition-priority-0", ec2(schedulingPriority=0), "RegisterJobDefinition.schedulingPriority"),
    accepted(
        "definition-priority-9999", ec2(schedulingPriority=9999), "RegisterJobDefinition.schedulingPriority"
    ),
    refused(
        "definition-priority-10000",
        ec2(schedulingPriority=10_000),
        "RegisterJobDefinition.schedulingPriority",
    ),
    refused(
        "definition-priority-negative", ec2(schedulingPriority=-1), "RegisterJobDefinition.schedulingPriority"
    ),
]

PARAMETERS: Final[list[Case]] = [
    accepted("reference-registered-without-parameter", echo("Ref::x"), "found by SubmitJob, not before"),
    refused("reference-without-parameter", submit(echo("Ref::x")), REFERENCE),
    accepted("reference-with-parameter", submit(echo("Ref::x"), parameters={"x": "1"}), REFERENCE),
    accepted("reference-with-default", submit(echo("Ref::x", parameters={"x": "1"})), REFERENCE),
    accepted("reference-to-empty-parameter", submit(echo("Ref::x"), parameters={"x": ""}), REFERENCE),
    refused("reference-with-other-case", submit(echo("Ref::X"), parameters={"x": "1"}), REFERENCE),
    refused(
        "references-one-without-parameter",
        submit(echo("Ref::x", "Ref::y"), parameters={"x": "1"}),
        REFERENCE,
    ),
    accepted("parameter-without-reference", submit(parameters={"unused": "1"}), "SubmitJob.parameters"),
    refused("reference-in-override", override(command=["echo", "Ref::x"]), REFERENCE),
    accepted(
        "reference-replaced-by-override",
        override(echo("Ref::x"), command=["true"]),
        "ContainerOverrides.command: overrides the definition's",
    ),
]

RESOURCES_AND_SIZES: Final[list[Case]] = [
    accepted("consumable", needs({"consumableResource": RESOURCE, "quantity": 1}), CONSUMABLE),
    refused("consumable-zero", needs({"consumableResource": RESOURCE, "quantity": 0}), CONSUMABLE),
    refused("consumable-negative", needs({"consumableResource": RESOURCE, "quantity": -1}), CONSUMABLE),
    refused("consumable-without-name", needs({"quantity": 1}), CONSUMABLE),
    refused("consumable-without-quantity", needs({"consumableResource": RESOURCE}), CONSUMABLE),
    refused("consumable-unknown", needs({"consumableResource": "unknown", "quantity": 1}), CONSUMABLE),
    accepted(
        "definition-consumable",
        ec2(
            consumableResourceProperties={
                "consumableResourceList": [{"consumableResource": RESOURCE, "quantity": 2}]
            }
        ),
        CONSUMABLE,
    ),
    refused(
        "definition-consumable-zero",
        ec2(
            consumableResourceProperties={
                "consumableResourceList": [{"consumableResource": RESOURCE, "quantity": 0}]
            }
        ),
        CONSUMABLE,
    ),
    accepted("job-29-kib", submit(parameters={"x": "y" * 29 * 1024}), "UG: service_limits: 30 KiB"),
    refused(
        "job-31-kib",
        submit(parameters={"x": "y" * 31 * 1024}),
        "ASFHyP3/hyp3#3041: Job size must be less than 30 KiB, got … KiB",
    ),
    accepted("definition-23-kib", ec2(parameters={"x": "y" * 23 * 1024}), "UG: service_limits: 24 KiB"),
    refused("definition-25-kib", ec2(parameters={"x": "y" * 25 * 1024}), "UG: service_limits: 24 KiB"),
]

CASES: Final = [*NAMES, *REFERENCES, *ARRAYS_AND_DEPENDENCIES, *SHARES, *PARAMETERS, *RESOURCES_AND_SIZES]
