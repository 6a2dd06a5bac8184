"""What an import brings with it, seen in processes of their own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
DAG_FILES = sorted((REPOSITORY / "dags").glob("*.py"))

NAME_IMPORTED = """
import sys
wanted = {names!r}
print(sorted(wanted & {{name.partition(".")[0] for name in sys.modules}}))
"""
WITHOUT = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}} (blocked by the test)")

sys.meta_path.insert(0, Blocker())
"""


def started(program: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
    )


def output_of(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


@pytest.fixture(scope="module")
def imported_by_dag_files():
    """Parse all DAG files in one process, since an import of Airflow takes seconds; who imported what."""
    files = [str(path) for path in DAG_FILES]
    program = f"""
import json, runpy, sys
imported = {{}}
for file in {files!r}:
    before = set(sys.modules)
    runpy.run_path(file)
    imported[file] = sorted({{name.partition(".")[0] for name in set(sys.modules) - before}})
print(json.dumps(imported))
"""
    imported = json.loads(output_of(started(program)).splitlines()[-1])
    return {Path(file).name: names for file, names in imported.items()}


@pytest.mark.parametrize("name", [path.name for path in DAG_FILES])
def test_parsing_a_dag_file_imports_no_boto(name, imported_by_dag_files):
    assert not {"boto3", "botocore"} & set(imported_by_dag_files[name])


def test_the_dag_files_were_parsed(imported_by_dag_files):
    assert "airflow_batch_provider" in imported_by_dag_files[DAG_FILES[0].name]


def test_the_package_alone_imports_nothing_heavy():
    names = {"airflow", "pydantic", "boto3", "botocore", "yaml", "jinja2"}

    imported = output_of(started("import airflow_batch_provider" + NAME_IMPORTED.format(names=names)))

    assert imported == "[]\n"


def test_the_package_offers_lazily_what_dag_files_import():
    import airflow_batch_provider

    for name in airflow_batch_provider.__all__:
        assert getattr(airflow_batch_provider, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'load_workflow'"):
        _ = airflow_batch_provider.load_workflow


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--help"], "Check, submit and monitor workflows of AWS Batch jobs."),
        (["validate", "dags/post_trade.yaml"], "workflow 'post_trade', 4 jobs, no errors"),
        (
            ["policy", "dags/post_trade.yaml", "--account", "1", "--region", "eu-west-1"],
            '"Action": [\n          "batch:SubmitJob"',
        ),
        (["plan", "dags/a_to_f.yaml"], "workflow a_to_f: 6 jobs, submission per_job"),
    ],
)
def test_the_command_line_needs_neither_airflow_nor_the_local_batchs_packages(arguments, shown):
    blocked = WITHOUT.format(names={"airflow", "moto", "psutil", "werkzeug", "flask"})
    program = blocked + f"from airflow_batch_provider.cli.main import main\nsys.exit(main({arguments!r}))"

    assert shown in output_of(started(program))


def test_the_blocker_of_these_tests_blocks():
    process = started(WITHOUT.format(names={"airflow"}) + "import airflow.sdk")

    _, err = process.communicate(timeout=60)

    assert "blocked by the test" in err
