"""Render the requests of an operator's jobs: texts stay as written, and results are strings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jinja2.nativetypes import NativeEnvironment

from airflow_batch_provider.operators.connected import ConnectedOperator
from airflow_batch_provider.spec.rendering import for_texts, render_text

if TYPE_CHECKING:
    from airflow.sdk import Context
    from jinja2 import Environment


class RequestRenderingOperator(ConnectedOperator):
    """
    An operator whose template fields hold requests.

    A string stays a string, whatever ``render_template_as_native_obj`` says: AWS's service model decides
    later which strings become numbers, lists and mappings. Airflow's native rendering would also change
    words that are not templates, such as ``1.10``.
    """

    def render_template(
        self,
        content: Any,
        context: Context,
        jinja_env: Environment | None = None,
        seen_oids: set[int] | None = None,
    ) -> Any:
        """Render the strings in a value."""
        texts = for_texts(self._text_environment(jinja_env))

        def by_airflow(value: Any) -> Any:
            # For other objects, such as an `XComArg`, and for the names of files with templates.
            return super(RequestRenderingOperator, self).render_template(value, context, jinja_env, seen_oids)

        def render(value: Any) -> Any:
            if isinstance(value, str):
                is_file = value.endswith(tuple(self.template_ext))
                return by_airflow(value) if is_file else render_text(texts, value, context)
            if isinstance(value, Mapping):
                return {key: render(item) for key, item in value.items()}
            if type(value) in (list, tuple, set):
                return type(value)(map(render, value))
            return by_airflow(value)

        return render(content)

    def _text_environment(self, given: Environment | None) -> Environment:
        environment = given or self.get_template_env()
        dag = self.get_dag()
        if not isinstance(environment, NativeEnvironment) or dag is None:
            return environment
        return dag.get_template_env(force_sandboxed=True)
