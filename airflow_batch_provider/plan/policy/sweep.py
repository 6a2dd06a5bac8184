"""The IAM policy for finding and terminating the jobs that no run wants any longer."""

from __future__ import annotations

from typing import Any

from airflow_batch_provider.following.tags import DAG_TAG, ENVIRONMENT_TAG, tag_value
from airflow_batch_provider.plan.policy.statement import ArnBuilder, allow, policy_document


def build_sweep_policy(dag_id: str, builder: ArnBuilder, environment: str | None = None) -> dict[str, Any]:
    """
    Return the policy for ``airflow-batch sweep`` and ``BatchSweepOperator``.

    It allows terminating the jobs of one environment, of all DAGs; without one, the jobs of one DAG.
    """
    tag, value = (DAG_TAG, dag_id) if environment is None else (ENVIRONMENT_TAG, environment)
    condition = {"StringEquals": {f"aws:ResourceTag/{tag}": tag_value(value)}}
    return policy_document(
        allow("FindJobs", ["batch:DescribeJobQueues", "batch:DescribeJobs", "batch:ListJobs"]),
        allow("Terminate", ["batch:TerminateJob"], [builder.batch("job", "*")], condition),
    )
