"""The params of a run on the command line."""

import re

import pytest
from jinja2 import UndefinedError

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.standalone.params import default_params, parse_settings
from airflow_batch_provider.standalone.rendering import Renderer

DAY = {"type": "string", "format": "date", "default": "2026-01-30"}
TRIES = {"type": "integer", "minimum": 1, "maximum": 10, "default": 3}


@pytest.mark.parametrize(
    ("text", "value"),
    [("n=2", 2), ('n="2"', "2"), ("n=no", "no"), ("n=a=b", "a=b"), ("n=", ""), ("n=[1, 2]", [1, 2])],
)
def test_value_is_parsed_as_json_if_it_is_json(text, value):
    assert parse_settings([text], {"n": 1}) == {"n": value}


@pytest.mark.parametrize(
    ("text", "params", "message"),
    [
        ("bucket", {"bucket": 1}, "--set 'bucket' has no '='; write --set key=value"),
        ("bucke=1", {"bucket": 1}, "--set bucke: the workflow has no such param. Did you mean 'bucket'?"),
        ("x=1", {"bucket": 1, "month": 2}, "the workflow has no such param; its params are bucket, month"),
        ("x=1", {}, "the workflow has no params; define them under 'airflow: {params: …}'"),
        ("tries=many", {"tries": TRIES}, "--set tries: 'many' is not of type 'integer'"),
        ("tries=11", {"tries": TRIES}, "--set tries: 11 is greater than the maximum of 10"),
        ("day=soon", {"day": DAY}, "--set day: 'soon' is not a 'date'"),
        (
            "region=us",
            {"region": {"enum": ["eu"], "default": "eu"}},
            "--set region: 'us' is not one of ['eu']",
        ),
    ],
)
def test_invalid_setting_is_an_error(text, params, message):
    with pytest.raises(SpecError, match=re.escape(message)):
        parse_settings([text], params)


def test_value_stays_a_string_if_only_a_string_matches():
    params = {"version": {"type": "string"}, "size": {"type": "integer"}}

    assert parse_settings(["version=1", "size=2"], params) == {"version": "1", "size": 2}


def test_default_of_a_definition_is_its_default_value():
    defaults = default_params({"plain": 1, "defined": {"default": 2, "type": "integer"}, "mapping": {"a": 1}})

    assert defaults == {"plain": 1, "defined": 2, "mapping": {"a": 1}}


@pytest.mark.parametrize(
    "definition", [{"description": "The month."}, {"title": "Month"}, {"type": "string"}]
)
def test_param_without_default_must_be_set(definition):
    renderer = Renderer({"params": default_params({"month": definition})})

    with pytest.raises(
        Exception, match=r"param 'month' has no default; set it with --set month=VALUE"
    ) as raised:
        renderer.render_text("{{ params.month }}")
    assert not isinstance(raised.value, UndefinedError)  # but the error that names the template
