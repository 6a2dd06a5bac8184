"""The operator of a Python function that stands between jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.hooks.translation import airflow_errors

if TYPE_CHECKING:
    from airflow.sdk import Context


class PythonTaskOperator(BaseOperator):
    """
    Call a Python function; what it returns is the task's result.

    :param python: the function's import path; imported when the task runs, not at parse.
    :param arguments: its keyword arguments; texts are templates.
    :param spec_digest: as of ``ConnectedOperator``.
    """

    template_fields: Sequence[str] = ("arguments", "spec_digest")
    template_fields_renderers: ClassVar[dict[str, str]] = {"arguments": "json"}
    ui_color = "#ffefeb"

    def __init__(
        self,
        *,
        python: str,
        arguments: Mapping[str, Any] | None = None,
        spec_digest: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.python = python
        self.arguments = dict(arguments or {})
        self.spec_digest = spec_digest

    def execute(self, context: Context) -> Any:  # noqa: ARG002
        """Import the function and call it."""
        with airflow_errors():
            function = self._imported()
        return function(**self.arguments)

    def _imported(self) -> Callable[..., Any]:
        module, _, name = self.python.rpartition(".")
        try:
            function: Callable[..., Any] = getattr(import_module(module), name)
        except (ImportError, AttributeError) as error:
            text = (
                f"the function '{self.python}' of task '{self.task_id}' cannot be imported: {error}; "
                "it must be on the workers' Python path"
            )
            raise SpecError(text) from error
        return function
