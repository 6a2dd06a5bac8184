"""Render the templates in a plan's requests without Airflow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from airflow_batch_provider.errors import TemplateRenderingError
from airflow_batch_provider.spec.models import AirflowSettings
from airflow_batch_provider.spec.rendering import for_texts, render_text
from airflow_batch_provider.standalone.context import FILTERS

_DATETIME_ERROR: Final = "datetime.datetime object"


class Renderer:
    """
    Render templates in a sandbox; an undefined variable is an error.

    :param context: the variables; see ``build_template_context``.
    :param settings: the settings of the workflow's DAG that change how templates render.
    """

    def __init__(self, context: Mapping[str, Any], settings: AirflowSettings | None = None) -> None:
        self._context = dict(context)
        self._environment = for_texts(_environment(settings or AirflowSettings()))

    def render_text(self, template: str) -> str:
        """
        Render one string.

        :raises TemplateRenderingError: the template uses an undefined variable, or fails.
        """
        try:
            return render_text(self._environment, template, self._context)
        except TemplateError as error:
            raise TemplateRenderingError(f"{template!r}: {_explain(error)}") from None
        except Exception as error:  # an expression in the template can raise anything
            raise TemplateRenderingError(f"{template!r}: {error!r}") from None

    def render(self, value: Any) -> Any:
        """Render all strings inside a value."""
        if isinstance(value, str):
            return self.render_text(value)
        if isinstance(value, Mapping):
            return {name: self.render(member) for name, member in value.items()}
        if isinstance(value, list | tuple):
            return [self.render(item) for item in value]
        return value

    def find_problems(self, value: Any, path: str = "") -> Iterator[str]:
        """Yield the path and error of every string inside a value that cannot be rendered."""
        if isinstance(value, str):
            try:
                self.render_text(value)
            except TemplateRenderingError as error:
                yield f"{path}: {error}"
        elif isinstance(value, Mapping):
            for name, member in value.items():
                yield from self.find_problems(member, f"{path}.{name}" if path else str(name))
        elif isinstance(value, list | tuple):
            for index, item in enumerate(value):
                yield from self.find_problems(item, f"{path}[{index}]")


def render_requests(
    requests: Mapping[str, Mapping[str, Any]], renderer: Renderer
) -> dict[str, dict[str, Any]]:
    """
    Render the requests of all jobs.

    :param requests: the requests by job key.
    :raises TemplateRenderingError: a template cannot be rendered; the message lists all of them.
    """
    found = list(_all_problems(requests.items(), renderer))
    if found:
        raise TemplateRenderingError(
            "these templates cannot be rendered:\n" + "\n".join(f"- {text}" for text in found)
        )
    return {key: renderer.render(request) for key, request in requests.items()}


def _all_problems(requests: Iterable[tuple[str, Mapping[str, Any]]], renderer: Renderer) -> Iterator[str]:
    for key, request in requests:
        yield from (f"job '{key}', {problem}" for problem in renderer.find_problems(request))


def _environment(settings: AirflowSettings) -> SandboxedEnvironment:
    """Return an environment with the options of Airflow's."""
    folders = settings.template_searchpath or []
    options = {
        "undefined": settings.template_undefined or StrictUndefined,
        "extensions": ["jinja2.ext.do"],
        "loader": FileSystemLoader(folders) if folders else None,
        **(settings.jinja_environment_kwargs or {}),
    }
    environment = SandboxedEnvironment(**options)
    environment.filters.update({**FILTERS, **(settings.user_defined_filters or {})})
    environment.globals.update(settings.user_defined_macros or {})
    return environment


def _explain(error: TemplateError) -> str:
    text = str(error)
    if _DATETIME_ERROR in text:
        return (
            f"{text}; without Airflow, dates are datetime objects and lack pendulum's methods; "
            "use strftime or macros"
        )
    return text
