"""Make the programs and the modules in this folder importable; start S3 for the tests that need it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
PROGRAMS = REPOSITORY / "dags" / "programs"

sys.path[:0] = [str(PROGRAMS), str(HERE)]


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def stocks_csv() -> str:
    return (REPOSITORY / "dags" / "data" / "stocks.csv").read_text()
