"""``python -m airflow_batch_provider.local``: run the local Batch as a program."""

from __future__ import annotations

import argparse

from airflow_batch_provider.local.options import add_arguments, options_from
from airflow_batch_provider.local.server import serve
from airflow_batch_provider.local.start_error import StartError


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="airflow-batch local",
        description="Run a local AWS Batch endpoint together with S3, CloudWatch Logs and other services.",
    )
    add_arguments(parser)
    arguments = parser.parse_args()
    try:
        options = options_from(arguments)
    except ValueError as error:
        parser.error(str(error))
    try:
        serve(options)
    except StartError as error:
        parser.exit(1, f"{parser.prog}: {error}\n")


if __name__ == "__main__":
    main()
