"""Render the requests of an operator's jobs: texts stay as written, and results are strings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from jinja2.nativetypes import NativeEnvironment

from airflow_batch_provider.spec.rendering import for_texts, render_text

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator, Context
    from jinja2 import Environment


def render_request(
    operator: BaseOperator,
    content: Any,
    context: Context,
    jinja_env: Environment | None,
    render_object: Callable[[Any], Any],
) -> Any:
    """
    Render the strings in a value; a string stays a string, whatever ``render_template_as_native_obj`` says.

    AWS's service model decides later which strings become numbers, lists and mappings. Airflow's native
    rendering would also change words that are not templates, such as ``1.10``.

    :param render_object: renders a value that is neither a string nor a collection, such as an ``XComArg``.
    """
    environment = for_texts(_text_environment(operator, jinja_env))

    def render(value: Any) -> Any:
        if isinstance(value, str):
            is_file = value.endswith(tuple(operator.template_ext))
            return render_object(value) if is_file else render_text(environment, value, context)
        if isinstance(value, Mapping):
            return {key: render(item) for key, item in value.items()}
        if type(value) in (list, tuple, set):
            return type(value)(map(render, value))
        return render_object(value)

    return render(content)


def _text_environment(operator: BaseOperator, given: Environment | None) -> Environment:
    environment = given or operator.get_template_env()
    dag = operator.get_dag()
    if not isinstance(environment, NativeEnvironment) or dag is None:
        return environment
    return dag.get_template_env(force_sandboxed=True)
