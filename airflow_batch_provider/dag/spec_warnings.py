"""Tells the warnings of a spec to whoever parses its DAG."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from airflow.sdk import get_parsing_context

from airflow_batch_provider.spec.diagnostics import Finding


class SpecWarning(UserWarning):
    """A finding that does not stop: the DAG is made."""


def warn_of(findings: Iterable[Finding]) -> None:
    """
    Give each finding as a Python warning whose place is its line in the spec file.

    Airflow's DAG processor writes them into its log of the DAG file, tests see them in
    ``DagBag.captured_warnings``. Workers, which parse the file for the one task that they run,
    are not told.
    """
    if get_parsing_context().task_id is not None:
        return
    for found in findings:
        warnings.warn_explicit(f"{found.rule} {found.text}", SpecWarning, found.file, found.position.line)
