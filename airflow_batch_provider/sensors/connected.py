"""The base of all sensors: the connection to AWS."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.sdk import BaseSensorOperator

from airflow_batch_provider.hooks.connected import CONNECTION_FIELDS, HasAwsConnection
from airflow_batch_provider.hooks.connection import DEFAULT_CONN_ID
from airflow_batch_provider.hooks.settings import refused_seconds
from airflow_batch_provider.triggers.resumption import accepted_keywords, starts_again

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_batch_provider.batch.failed_calls import FailedCalls

T = TypeVar("T")


class ConnectedSensor(HasAwsConnection, BaseSensorOperator):
    """
    A sensor that calls AWS Batch.

    :param deferrable: True waits in the triggerer, without a worker slot.
    :param refused_timeout: how long AWS may refuse the credentials of the connection before the sensor fails;
        by default ``[batch_provider] refused_timeout``. With ``mode="reschedule"``, only ``timeout`` applies.
    """

    template_fields: Sequence[str] = CONNECTION_FIELDS

    def __init__(
        self,
        *,
        deferrable: bool = False,
        aws_conn_id: str | None = DEFAULT_CONN_ID,
        region_name: str | None = None,
        verify: bool | str | None = None,
        botocore_config: dict[str, Any] | None = None,
        refused_timeout: timedelta | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.deferrable = deferrable
        self.aws_conn_id = aws_conn_id
        self.region_name = region_name
        self.verify = verify
        self.botocore_config = botocore_config
        self.refused_timeout = refused_timeout

    @property
    def refused_seconds(self) -> float | None:
        """The limit that the author set."""
        return None if self.refused_timeout is None else self.refused_timeout.total_seconds()

    @property
    @abstractmethod
    def waits_for(self) -> str:
        """The jobs or the resource, for the log."""

    def ask(self, call: Callable[[], T]) -> T | None:
        """
        Call AWS; return None if the call failed in a way that may pass.

        :raises AccessRefusedError: AWS has refused the credentials for too long.
        """
        try:
            result = call()
        except Exception as error:
            from airflow_batch_provider.batch.api_errors import handling_of

            if not handling_of(error).keeps_waiting:
                raise
            if overdue := self._failed_calls.failed(error):
                raise overdue from error
            return None
        self._failed_calls.succeeded()
        return result

    @cached_property
    def _failed_calls(self) -> FailedCalls:
        from airflow_batch_provider.batch.failed_calls import FailedCalls

        limit = refused_seconds(self.refused_seconds)
        return FailedCalls(self.waits_for, limit_seconds=limit, log=self.log)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Continue with the event of the trigger, or with a new trigger if the triggerer could not run it."""
        if starts_again(self, next_method, next_kwargs, context):
            return self.execute(context)
        return super().resume_execution(
            next_method, accepted_keywords(self, next_method, next_kwargs), context
        )
