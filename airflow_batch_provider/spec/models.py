"""The workflow language: the models for specs in YAML, JSON and Python."""

from __future__ import annotations

from airflow_batch_provider.spec.language.airflow import AirflowSettings, RunType
from airflow_batch_provider.spec.language.alerts import Alert, Alerts, SnsTopic
from airflow_batch_provider.spec.language.asset import AssetReference
from airflow_batch_provider.spec.language.backfill import Backfill
from airflow_batch_provider.spec.language.connection import ConnectionSettings
from airflow_batch_provider.spec.language.default_args import DefaultArguments
from airflow_batch_provider.spec.language.definition import JobDefinition, Platform
from airflow_batch_provider.spec.language.dependency import Dependency, DependencyOwner, DependencyType
from airflow_batch_provider.spec.language.job import SUBMIT_JOB_MEMBERS, Job, JobSettings
from airflow_batch_provider.spec.language.job_task import ArrayRetry, JobTaskSettings
from airflow_batch_provider.spec.language.resources import (
    ComputeEnvironment,
    ComputeResources,
    JobQueue,
    Resources,
    SchedulingPolicy,
)
from airflow_batch_provider.spec.language.schedule import Schedule, When
from airflow_batch_provider.spec.language.task import (
    CALLBACKS,
    WORKER_SETTINGS,
    PythonTask,
    TaskSettings,
    TriggerRule,
)
from airflow_batch_provider.spec.language.workflow import SUBMIT_TASK, WAIT_TASK, SubmissionMode, Workflow

__all__ = [
    "CALLBACKS",
    "SUBMIT_JOB_MEMBERS",
    "SUBMIT_TASK",
    "WAIT_TASK",
    "WORKER_SETTINGS",
    "AirflowSettings",
    "Alert",
    "Alerts",
    "ArrayRetry",
    "AssetReference",
    "Backfill",
    "ComputeEnvironment",
    "ComputeResources",
    "ConnectionSettings",
    "DefaultArguments",
    "Dependency",
    "DependencyOwner",
    "DependencyType",
    "Job",
    "JobDefinition",
    "JobQueue",
    "JobSettings",
    "JobTaskSettings",
    "Platform",
    "PythonTask",
    "Resources",
    "RunType",
    "Schedule",
    "SchedulingPolicy",
    "SnsTopic",
    "SubmissionMode",
    "TaskSettings",
    "TriggerRule",
    "When",
    "Workflow",
]
