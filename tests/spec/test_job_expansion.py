"""Variables, `for_each` and `matrix`."""

import pytest

from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import parse_workflow

HEAD = "workflow: w\ndefaults: {job_queue: q, job_definition: d}\n"


def jobs(text):
    return parse_workflow(HEAD + text).jobs


def findings_of(text):
    with pytest.raises(InvalidSpecError) as raised:
        parse_workflow(HEAD + text, "w.yaml")
    return list(map(str, raised.value.findings))


def upstream(job):
    return [dependency.job for dependency in job.depends_on]


def test_variable_as_the_whole_value_keeps_its_type():
    made = jobs(
        "variables: {size: 5, program: [python, -m], day: 2006-01-01}\n"
        "jobs:\n  a:\n    array_size: ${{ size }}\n    command: ${{ program }}\n"
        "    environment: {DAY: '${{ day }}'}\n"
    )

    assert (made["a"].array_size, made["a"].command) == (5, ["python", "-m"])
    assert made["a"].environment == {"DAY": "2006-01-01"}


def test_variable_in_a_string_becomes_a_string():
    made = jobs(
        "variables: {bucket: data, n: 2}\n"
        "jobs: {a: {command: ['s3://${{ bucket }}/{{ ds }}/${{n}}', 'echo ${HOME} $(date)']}}\n"
    )

    assert made["a"].command == ["s3://data/{{ ds }}/2", "echo ${HOME} $(date)"]


def test_variable_can_refer_to_variables_above_it():
    made = jobs("variables: {env: dev, bucket: 'data-${{ env }}'}\njobs: {a: {command: ['${{ bucket }}']}}\n")

    assert made["a"].command == ["data-dev"]


def test_variables_are_substituted_everywhere_except_in_job_keys():
    workflow = parse_workflow(
        HEAD + "variables: {team: risk}\nairflow: {tags: ['${{ team }}']}\n"
        "tasks: {t: {python: pkg.fn, arguments: {x: '${{ team }}'}}}\njobs: {a: {}}\n"
    )

    assert workflow.airflow.tags == ["risk"]
    assert workflow.tasks["t"].arguments == {"x": "risk"}


def test_for_each_expands_to_one_job_for_each_entry():
    made = jobs("jobs:\n  clean:\n    for_each: [AAPL, 7]\n    command: [clean, '${{ item }}']\n")

    assert {key: job.command for key, job in made.items()} == {
        "clean_AAPL": ["clean", "AAPL"],
        "clean_7": ["clean", "7"],
    }


def test_entry_can_be_a_mapping_with_a_key():
    made = jobs(
        "jobs:\n  load:\n    for_each:\n    - {key: eu, path: s3://a/b, memory: 2GiB}\n"
        "    - {path: us, memory: 512}\n"
        "    command: [load, '${{ item.path }}']\n    memory: ${{ item.memory }}\n"
    )

    assert {key: (job.command[1], job.memory) for key, job in made.items()} == {
        "load_eu": ("s3://a/b", "2048"),
        "load_us_512": ("us", "512"),
    }


def test_matrix_expands_to_one_job_for_each_combination():
    made = jobs(
        "jobs:\n  model:\n    matrix: {symbol: [A, B], window: [30, 90]}\n"
        "    command: ['${{ matrix.symbol }}', '${{ matrix.window }}']\n"
    )

    assert {key: job.command for key, job in made.items()} == {
        "model_A_30": ["A", "30"],
        "model_A_90": ["A", "90"],
        "model_B_30": ["B", "30"],
        "model_B_90": ["B", "90"],
    }


def test_dependency_on_an_expanded_job_means_all_of_its_jobs():
    made = jobs(
        "jobs:\n  clean: {for_each: [A, B]}\n"
        "  model: {for_each: [A, B], depends_on: ['clean_${{ item }}']}\n"
        "  store: {depends_on: [{job: model}]}\n"
    )

    assert {key: upstream(job) for key, job in made.items()} == {
        "clean_A": [],
        "clean_B": [],
        "model_A": ["clean_A"],
        "model_B": ["clean_B"],
        "store": ["model_A", "model_B"],
    }


def test_entries_can_come_from_a_variable():
    made = jobs("variables: {symbols: [A, B]}\njobs: {clean: {for_each: '${{ symbols }}'}}\n")

    assert list(made) == ["clean_A", "clean_B"]


def test_problem_of_an_expanded_job_is_reported_once_where_it_is_written():
    found = findings_of(
        "jobs:\n  clean:\n    for_each: [A, B, C]\n    attempts: 11\n    memry: 1\n    memory: ${{ itm }}\n"
        "  store: {depends_on: [clean, cleen]}\n"
    )

    assert found == [
        "w.yaml:6:15: E403 job 'clean_A' has attempts 11; AWS Batch accepts 1 to 10 (and 2 more jobs)",
        "w.yaml:7:5: E202 unknown key 'memry'. Did you mean 'memory'?",
        "w.yaml:8:13: E106 unknown variable 'itm' in ${{ … }}. Did you mean 'item'? "
        "For a value that is known only at run time, write {{ … }} without the dollar sign",
        "w.yaml:9:31: E301 job 'store' depends on 'cleen', which is not in this workflow. "
        "Did you mean 'clean_C'?",
    ]


@pytest.mark.parametrize(
    ("expansion", "text"),
    [
        ("for_each: []", "E107 'for_each' must be a non-empty list of strings, numbers or mappings"),
        ("for_each: {a: 1}", "E107 'for_each' must be a non-empty list"),
        ("matrix: [a]", "E107 'matrix' must be a mapping of names to non-empty lists"),
        ("matrix: {a: []}", "E107 'matrix' must be a mapping of names to non-empty lists"),
        ("for_each: [[a]]", "E107 a job key cannot be built from a list, a mapping or null"),
        ("for_each: [a, a]", "E107 job 'x' would expand to the job key 'x_a', which is already taken"),
        ("for_each: [y]", "E107 job 'x' would expand to the job key 'x_y', which is already taken"),
        (
            "for_each: [a]\n    matrix: {b: [c]}",
            "E107 job 'x' has both 'for_each' and 'matrix'; keep one of them",
        ),
        (
            "matrix: {a: &n [0,1,2,3,4,5,6,7,8,9], b: *n, c: *n, d: *n}",
            "E107 job 'x' would expand to 10,000 jobs; the limit is 1,000",
        ),
        ("for_each: [a/b]", "E107 job 'x' would expand to the job key 'x_a/b', which is not a valid task ID"),
    ],
)
def test_invalid_expansion_is_a_finding(expansion, text):
    (found,) = findings_of(f"jobs:\n  x_y: {{}}\n  x:\n    {expansion}\n")

    assert text in found


@pytest.mark.parametrize(
    ("variables", "text"),
    [
        ("[a]", "3:1: E106 'variables' must be a mapping of names to values"),
        ("{item: 1}", "3:13: E106 'item' is reserved for 'for_each' and 'matrix'; rename the variable"),
        (
            "{a: '${{ b }}', b: 1}",
            "3:16: E106 unknown variable 'b' in ${{ … }}; no variables are defined here.",
        ),
        ("{a: [1], b: 'x${{ a }}'}", "3:24: E106 'a' is a list or mapping and cannot be part of a string"),
    ],
)
def test_invalid_variables_are_findings(variables, text):
    (found,) = findings_of(f"variables: {variables}\njobs: {{a: {{}}}}\n")

    assert text in found
