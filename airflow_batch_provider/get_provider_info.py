"""What Airflow's provider manager reads about this provider."""

from __future__ import annotations

from typing import Any

_PACKAGE = "airflow_batch_provider"
_INTEGRATION = "AWS Batch workflows"


def get_provider_info() -> dict[str, Any]:
    """Describe the provider in the form of Airflow's ``provider_info.schema.json``."""
    return {
        "package-name": "airflow-batch-provider",
        "name": _INTEGRATION,
        "description": "Workflows of AWS Batch jobs, chained inside AWS Batch with dependsOn.",
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
        "triggers": [_modules("triggers", "resources", "starting")],
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
                "description": "Settings of the provider for AWS Batch workflows.",
                "options": {
                    "poll_interval_seconds": {
                        "description": (
                            "Seconds from one round of DescribeJobs to the next for tasks that do not set "
                            "their own; a round asks for up to 100 jobs a call."
                        ),
                        "version_added": "0.1.0",
                        "type": "float",
                        "example": "30",
                        "default": "10",
                    },
                    "log_lines": {
                        "description": (
                            "Lines of each attempt's log that a task shows in its own log unless it sets its "
                            "own number: the last ones. How many were left out is said, with a link."
                        ),
                        "version_added": "0.1.0",
                        "type": "integer",
                        "example": "1000",
                        "default": "20000",
                    },
                    "tag_jobs": {
                        "description": (
                            "Give every job tags that say whose it is: airflow_dag_id, airflow_run_id, "
                            "airflow_task_id and so on. Needs the permission batch:TagResource."
                        ),
                        "version_added": "0.1.0",
                        "type": "boolean",
                        "example": "False",
                        "default": "True",
                    },
                    "terminate_marked": {
                        "description": (
                            "Let the API server terminate the jobs of tasks and runs that somebody marks as "
                            "failed, success or skipped. It needs access to AWS for that; without it only "
                            "the jobs of tasks that are deferred or running then are terminated."
                        ),
                        "version_added": "0.1.0",
                        "type": "boolean",
                        "example": "False",
                        "default": "True",
                    },
                    "plan_cache": {
                        "description": (
                            "Folder in which the plans of spec files are kept, so that a file that has not "
                            "changed is not read and checked again; it may be deleted at any time. Empty: "
                            "batch_plans in AIRFLOW_HOME. off: none."
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


def _modules(room: str, *others: str) -> dict[str, Any]:
    modules = [f"{_PACKAGE}.{room}.{module}" for module in ("batch", *others)]
    return {"integration-name": _INTEGRATION, "python-modules": modules}
