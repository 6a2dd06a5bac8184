"""The operator of a Python function that runs between jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator

from airflow_batch_provider.errors import SpecError
from airflow_batch_provider.hooks.translation import airflow_errors
from airflow_batch_provider.spec.rendering import for_texts

if TYPE_CHECKING:
    from airflow.sdk import Context
    from jinja2 import Environment


class PythonTaskOperator(BaseOperator):
    """
    Call a Python function; its return value is the task's result.

    :param python: the function's import path; it is imported when the task runs, not at parse time.
    :param arguments: its keyword arguments; strings are templates.
    :param spec_digest: see ``ConnectedOperator``.
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

    def render_template(
        self,
        content: Any,
        context: Context,
        jinja_env: Environment | None = None,
        seen_oids: set[int] | None = None,
    ) -> Any:
        """Render an argument; ``{#`` and a final line break stay, as in the strings of a job."""
        environment = for_texts(jinja_env or self.get_template_env())
        return super().render_template(content, context, environment, seen_oids)

    def execute(self, context: Context) -> Any:  # noqa: ARG002
        """Import the function and call it."""
        with airflow_errors():
            function = self._function()
        return function(**self.arguments)

    def _function(self) -> Callable[..., Any]:
        module, _, name = self.python.rpartition(".")
        try:
            function: Callable[..., Any] = getattr(import_module(module), name)
        except (ImportError, AttributeError) as error:
            text = (
                f"task '{self.task_id}' could not import the function '{self.python}': {error}. "
                "Install its module on the workers, or add its folder to their PYTHONPATH"
            )
            raise SpecError(text) from error
        return function
