"""Templates without Airflow."""

from datetime import UTC, datetime

import pytest

from airflow_batch_provider.errors import TemplateRenderingError
from airflow_batch_provider.standalone.context import RunFacts, build_template_context
from airflow_batch_provider.standalone.rendering import Renderer, render_requests

FACTS = RunFacts(
    workflow="nightly",
    run_id="master__2008-01-31",
    date=datetime(2008, 1, 31, 6, tzinfo=UTC),
    end=datetime(2008, 2, 1, 6, tzinfo=UTC),
    params={"bucket": "b", "size": 3},
    settings={"size": 3},
)


@pytest.fixture
def renderer():
    return Renderer(build_template_context(FACTS))


@pytest.fixture
def dateless():
    return Renderer(build_template_context(RunFacts("nightly", "master__x")))


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ params.bucket }}/{{ params['size'] + 1 }}", "b/4"),
        ("{{ ds }} {{ ds_nodash }}", "2008-01-31 20080131"),
        ("{{ ts }}", "2008-01-31T06:00:00+00:00"),
        ("{{ ts_nodash }} {{ ts_nodash_with_tz }}", "20080131T060000 20080131T060000+0000"),
        ("{{ data_interval_start | ds }} {{ data_interval_end | ts_nodash }}", "2008-01-31 20080201T060000"),
        ("{{ logical_date.strftime('%Y/%m') }}", "2008/01"),
        ("{{ (data_interval_start - macros.timedelta(days=31)) | ds }}", "2007-12-31"),
        ("{{ macros.ds_add(ds, 1) }}", "2008-02-01"),
        ("{{ macros.ds_format(ds, '%Y-%m-%d', '%d.%m.%Y') }}", "31.01.2008"),
        (
            "{{ dag.dag_id }} {{ run_id }} {{ dag_run.run_id }}",
            "nightly master__2008-01-31 master__2008-01-31",
        ),
        ("{{ dag_run.conf.get('size') }} {{ dag_run.conf.get('bucket') }}", "3 None"),
        ("{% if params.size > 2 %}many{% endif %}", "many"),
    ],
)
def test_variables_available_without_airflow(renderer, template, text):
    assert renderer.render_text(template) == text


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (
            "{{ ti.xcom_pull(task_ids='a') }}",
            "'ti' needs Airflow (the task instance and the XComs of other tasks)",
        ),
        (
            "{{ var.value.x }}",
            "'var' needs Airflow (Airflow's variables); pass the value as a param",
        ),
        ("{{ conn.x.host }}", "'conn' needs Airflow (Airflow's connections); pass"),
        (
            "{{ prev_start_date_success }}",
            "'prev_start_date_success' needs Airflow (earlier runs); pass",
        ),
        ("{{ params.buckt }}", "has no attribute 'buckt'"),
        ("{{ nonsense }}", "'nonsense' is undefined"),
        ("{{ broken", "unexpected end of template"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{{ logical_date.add(days=1) }}", "lack pendulum's methods; use strftime or macros"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
    ],
)
def test_unavailable_variable_is_an_error_with_remedy(renderer, template, message):
    with pytest.raises(TemplateRenderingError) as caught:
        renderer.render_text(template)

    assert message in str(caught.value)
    assert repr(template) in str(caught.value)


@pytest.mark.parametrize("name", ["ds", "ts", "logical_date", "data_interval_start"])
def test_dates_are_undefined_without_date(dateless, name):
    with pytest.raises(TemplateRenderingError, match=f"'{name}' is not known; set it with --date"):
        dateless.render_text(f"{{{{ {name} }}}}")


def test_unknown_interval_end_is_an_error_with_remedy(dateless):
    with pytest.raises(TemplateRenderingError, match="'data_interval_end' is not known; set it with --end"):
        dateless.render_text("{{ data_interval_end | ds }}")


def test_nested_strings_are_rendered(renderer):
    request = {
        "jobQueue": "etl",
        "arrayProperties": {"size": "{{ params.size }}"},
        "containerOverrides": {
            "command": ["run", "{{ ds }}"],
            "environment": [{"name": "A", "value": "{{ ds }}"}],
        },
        "retryStrategy": {"attempts": 2},
    }

    rendered = render_requests({"a": request}, renderer)

    assert rendered == {
        "a": {
            "jobQueue": "etl",
            "arrayProperties": {"size": "3"},
            "containerOverrides": {
                "command": ["run", "2008-01-31"],
                "environment": [{"name": "A", "value": "2008-01-31"}],
            },
            "retryStrategy": {"attempts": 2},
        }
    }


def test_all_rendering_errors_are_reported_together_with_paths(renderer):
    requests = {
        "a": {"containerOverrides": {"command": ["x", "{{ ti.x }}", "{{ var.y }}"]}},
        "b": {"jobQueue": "{{ conn.z }}"},
    }

    with pytest.raises(TemplateRenderingError) as caught:
        render_requests(requests, renderer)

    lines = str(caught.value).splitlines()
    assert lines[0] == "these templates cannot be rendered:"
    assert [line.split(": ")[0] for line in lines[1:]] == [
        "- job 'a', containerOverrides.command[1]",
        "- job 'a', containerOverrides.command[2]",
        "- job 'b', jobQueue",
    ]
