"""``python -m airflow_batch_provider.local``: run the local Batch as a program."""

from __future__ import annotations

import argparse
import sys

from airflow_batch_provider.local.options import add_arguments
from airflow_batch_provider.local.program import run


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="airflow-batch local",
        description="Run a local AWS Batch endpoint together with S3, CloudWatch Logs and other services.",
    )
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
