"""Renders the templates of a plan's requests without Airflow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from airflow_batch_provider.errors import TemplateRenderingError
from airflow_batch_provider.spec.values import is_template
from airflow_batch_provider.standalone.context import FILTERS

_PLAIN_DATES: Final = "datetime.datetime object"


class Renderer:
    """
    Renders texts in a context.

    :param context: see ``template_context``.
    """

    def __init__(self, context: Mapping[str, Any]) -> None:
        self._context = dict(context)
        self._environment = SandboxedEnvironment(undefined=StrictUndefined)
        self._environment.filters.update(FILTERS)

    def text(self, template: str) -> str:
        """
        Render one text.

        :raises TemplateRenderingError: it names what there is not, or fails.
        """
        try:
            return self._environment.from_string(template).render(self._context)
        except TemplateError as error:
            raise TemplateRenderingError(f"{template!r}: {_explained(error)}") from None
        except Exception as error:  # whatever the template's own expressions raise
            raise TemplateRenderingError(f"{template!r}: {error!r}") from None

    def value(self, value: Any) -> Any:
        """Render all texts inside a value."""
        if isinstance(value, str):
            return self.text(value) if is_template(value) else value
        if isinstance(value, Mapping):
            return {name: self.value(member) for name, member in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value

    def problems(self, value: Any, path: str = "") -> Iterator[str]:
        """Find every text inside a value that cannot be rendered."""
        if isinstance(value, str) and is_template(value):
            try:
                self.text(value)
            except TemplateRenderingError as error:
                yield f"{path}: {error}"
        elif isinstance(value, Mapping):
            for name, member in value.items():
                yield from self.problems(member, f"{path}.{name}" if path else str(name))
        elif isinstance(value, list | tuple):
            for index, item in enumerate(value):
                yield from self.problems(item, f"{path}[{index}]")


def render_requests(
    requests: Mapping[str, Mapping[str, Any]], renderer: Renderer
) -> dict[str, dict[str, Any]]:
    """
    Render the requests of all jobs.

    :param requests: by job key.
    :raises TemplateRenderingError: some cannot be rendered; the message lists all of them.
    """
    found = list(_all_problems(requests.items(), renderer))
    if found:
        raise TemplateRenderingError(
            "these templates cannot be rendered without Airflow:\n" + "\n".join(f"- {text}" for text in found)
        )
    return {key: renderer.value(request) for key, request in requests.items()}


def _all_problems(requests: Iterable[tuple[str, Mapping[str, Any]]], renderer: Renderer) -> Iterator[str]:
    for key, request in requests:
        yield from (f"job '{key}', {problem}" for problem in renderer.problems(request))


def _explained(error: TemplateError) -> str:
    text = str(error)
    if _PLAIN_DATES in text:
        return f"{text}; dates are Python's datetimes here, without pendulum's methods: use strftime, macros"
    return text
