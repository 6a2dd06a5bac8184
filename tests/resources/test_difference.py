"""Comparing what the author wrote with what AWS answers."""

import pytest

from airflow_batch_provider.resources.difference import compare_members


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ({"priority": 1}, {"priority": 1, "state": "ENABLED", "statusReason": "JobQueue Healthy"}),
        ({"computeResources": {"maxvCpus": 4}}, {"computeResources": {"maxvCpus": 4, "desiredvCpus": 2}}),
        ({"computeResources": {"desiredvCpus": 4}}, {"computeResources": {"desiredvCpus": 16}}),
        ({"subnets": ["b", "a"]}, {"subnets": ["a", "b"]}),
        ({"instanceRole": "r"}, {"instanceRole": "arn:aws:iam::1:instance-profile/r"}),
        ({"jobRoleArn": "arn:aws:iam::1:role/x/r"}, {"jobRoleArn": "arn:aws:iam::1:role/x/r"}),
        (
            {"computeEnvironmentOrder": [{"order": 1, "computeEnvironment": "a"}]},
            {"computeEnvironmentOrder": [{"order": 1, "computeEnvironment": "arn:aws:batch:r:1:ce/a"}]},
        ),
        (
            {"resourceRequirements": [{"type": "MEMORY", "value": "512"}, {"type": "VCPU", "value": "1"}]},
            {"resourceRequirements": [{"type": "VCPU", "value": "1.0"}, {"type": "MEMORY", "value": "512"}]},
        ),
        ({"evaluateOnExit": [{"action": "RETRY"}]}, {"evaluateOnExit": [{"action": "retry"}]}),
        (
            {"ec2Configuration": [{"imageType": "ECS_AL2023"}]},
            {"ec2Configuration": [{"imageType": "ECS_AL2023", "batchImageStatus": "LATEST"}]},
        ),
        ({"readonlyRootFilesystem": False}, {}),
        ({"environment": []}, {}),
    ],
)
def test_equal_members_do_not_differ(wanted, there):
    found = compare_members(wanted, there)

    assert found == []


@pytest.mark.parametrize(
    ("wanted", "there", "found"),
    [
        ({"priority": 2}, {"priority": 1}, [("priority", 1, 2)]),
        (
            {"timeout": {"attemptDurationSeconds": 60}},
            {},
            [("timeout", None, {"attemptDurationSeconds": 60})],
        ),
        ({"command": ["a", "b"]}, {"command": ["b", "a"]}, [("command", ["b", "a"], ["a", "b"])]),
        ({"command": ["a"]}, {"command": ["a", "b"]}, [("command", ["a", "b"], ["a"])]),
        ({"privileged": True}, {"privileged": False}, [("privileged", False, True)]),
        (
            {"instanceRole": "r"},
            {"instanceRole": "arn:aws:iam::1:instance-profile/s"},
            [("instance_role", "arn:aws:iam::1:instance-profile/s", "r")],
        ),
        (
            {"computeResources": {"maxvCpus": 4, "minvCpus": 1}},
            {"computeResources": {"maxvCpus": 8, "minvCpus": 0}},
            [("compute_resources.max_vcpus", 8, 4), ("compute_resources.min_vcpus", 0, 1)],
        ),
        (
            {"environment": [{"name": "A", "value": "1"}]},
            {"environment": [{"name": "A", "value": "2"}]},
            [("environment", [{"name": "A", "value": "2"}], [{"name": "A", "value": "1"}])],
        ),
        (
            {"computeEnvironmentOrder": [{"order": 1, "computeEnvironment": "a"}]},
            {"computeEnvironmentOrder": [{"order": 2, "computeEnvironment": "a"}]},
            [
                (
                    "compute_environment_order",
                    [{"order": 2, "computeEnvironment": "a"}],
                    [{"order": 1, "computeEnvironment": "a"}],
                )
            ],
        ),
    ],
)
def test_difference_uses_member_names_of_spec(wanted, there, found):
    shown = [(each.name, each.before, each.after) for each in compare_members(wanted, there)]

    assert shown == found
