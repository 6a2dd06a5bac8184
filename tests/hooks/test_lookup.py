"""``ConnectionLookup``: when an Airflow connection is looked up again."""

from types import SimpleNamespace

import pytest
from airflow.providers.common.compat.sdk import AirflowNotFoundException

from airflow_batch_provider.errors import ConnectionSettingsError
from airflow_batch_provider.hooks import lookup
from airflow_batch_provider.hooks.lookup import LOOKUP_SECONDS, ConnectionLookup
from tests.fakes import FakeClock


def connection(login="OLD", **members):
    facts = {"host": None, "password": "p", "schema": None, "port": None, "extra": "", "conn_type": "aws"}
    return SimpleNamespace(conn_id="aws_team", login=login, **{**facts, **members})


class Airflow:
    """Airflow's connections, and a clock."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.answer = connection()
        self.lookups = 0

    def get(self, conn_id):
        assert conn_id == "aws_team"
        self.lookups += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def lookup(self, conn_id="aws_team"):
        return ConnectionLookup(conn_id, self.get, now=self.clock.now)


@pytest.fixture
def airflow():
    lookup._warn_once.cache_clear()
    return Airflow()


@pytest.fixture
def found(airflow):
    """A lookup that has found the connection."""
    found = airflow.lookup()
    found.find()
    return found


def test_an_accepted_connection_is_looked_up_once_a_minute(airflow, found):
    for _ in range(600):
        airflow.clock.sleep(1)
        assert not found.renew()
        assert found.find() is airflow.answer

    assert airflow.lookups == 1 + 600 / LOOKUP_SECONDS


@pytest.mark.parametrize(
    "edited",
    [{"login": "NEW"}, {"password": "q"}, {"extra": '{"endpoint_url": "http://other"}'}, {"host": "h"}],
)
def test_an_edit_is_noticed_after_a_minute_although_the_old_key_is_accepted(airflow, found, edited):
    airflow.answer = connection(**edited)
    airflow.clock.sleep(LOOKUP_SECONDS - 1)
    assert not found.renew()

    airflow.clock.sleep(1)

    assert found.renew()
    assert found.find() is airflow.answer


def test_a_refused_connection_is_looked_up_at_once_and_its_clients_are_replaced(airflow, found):
    found.refused()

    assert found.renew()
    assert not found.renew()
    assert airflow.lookups == 2


def test_the_pauses_grow_while_the_same_connection_is_refused(airflow, found):
    renewed_at = []
    for second in range(120):
        found.refused()
        if found.renew():
            renewed_at.append(second)
        airflow.clock.sleep(1)

    assert renewed_at == [0, 1, 3, 7, 15, 31, 61, 91]


def test_a_new_key_ends_the_growing_pauses(airflow, found):
    for _ in range(40):
        found.refused()
        found.renew()
        airflow.clock.sleep(1)
    airflow.answer = connection("NEW")
    airflow.clock.sleep(30)
    found.refused()
    assert found.renew()

    found.refused()

    assert found.renew()


def test_without_a_connection_only_refused_clients_are_replaced(airflow):
    default = airflow.lookup(None)
    assert default.find() is None
    airflow.clock.sleep(1000)
    assert not default.renew()

    default.refused()

    assert default.renew()
    assert airflow.lookups == 0


@pytest.mark.parametrize(
    "answer", [AirflowNotFoundException("gone"), RuntimeError("backend"), connection(extra="{broken")]
)
def test_the_last_known_connection_stays_if_the_lookup_fails(airflow, found, answer, caplog):
    known, airflow.answer = airflow.answer, answer
    airflow.clock.sleep(LOOKUP_SECONDS)

    assert not found.renew()
    assert found.find() is known
    assert "last known" in caplog.text


def test_a_missing_connection_is_named_once(airflow, caplog):
    airflow.answer = AirflowNotFoundException("not defined")

    assert [airflow.lookup().find(), airflow.lookup().find()] == [None, None]
    assert [record.getMessage() for record in caplog.records] == [
        "Airflow connection 'aws_team' does not exist: boto3's default credential chain, Region and endpoint "
        "are used instead. Define it in the UI, as AIRFLOW_CONN_AWS_TEAM or with `airflow connections add "
        "aws_team --conn-type aws …`; or set aws_conn_id to null if boto3's defaults are intended"
    ]


def test_a_missing_connection_that_is_defined_later_is_used(airflow):
    airflow.answer = AirflowNotFoundException("not defined")
    missing = airflow.lookup()
    missing.find()
    airflow.answer = connection()
    airflow.clock.sleep(LOOKUP_SECONDS)

    assert missing.renew()
    assert missing.find() is airflow.answer


def test_another_type_is_named_once(airflow, caplog):
    airflow.answer = connection(conn_type="http")

    airflow.lookup().find()

    assert "connection 'aws_team' has the type 'http', not 'aws'" in caplog.text


@pytest.mark.parametrize("extra", ["{broken", "[1]", "no json"])
def test_extra_that_is_no_json_object_is_an_error(airflow, extra):
    airflow.answer = connection(extra=extra)

    with pytest.raises(
        ConnectionSettingsError, match="extra of Airflow connection 'aws_team' is not a JSON object"
    ):
        airflow.lookup().find()


def test_nothing_secret_is_kept_outside_the_connection(airflow):
    airflow.answer = connection(password="secret")
    secretive = airflow.lookup()
    secretive.find()

    assert b"secret" not in secretive._fingerprint(airflow.answer)
    assert secretive._fingerprint(airflow.answer) != airflow.lookup()._fingerprint(airflow.answer)
