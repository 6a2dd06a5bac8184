"""The connection to AWS of operators and sensors, made from their four connection keywords."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from airflow_batch_provider.errors import RequestError
from airflow_batch_provider.hooks.connection import AwsConnection

if TYPE_CHECKING:
    from airflow_batch_provider.hooks.batch import BatchHook

CONNECTION_FIELDS: Final = ("aws_conn_id", "region_name", "verify", "botocore_config")
"""The four keywords as template fields, which Airflow serializes with the DAG."""


class HasAwsConnection:
    """
    An operator or sensor with the four connection keywords as attributes.

    :raises RequestError: an argument is the output of another task that Airflow would not resolve.
    """

    aws_conn_id: str | None
    region_name: str | None
    verify: bool | str | None
    botocore_config: dict[str, Any] | None

    template_fields: Sequence[str]
    literal_arguments: ClassVar[frozenset[str]] = frozenset()
    """Template fields that cannot be the output of another task as a whole, although Airflow renders them."""

    # Before __init__, which may check the arguments.
    def __new__(cls, *_: Any, **arguments: Any) -> Self:
        from airflow.sdk import XComArg

        for name, value in arguments.items():
            if isinstance(value, XComArg) and not cls.takes_output(name):
                raise RequestError(
                    f"task '{arguments.get('task_id')}': {name} cannot be the output of another task, "
                    f"because {cls.__name__} reads it when the DAG is parsed. Write a literal value, or map "
                    f"the task over the output with {cls.__name__}.partial(…).expand({name}=…)"
                )
        return super().__new__(cls)

    @classmethod
    def takes_output(cls, name: str) -> bool:
        """Whether an argument may be the output of another task, an XCom."""
        return name in cls.template_fields and name not in cls.literal_arguments

    @property
    def connection(self) -> AwsConnection:
        """The connection; its templates must be rendered before."""
        # Not cached: Airflow renders the attributes after __init__.
        return AwsConnection(self.aws_conn_id, self.region_name, self.verify, self.botocore_config)

    @cached_property
    def hook(self) -> BatchHook:
        """The hook. It is imported at run time only: the import takes half a second of DAG parsing."""
        from airflow_batch_provider.hooks.batch import BatchHook

        return BatchHook.of(self.connection)
