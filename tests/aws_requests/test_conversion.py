"""What rendered templates leave becomes what AWS's service model requires."""

import re

import pytest

from airflow_batch_provider.aws_requests.conversion import converted
from airflow_batch_provider.aws_requests.model import member_kinds
from tests.aws_model import service_model, what_is_wrong_with

REQUESTS = {"SubmitJobRequest", "RegisterJobDefinitionRequest"}


def rendered(shape, render):
    """Build a value of a shape in which ``render`` writes each number, boolean, list of texts and map."""
    kind = shape.type_name
    if kind == "structure":
        return {name: rendered(member, render) for name, member in shape.members.items()}
    if kind == "list":
        items = [rendered(shape.member, render)]
        return render(items) if shape.member.type_name == "string" else items
    if kind == "map":
        return render({"key": rendered(shape.value, render)})
    if kind == "string":
        return (shape.metadata.get("enum") or ["5"])[0]
    return render({"integer": 61, "long": 61, "boolean": True}[kind])


def of_container(**members):
    return {"containerOverrides": members}


@pytest.mark.parametrize("render", [str, repr], ids=["text", "repr"])
@pytest.mark.parametrize("request_shape", sorted(REQUESTS))
def test_every_member_of_the_request_can_come_from_a_template(request_shape, render):
    shape = service_model().shape_for(request_shape)
    value = rendered(shape, render)
    assert what_is_wrong_with(value, request_shape) != ""

    result = converted(value)

    assert what_is_wrong_with(result, request_shape) == ""
    assert converted(result) == result


def test_model_has_every_member_of_both_requests():
    members = {name for shape in REQUESTS for name in service_model().shape_for(shape).members}

    assert members == set(member_kinds())


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ({"arrayProperties": {"size": "1.0"}}, {"arrayProperties": {"size": 1}}),
        ({"retryStrategy": {"attempts": 3.0}}, {"retryStrategy": {"attempts": 3}}),
        ({"timeout": {"attemptDurationSeconds": "100.0"}}, {"timeout": {"attemptDurationSeconds": 100}}),
        ({"timeout": {"attemptDurationSeconds": "2h"}}, {"timeout": {"attemptDurationSeconds": 7200}}),
        (of_container(memory="2GiB", vcpus="2.0"), of_container(memory=2048, vcpus=2)),
        ({"nodeOverrides": {"numNodes": " 2 "}}, {"nodeOverrides": {"numNodes": 2}}),
        ({"propagateTags": "False"}, {"propagateTags": False}),
        ({"tags": "{'a': 1}"}, {"tags": {"a": "1"}}),
        ({"parameters": '{"a": "\\u003c"}'}, {"parameters": {"a": "<"}}),
        (of_container(command="['a', 'it\\'s', 3, 'x\\n']"), of_container(command=["a", "it's", "3", "x\n"])),
        (of_container(command='["a", "b"]'), of_container(command=["a", "b"])),
        (of_container(command="('a', 'b')"), of_container(command=["a", "b"])),
        (
            of_container(environment="{'B': 1, 'A': 'x'}"),
            of_container(environment=[{"name": "A", "value": "x"}, {"name": "B", "value": "1"}]),
        ),
        (
            of_container(environment="[{'name': 'A', 'value': 2}]"),
            of_container(environment=[{"name": "A", "value": "2"}]),
        ),
        (
            of_container(resourceRequirements=[{"type": "VCPU", "value": "1.0"}]),
            of_container(resourceRequirements=[{"type": "VCPU", "value": "1"}]),
        ),
        (
            of_container(resourceRequirements=[{"type": "VCPU", "value": "0.50"}]),
            of_container(resourceRequirements=[{"type": "VCPU", "value": "0.5"}]),
        ),
        (
            of_container(resourceRequirements=[{"type": "GPU", "value": "2.0"}]),
            of_container(resourceRequirements=[{"type": "GPU", "value": "2"}]),
        ),
        ({"jobLabel": "5", "jobQueue": "q"}, {"jobLabel": "5", "jobQueue": "q"}),
        ({"jobDefinition": {"type": "container"}}, {"jobDefinition": {"type": "container"}}),
    ],
)
def test_value_is_converted(written, sent):
    assert converted(written) == sent


def test_memory_has_units_in_the_overrides_of_a_node():
    def overrides(memory):
        requirements = [{"type": "MEMORY", "value": memory}]
        node = {"targetNodes": "0:", "containerOverrides": {"resourceRequirements": requirements}}
        return {"nodeOverrides": {"nodePropertyOverrides": [node]}}

    assert converted(overrides("2GiB")) == overrides("2048")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"arrayProperties": {"size": "2.5"}}, "array_size is '2.5', which is not an integer"),
        (
            {"nodeOverrides": {"numNodes": "two"}},
            "node_overrides.num_nodes is 'two', which is not an integer",
        ),
        (
            {"consumableResourcePropertiesOverride": {"consumableResourceList": [{"quantity": "1.5"}]}},
            "consumable_resource_properties_override.consumable_resource_list[0].quantity is '1.5', "
            "which is not an integer",
        ),
        ({"propagateTags": "maybe"}, "propagate_tags is 'maybe'; it must be true or false"),
        (of_container(command="a b"), "command is 'a b', a string; the template must give a list"),
        (of_container(command="None"), "command is None; the template must give a list"),
        (of_container(command="{'a': 1}"), "command is {'a': 1}, a mapping; the template must give a list"),
        (of_container(command="['a', None]"), "command[1] is None; every item must be a string"),
        (of_container(command="['a', ['b']]"), "command[1] is ['b'], a list; every item must be a string"),
        (
            of_container(environment="A=1"),
            "environment is 'A=1', a string; the template must give a list or a mapping",
        ),
        ({"tags": "[1]"}, "tags is [1], a list; the template must give a mapping"),
        ({"parameters": ""}, "parameters is '', a string; the template must give a mapping"),
        (
            of_container(resourceRequirements=[{"type": "GPU", "value": "1.5"}]),
            "gpus is '1.5', which is not an integer",
        ),
        (
            of_container(resourceRequirements=[{"type": "VCPU", "value": "many"}]),
            "vcpus is 'many', which is not a number",
        ),
    ],
)
def test_value_that_cannot_be_converted_is_named(written, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        converted(written)
