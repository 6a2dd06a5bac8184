"""The provider's metadata for Airflow's provider manager."""

from __future__ import annotations

from typing import Any

_PACKAGE = "airflow_batch_provider"
_INTEGRATION = "AWS Batch workflows"


def get_provider_info() -> dict[str, Any]:
    """Return the metadata as Airflow's ``provider_info.schema.json`` defines it."""
    return {
        "package-name": "airflow-batch-provider",
        "name": _INTEGRATION,
        "description": (
            "Runs workflows of AWS Batch jobs whose dependencies AWS Batch itself enforces through dependsOn."
        ),
        "integrations": [
            {
                "integration-name": _INTEGRATION,
                "external-doc-url": "https://docs.aws.amazon.com/batch/latest/userguide/what-is-batch.html",
                "tags": ["aws"],
            }
        ],
        "operators": [_modules("operators")],
        "sensors": [_modules("sensors", "resources")],
        "hooks": [_modules("hooks")],
        "triggers": [_modules("triggers", "resources", "starting", "task")],
        "extra-links": [
            f"{_PACKAGE}.links.batch.{link}"
            for link in ("BatchJobLink", "BatchJobDefinitionLink", "BatchJobQueueLink", "BatchJobLogLink")
        ],
        "notifications": [
            f"{_PACKAGE}.notifications.alerts.{notifier}"
            for notifier in ("JobFailedAlert", "RunFailedAlert", "RunSucceededAlert")
        ],
        "config": {
            "batch_provider": {
                "description": "Settings of the AWS Batch workflows provider.",
                "options": {
                    "poll_interval_seconds": {
                        "description": (
                            "Seconds between two polls of AWS Batch, for tasks that do not set their own "
                            "interval. A poll needs one DescribeJobs call per 100 waiting jobs."
                        ),
                        "version_added": "0.1.0",
                        "type": "float",
                        "example": "30",
                        "default": "10",
                    },
                    "refused_timeout": {
                        "description": (
                            "Seconds for which waiting tasks tolerate that AWS refuses the credentials of "
                            "their connection, for tasks that do not set their own refused_timeout. The job "
                            "keeps running; after this time the task fails, and its next try finds the job."
                        ),
                        "version_added": "0.1.0",
                        "type": "float",
                        "example": "14400",
                        "default": "3600",
                    },
                    "log_lines": {
                        "description": (
                            "Number of last lines of each attempt's log that a task copies into its own log, "
                            "for tasks that do not set their own number. The task's log shows how many lines "
                            "were omitted, with a link to the full log."
                        ),
                        "version_added": "0.1.0",
                        "type": "integer",
                        "example": "1000",
                        "default": "20000",
                    },
                    "tag_jobs": {
                        "description": (
                            "Tag every job with the DAG, run and task that submitted it: airflow_dag_id, "
                            "airflow_run_id, airflow_task_id and others. Requires the IAM permission "
                            "batch:TagResource."
                        ),
                        "version_added": "0.1.0",
                        "type": "boolean",
                        "example": "False",
                        "default": "True",
                    },
                    "environment": {
                        "description": (
                            "Name of this Airflow in the tag airflow_environment of its jobs. It must be "
                            "unique among all Airflows that use the same AWS account and Region, and the "
                            "same in all components. airflow-batch sweep only terminates the jobs of one "
                            "environment. Without a name, jobs do not have the tag."
                        ),
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": "production",
                        "default": "",
                    },
                    "terminate_marked": {
                        "description": (
                            "Let the API server terminate the jobs of tasks and runs that a user marks as "
                            "failed, success or skipped, or deletes, and let the scheduler terminate the "
                            "jobs of tasks that Airflow removes from a run. This requires AWS credentials "
                            "in both. If False, only the jobs of deferred or running tasks are terminated."
                        ),
                        "version_added": "0.1.0",
                        "type": "boolean",
                        "example": "False",
                        "default": "True",
                    },
                    "publish_unfollowed": {
                        "description": (
                            "Let the scheduler, at the end of a DAG run, publish the job ID, links and "
                            "array result of jobs that ran although their tasks did not. The scheduler needs "
                            "AWS credentials for this, as does the API server for runs that a user marks. "
                            "If False, the tasks keep what the failed task published when it failed."
                        ),
                        "version_added": "0.1.0",
                        "type": "boolean",
                        "example": "False",
                        "default": "True",
                    },
                    "show_spec": {
                        "description": (
                            "Show the text of a spec and its plan in the documentation of its DAG and tasks, "
                            "to everyone who may read the DAG. A spec can override this with "
                            "airflow.show_spec."
                        ),
                        "version_added": "0.1.0",
                        "type": "boolean",
                        "example": "False",
                        "default": "True",
                    },
                    "plan_cache": {
                        "description": (
                            "Directory of the plan cache: Airflow reads and checks a spec file again only "
                            "when it changes. The directory can be deleted at any time. Leave empty for "
                            "batch_plans in AIRFLOW_HOME; set to off to disable the cache."
                        ),
                        "version_added": "0.1.0",
                        "type": "string",
                        "example": "/var/cache/airflow/batch_plans",
                        "default": "",
                    },
                },
            }
        },
    }


def _modules(package: str, *others: str) -> dict[str, Any]:
    modules = [f"{_PACKAGE}.{package}.{module}" for module in ("batch", *others)]
    return {"integration-name": _INTEGRATION, "python-modules": modules}
