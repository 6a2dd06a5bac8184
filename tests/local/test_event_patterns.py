from typing import Any

import pytest

from airflow_batch_provider.local.events.pattern import PatternError, compile_pattern, restrict
from airflow_batch_provider.local.events.target_input import input_for

EVENT = {
    "source": "aws.batch",
    "detail": {
        "status": "FAILED",
        "jobName": "Align-7",
        "exitCode": 137,
        "isCancelled": True,
        "nothing": None,
        "attempts": [],
        "container": {
            "command": ["sh", "-c"],
            "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
        },
    },
}


def detail(**conditions: Any) -> dict[str, Any]:
    return {"detail": conditions}


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ({}, True),
        (detail(status=["SUCCEEDED", "FAILED"]), True),
        (detail(status=["SUCCEEDED"]), False),
        (detail(status=["FAILED"], jobName=["other"]), False),
        (detail(unknown=["x"]), False),
        (detail(exitCode=[137]), True),
        (detail(exitCode=["137"]), False),
        (detail(isCancelled=[True]), True),
        (detail(isCancelled=[1]), False),
        (detail(nothing=[None]), True),
        (detail(jobName=[{"prefix": "Align"}]), True),
        (detail(jobName=[{"prefix": "align"}]), False),
        (detail(jobName=[{"prefix": {"equals-ignore-case": "ALIGN"}}]), True),
        (detail(jobName=[{"suffix": "-7"}]), True),
        (detail(jobName=[{"equals-ignore-case": "align-7"}]), True),
        (detail(jobName=[{"wildcard": "A*-*"}]), True),
        (detail(jobName=[{"wildcard": "B*"}]), False),
        (detail(status=[{"anything-but": "FAILED"}]), False),
        (detail(status=[{"anything-but": ["RUNNING", "SUCCEEDED"]}]), True),
        (detail(jobName=[{"anything-but": {"prefix": "Align"}}]), False),
        (detail(jobName=[{"anything-but": {"suffix": ["-1", "-2"]}}]), True),
        (detail(unknown=[{"anything-but": "x"}]), False),
        (detail(unknown=[{"exists": False}]), True),
        (detail(status=[{"exists": True}]), True),
        (detail(status=[{"exists": False}]), False),
        (detail(exitCode=[{"numeric": [">", 128, "<=", 137]}]), True),
        (detail(exitCode=[{"numeric": ["<", 137]}]), False),
        (detail(status=[{"numeric": ["=", 1]}]), False),
        (detail(container={"command": ["-c"]}), True),
        (detail(container={"environment": {"name": ["A"], "value": ["1"]}}), True),
        (detail(container={"environment": {"name": ["A"], "value": ["2"]}}), False),
        (detail(missing={"deep": [{"exists": False}]}), True),
        ({"$or": [detail(status=["RUNNING"]), detail(exitCode=[137])]}, True),
        (detail(**{"$or": [{"status": ["RUNNING"]}, {"exitCode": [1]}]}), False),
    ],
)
def test_content_patterns(pattern: dict[str, Any], matches: bool) -> None:
    assert compile_pattern(pattern)(EVENT) is matches


@pytest.mark.parametrize(
    "pattern",
    [
        [],
        {"source": "aws.batch"},
        {"source": []},
        {"source": [["aws.batch"]]},
        {"source": [{"cidr": "10.0.0.0/8"}]},
        {"source": [{"prefix": 1}]},
        {"source": [{"numeric": [">"]}]},
        {"source": [{"numeric": [">", "1"]}]},
        {"source": [{"prefix": "a", "suffix": "b"}]},
    ],
)
def test_patterns_that_are_refused(pattern: Any) -> None:
    with pytest.raises(PatternError):
        compile_pattern(pattern)


def test_restrict_removes_conditions_on_unknown_members() -> None:
    pattern = {"source": ["a"], "detail": {"status": ["FAILED"], "jobName": ["x"]}, "$or": [{}]}

    assert restrict(pattern, {"source": "", "detail": {"status": ""}}) == {
        "source": ["a"],
        "detail": {"status": ["FAILED"]},
    }


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('"<status> of <name>"', '"FAILED of Align-7"'),
        ('{"all": <aws.events.event>}', None),
        ('{"rule": "<aws.events.rule-name>", "none": <gone>}', '{"rule": "r", "none": ""}'),
        ("<code>, <second>", "137, -c"),
    ],
)
def test_templates_are_filled_in(template: str, text: str | None) -> None:
    paths = {
        "status": "$.detail.status",
        "name": "$.detail.jobName",
        "code": "$.detail.exitCode",
        "second": "$.detail.container.command[1]",
        "gone": "$.detail.container.gone[0].x",
    }
    target = {"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}

    filled = input_for(target, "r", EVENT)

    assert filled == text if text is not None else filled.startswith('{"all": {"source"')
