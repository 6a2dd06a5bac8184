"""
Test the services of `docker-compose.yaml` without Docker: `make compose-test`.

Requires Debian's packages `postgresql` and `redis-server`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from harness.airflow_api import AirflowApi
from harness.airflow_records import DagRun
from harness.lifeline import Lifeline
from harness.ports import LOOPBACK
from tests.airflow.deadline import eventually
from tests.compose.compose_file import read_services
from tests.compose.native.containers import Containers

JANUARY = (datetime(2008, 1, 1, 6, tzinfo=UTC), datetime(2008, 2, 1, 6, tzinfo=UTC))
FEBRUARY = (datetime(2008, 2, 1, 6, tzinfo=UTC), datetime(2008, 3, 1, 6, tzinfo=UTC))
RUN_SECONDS = 600


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """All containers; each service starts after its dependencies are healthy or have completed."""
    lifeline = Lifeline()
    with Containers(read_services(), tmp_path_factory.mktemp("compose"), lifeline) as running:
        yield running
    lifeline.release()


@pytest.fixture(scope="module")
def api(containers: Containers) -> Iterator[AirflowApi]:
    """The REST API, with the user and password described in `docs/compose.md`."""
    api = log_in(containers, containers.secret("admin_password"))
    api.wait_for_dag("post_trade")
    api.wait_for_dag("a_to_f")
    yield api
    api.close()


def log_in(containers: Containers, password: str) -> AirflowApi:
    return AirflowApi(f"http://{LOOPBACK}:{containers.port('api-server')}", "admin", password)


def states_of(api: AirflowApi, run: DagRun) -> dict[str, str | None]:
    return {task.task_id: task.state for task in api.task_instances(run.dag_id, run.run_id)}


def final_states(api: AirflowApi, run: DagRun) -> set[str | None]:
    api.wait_for_run(run.dag_id, run.run_id, timeout_seconds=RUN_SECONDS)
    return set(states_of(api, run).values())


def test_one_shot_services_succeed(containers: Containers) -> None:
    assert containers.exit_codes == {"secrets-1": 0, "account-1": 0, "migration-1": 0}


def test_wrong_password_is_rejected(containers: Containers) -> None:
    unauthorized = log_in(containers, "guessed")

    with pytest.raises(Exception, match="401"):
        unauthorized.dag_ids()


def test_post_trade_succeeds(api: AirflowApi) -> None:
    run = api.trigger("post_trade", interval=JANUARY)

    assert final_states(api, run) == {"success"}


def test_a_to_f_succeeds(api: AirflowApi) -> None:
    run = api.trigger("a_to_f")

    assert final_states(api, run) == {"success"}


def test_runs_survive_killed_triggerer_and_worker(containers: Containers, api: AirflowApi) -> None:
    chain = api.trigger("a_to_f", conf={"seconds": 20})
    eventually(lambda: {"deferred"} & set(states_of(api, chain).values()))
    month = api.trigger("post_trade", interval=FEBRUARY)
    eventually(lambda: {"queued", "running"} & set(states_of(api, month).values()))

    for name in ("worker-1", "triggerer-1"):
        containers.started[name].kill()
        containers.start(name)

    assert final_states(api, chain) == {"success"}
    assert final_states(api, month) == {"success"}
    for name in ("worker-1", "triggerer-1", "triggerer-2"):
        containers.wait_healthy(name)
