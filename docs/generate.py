"""
Writes what is made from the code: `make generated`.

- `airflow_batch_provider/spec/aws_members.json` from botocore's service model
- `airflow_batch_provider/spec/workflow.schema.json` from the models of the language
- `docs/language.md` from the models, `docs/rules.md` from the rules and `docs/rules/*.yaml`
- `docs/images/architecture.svg`

A test holds each file against what would be written.
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
from docs.picture import architecture
from docs.reference import language

DOCS = Path(__file__).parent
REPOSITORY = DOCS.parent
SPEC = REPOSITORY / "airflow_batch_provider" / "spec"
_OPERATIONS = ("SubmitJob", "RegisterJobDefinition")
_SCALARS = {"string": "string", "integer": "integer", "long": "integer", "boolean": "boolean"}


def aws_members() -> str:
    """Describe the members that a spec can give in full, with every shape within them."""
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
    """Write the JSON Schema of workflow files."""
    return json.dumps(workflow_schema(), indent=1, ensure_ascii=False) + "\n"


def rules() -> str:
    """Write a page of all rules with an example that breaks each and one that keeps it."""
    parts = [_RULES_HEAD]
    number = ""
    for rule, sentence in rule_summaries().items():
        if rule[1] != number:
            number = rule[1]
            parts.append(f"## {number}xx: {_KINDS[number]}")
        parts.append(f"### {rule}\n\n{sentence[0].upper()}{sentence[1:]}")
        example = DOCS / "rules" / f"{rule}.yaml"
        if example.exists():
            wrong, repaired = example.read_text(encoding="utf-8").split("---\n")
            parts.append(f"Wrong:\n\n```yaml\n{wrong}```\n\n`{_finding(wrong)}`")
            parts.append(f"Repaired:\n\n```yaml\n{repaired}```")
    return "\n\n".join(parts) + "\n"


_RULES_HEAD = """\
# Rules

What `airflow-batch validate` and the import of a DAG check. A finding names file, line, column and rule:

```text
align.yaml:12:5: E301 job 'merge' depends on 'alingn', which is no job of this workflow; did you mean 'align'?
```

All findings of a file are shown at once; what is wrong in `defaults` or in a `for_each` is shown once,
where it stands. `E` stops, `W` warns: `validate` exits with 1 if there is an error, and with 0 if there
are only warnings. In Airflow an error is the import error of the file; a warning is a Python warning at its
line in the spec, which the DAG processor writes into its log of the DAG file, and which pytest shows for
whoever tests DAGs with a `DagBag`. The DAG is there all the same, and workers are not told.

This page is made by `make generated` from the rules and from `docs/rules/`, whose examples a test runs."""

_KINDS = {
    "1": "reading",
    "2": "shape",
    "3": "jobs, dependencies, templates and runs",
    "4": "limits of AWS Batch",
    "5": "practice",
}


def _finding(example: str) -> str:
    spelled_out = re.sub(r"⟨([\d,]+) letters⟩", lambda m: "x" * int(m[1].replace(",", "")), example)
    try:
        (found,) = _read(spelled_out)
    except InvalidSpecError as error:
        (found,) = error.findings
    return str(found).replace("`", "'")


def _read(text: str) -> tuple[Finding, ...]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "w.yaml"
        path.write_text(text, encoding="utf-8")
        return read_workflow(path, shown_as="w.yaml").warnings


GENERATED: dict[Path, Callable[[], str]] = {
    SPEC / "aws_members.json": aws_members,
    SPEC / SCHEMA_FILE: schema,
    DOCS / "language.md": language,
    DOCS / "rules.md": rules,
    DOCS / "images" / "architecture.svg": architecture,
}


def main() -> None:
    """Write every file."""
    for path, make in GENERATED.items():
        path.write_text(make(), encoding="utf-8")
        print(path.relative_to(REPOSITORY))


if __name__ == "__main__":
    main()
