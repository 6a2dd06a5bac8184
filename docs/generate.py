"""
Write the generated files: `make generated`.

- `airflow_batch_provider/spec/aws_members.json` from botocore's service model
- `airflow_batch_provider/spec/workflow.schema.json` from the models of the workflow language
- `docs/language.md` from the models, and `docs/rules.md` from the rules and `docs/rules/*.yaml`
- `docs/operators.md` from the arguments of the operators and sensors

A test compares each file with what this module would write.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from botocore.model import Shape
from botocore.session import get_session

from airflow_batch_provider.spec.diagnostics import Finding, InvalidSpecError
from airflow_batch_provider.spec.json_schema import SCHEMA_FILE, workflow_schema
from airflow_batch_provider.spec.loader import read_workflow
from airflow_batch_provider.spec.rules import rule_summaries
from docs.operator_arguments import operators
from docs.reference import language

DOCS = Path(__file__).parent
REPOSITORY = DOCS.parent
SPEC = REPOSITORY / "airflow_batch_provider" / "spec"
_OPERATIONS = ("SubmitJob", "RegisterJobDefinition")
_SCALARS = {"string": "string", "integer": "integer", "long": "integer", "boolean": "boolean"}


def aws_members() -> str:
    """Describe the members that a spec can set in full, with all shapes that they contain."""
    model = get_session().get_service_model("batch")
    shapes: dict[str, Any] = {}
    members: dict[str, Any] = {}
    for operation in _OPERATIONS:
        request = model.operation_model(operation).input_shape
        for name, shape in request.members.items():
            members[name] = _kind(shape, shapes)
    return json.dumps({"members": members, "shapes": dict(sorted(shapes.items()))}, indent=1) + "\n"


def _kind(shape: Shape, shapes: dict[str, Any]) -> Any:
    if shape.type_name == "list":
        return [_kind(shape.member, shapes)]
    if shape.type_name == "map":
        return {"map": _kind(shape.value, shapes)}
    if shape.type_name != "structure":
        words = shape.metadata.get("enum")
        return {"enum": words} if words else _SCALARS[shape.type_name]
    if shape.name not in shapes:
        shapes[shape.name] = {}
        shapes[shape.name] = {
            "members": {name: _kind(member, shapes) for name, member in shape.members.items()},
            "required": list(shape.required_members),
        }
    return shape.name


def schema() -> str:
    """Return the JSON Schema of workflow files."""
    return json.dumps(workflow_schema(), indent=1, ensure_ascii=False) + "\n"


def rules() -> str:
    """Return the page of all rules, each with an invalid example and a corrected one."""
    parts = [_RULES_HEAD]
    group = ""
    for rule, summary in rule_summaries().items():
        if rule[1] != group:
            group = rule[1]
            parts.append(f"## {group}xx: {_GROUPS[group]}")
        parts.append(f"### {rule}\n\n{summary}")
        example = DOCS / "rules" / f"{rule}.yaml"
        if example.exists():
            invalid, corrected = example.read_text(encoding="utf-8").split("---\n")
            parts.append(f"Invalid:\n\n```yaml\n{invalid}```\n\n`{_finding(invalid)}`")
            parts.append(f"Corrected:\n\n```yaml\n{corrected}```")
    return "\n\n".join(parts) + "\n"


_RULES_HEAD = """\
# Rules

`airflow-batch validate` and Airflow's DAG import check these rules. A finding has a file, line, column and
rule:

```text
align.yaml:12:5: E301 job 'merge' depends on 'alingn', which is not in this workflow. Did you mean 'align'?
```

All findings of a file and its fragments are reported together: an error does not hide the others, and what
only follows from it is not reported. Only a file that cannot be parsed at all is reported alone. A problem in
`defaults` or in a `for_each` job is reported once, at its own line.

`E` is an error, `W` a warning. `validate` exits with 1 if it finds an error, and with 0 if it finds only
warnings. In Airflow, an error becomes an import error of the DAG file. A warning becomes a Python warning at
its line in the spec: the DAG processor writes it to the log of the DAG file, and pytest shows it in tests
that load a `DagBag`. Warnings do not prevent the DAG from being created, and workers do not repeat them.

`make generated` creates this page from the rules and from the examples in `docs/rules/`, which a test runs.\
"""

_GROUPS = {
    "1": "reading",
    "2": "schema",
    "3": "jobs, dependencies, templates and runs",
    "4": "limits of AWS Batch",
    "5": "good practice",
}


def _finding(example: str) -> str:
    expanded = re.sub(r"⟨([\d,]+) letters⟩", lambda m: "x" * int(m[1].replace(",", "")), example)
    try:
        (found,) = _read_warnings(expanded)
    except InvalidSpecError as error:
        (found,) = error.findings
    return str(found).replace("`", "'")


def _read_warnings(text: str) -> tuple[Finding, ...]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "w.yaml"
        path.write_text(text, encoding="utf-8")
        return read_workflow(path, shown_as="w.yaml").warnings


GENERATED: dict[Path, Callable[[], str]] = {
    SPEC / "aws_members.json": aws_members,
    SPEC / SCHEMA_FILE: schema,
    DOCS / "language.md": language,
    DOCS / "rules.md": rules,
    DOCS / "operators.md": operators,
}


def main() -> None:
    """Write all generated files."""
    for path, make in GENERATED.items():
        path.write_text(make(), encoding="utf-8")
        print(path.relative_to(REPOSITORY))


if __name__ == "__main__":
    main()
