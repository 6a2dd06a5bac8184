"""A notifier that records its messages."""

from typing import Any, ClassVar

from airflow.sdk import BaseNotifier


class Notebook(BaseNotifier):
    """Keeps its rendered text in ``pages``."""

    template_fields = ("text",)
    pages: ClassVar[list[str]] = []

    def __init__(self, *, text: str = "{{ alert.subject }}", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.text = text

    def notify(self, context: Any) -> None:
        self.pages.append(self.text)
