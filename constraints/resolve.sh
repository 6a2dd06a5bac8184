#!/bin/sh
# Write the pins of all dependencies, extras included: one file a Python, one a Python for each older Airflow that
# has a folder here, and one for the command line alone.
set -eu
uv=$1
shift
cd "$(dirname -- "$0")/.."

command -v "$uv" >/dev/null || {
    echo "make constraints needs uv (https://docs.astral.sh/uv)" >&2
    exit 1
}

export UV_PYTHON_DOWNLOADS=never UV_CUSTOM_COMPILE_COMMAND="make constraints"

compile() {
    "$uv" pip compile --quiet --no-annotate --no-emit-index-url --no-emit-find-links "$@"
}

for version in 3.11 3.12 3.13; do
    compile setup.cfg --extra dev --python-version "$version" \
        --output-file "constraints/py$(echo "$version" | tr -d .).txt" "$@"
    for limits in constraints/airflow-*/limits.txt; do
        compile setup.cfg --extra test --python-version "$version" --constraint "$limits" \
            --output-file "$(dirname "$limits")/py$(echo "$version" | tr -d .).txt" "$@"
    done
done

printf '%s\n' boto3 croniter jinja2 jsonschema pydantic pyyaml rich |
    compile - --python-version 3.11 --output-file constraints/cli.txt --upgrade \
        --constraint constraints/py311.txt --constraint constraints/py312.txt --constraint constraints/py313.txt

# Clients that tests run against the local Batch; they do not take the newest botocore.
printf '%s\n' aiobotocore awscli boto3 |
    compile - --python-version 3.11 --output-file constraints/clients.txt --upgrade
