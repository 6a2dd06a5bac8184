"""`extends`: fragments of a spec."""

import pytest

from airflow_batch_provider.spec.diagnostics import InvalidSpecError
from airflow_batch_provider.spec.loader import load_workflow, read_workflow
from airflow_batch_provider.spec.models import Job

BASE = """\
defaults:
  job_queue: etl
  environment: {LEVEL: info, REGION: eu}
jobs:
  prepare: {job_definition: prepare}
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write_file(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write_file


def findings_of(name):
    with pytest.raises(InvalidSpecError) as raised:
        load_workflow(name)
    return list(map(str, raised.value.findings))


def test_file_overrides_its_fragment(write):
    write("shared/base.yaml", BASE)
    write(
        "w.yaml",
        "workflow: w\nextends: shared/base.yaml\ndefaults: {environment: {LEVEL: debug}}\n"
        "jobs:\n  load: {job_definition: load, depends_on: [prepare]}\n",
    )

    workflow = load_workflow("w.yaml")

    environment = {"LEVEL": "debug", "REGION": "eu"}
    assert workflow.jobs == {
        "prepare": Job(job_queue="etl", job_definition="prepare", environment=environment),
        "load": Job(job_queue="etl", job_definition="load", environment=environment, depends_on=["prepare"]),
    }


def test_later_fragment_overrides_an_earlier_one(write):
    write("one.yaml", "defaults: {job_queue: one, job_definition: one}\n")
    write("two.yaml", "defaults: {job_queue: two}\n")
    write("w.yaml", "workflow: w\nextends: [one.yaml, two.yaml]\njobs: {a: {}}\n")

    job = load_workflow("w.yaml").jobs["a"]

    assert (job.job_queue, job.job_definition) == ("two", "one")


def test_fragment_can_extend_another_fragment(write):
    write("shared/deep/lowest.yaml", "defaults: {job_definition: d}\n")
    write("shared/base.yaml", "extends: deep/lowest.yaml\ndefaults: {job_queue: q}\n")
    write("w.json", '{"workflow": "w", "extends": "shared/base.yaml", "jobs": {"a": {}}}')

    loaded = read_workflow("w.json")

    assert loaded.workflow.jobs["a"] == Job(job_queue="q", job_definition="d")
    assert [path.name for path in loaded.files] == ["w.json", "base.yaml", "lowest.yaml"]


def test_problem_in_a_fragment_is_reported_there(write):
    write("shared/base.yaml", BASE + "  broken: {job_definition: d, attempts: 11, memry: 1}\n")
    write("w.yaml", "workflow: w\nextends: shared/base.yaml\njobs: {a: {job_definition: d, timeout: 5}}\n")

    assert findings_of("w.yaml") == [
        "shared/base.yaml:6:41: E403 job 'broken' has attempts 11; AWS Batch accepts 1 to 10",
        "shared/base.yaml:6:45: E202 unknown key 'memry'. Did you mean 'memory'?",
        "w.yaml:3:40: E402 job 'a' has timeout 5; AWS Batch requires at least 60 seconds",
    ]


def test_missing_fragment_is_reported_at_its_name(write):
    write("w.yaml", "workflow: w\nextends: [nothing.yaml]\njobs: {a: {}}\n")

    assert findings_of("w.yaml") == [
        "w.yaml:2:11: E105 'nothing.yaml' cannot be read: No such file or directory; "
        "the path is relative to this file"
    ]


def test_circular_extends_is_reported(write):
    write("a.yaml", "extends: b.yaml\n")
    write("b.yaml", "extends: a.yaml\n")
    write("w.yaml", "workflow: w\nextends: a.yaml\njobs: {a: {job_queue: q, job_definition: d}}\n")

    assert findings_of("w.yaml") == [
        "b.yaml:1:10: E105 circular 'extends': a.yaml → b.yaml → a.yaml; remove one of these references"
    ]


def test_keys_that_start_with_x_are_ignored(write):
    write(
        "w.yaml",
        "workflow: w\nx-common: &common {job_queue: q, job_definition: d}\njobs: {a: {<<: *common}}\n",
    )

    assert load_workflow("w.yaml").jobs["a"] == Job(job_queue="q", job_definition="d")


def test_problems_of_all_fragments_are_reported_together(write):
    write("missing_key.yaml", "defaults: {job_queue: q}\njobs: {b: {comand: [x]}}\n")
    write("broken.yaml", "jobs: [\n")
    write(
        "w.yaml",
        "workflow: w\nextends: [missing_key.yaml, nothing.yaml, broken.yaml, 5]\njobs: {a: {timeout: 5}}\n",
    )

    assert findings_of("w.yaml") == [
        "broken.yaml:1:7: E101 invalid YAML: this '[' is not closed: the file ends",
        "missing_key.yaml:2:12: E202 unknown key 'comand'. Did you mean 'command'?",
        "w.yaml:2:29: E105 'nothing.yaml' cannot be read: No such file or directory; "
        "the path is relative to this file",
        "w.yaml:2:56: E105 'extends' must be the path of a file or a list of paths, not 5",
        "w.yaml:3:21: E402 job 'a' has timeout 5; AWS Batch requires at least 60 seconds",
    ]


def test_what_a_missing_fragment_may_define_is_not_reported_as_missing(write):
    write(
        "w.yaml",
        "extends: nothing.yaml\njobs:\n  a:\n    attempts: ${{ attempts }}\n    command: ['{{ params.x }}']\n"
        "    depends_on: [b]\n    memory: lots\n",
    )

    assert [finding.split()[1] for finding in findings_of("w.yaml")] == ["E105", "E201"]


def test_folder_is_not_a_fragment(write):
    write("shared/base.yaml", BASE)
    write("w.yaml", "workflow: w\nextends: shared\njobs: {a: {}}\n")

    assert findings_of("w.yaml") == [
        "w.yaml:2:10: E105 'shared' cannot be read: it is a folder, not a file; "
        "the path is relative to this file"
    ]


def test_fragment_that_is_read_twice_is_reported_once(write):
    write("base.yaml", "defaults: {job_queue: q, job_definition: d, timeout: 1h, timeout: 2h}\n")
    write("one.yaml", "extends: base.yaml\n")
    write("two.yaml", "extends: base.yaml\n")
    write("w.yaml", "workflow: w\nextends: [one.yaml, two.yaml]\njobs: {a: {}}\n")

    assert findings_of("w.yaml") == ["base.yaml:1:58: E102 duplicate key 'timeout' (first defined on line 1)"]
