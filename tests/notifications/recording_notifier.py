"""A notifier that records its messages."""

from typing import Any, ClassVar

from airflow.sdk import BaseNotifier


class RecordingNotifier(BaseNotifier):
    """Notifier that appends its rendered text to ``messages``."""

    template_fields = ("text",)
    messages: ClassVar[list[str]] = []

    def __init__(self, *, text: str = "{{ alert.subject }}", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.text = text

    def notify(self, context: Any) -> None:
        self.messages.append(self.text)
