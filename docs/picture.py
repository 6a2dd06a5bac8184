"""The picture of the architecture: what runs in which process, and what goes between them."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Final

WIDTH: Final = 1000
HEIGHT: Final = 560
_STYLE: Final = """
text { font: 14px sans-serif; fill: #1f2933; }
.name { font-weight: bold; }
.small { font-size: 12px; fill: #52606d; }
.process { fill: #f5f7fa; stroke: #9aa5b1; }
.room { fill: #ffffff; stroke: #3e4c59; }
.aws { fill: #fff3e0; stroke: #c77700; }
.way { fill: none; stroke: #3e4c59; stroke-width: 1.4; marker-end: url(#tip); }
"""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with a bold first line and small further ones."""

    x: int
    y: int
    width: int
    height: int
    kind: str
    lines: tuple[str, ...]

    def svg(self) -> str:
        """Draw it."""
        texts = [
            f'<text class="{"name" if number == 0 else "small"}" x="{self.x + 12}" '
            f'y="{self.y + 22 + 17 * number}">{escape(line)}</text>'
            for number, line in enumerate(self.lines)
        ]
        place = f'x="{self.x}" y="{self.y}" width="{self.width}" height="{self.height}" rx="6"'
        frame = f'<rect class="{self.kind}" {place}/>'
        return "\n".join([frame, *texts])


@dataclass(frozen=True, slots=True)
class Way:
    """An arrow, with a word beside it."""

    path: str
    word: str = ""
    x: int = 0
    y: int = 0

    def svg(self) -> str:
        """Draw it."""
        word = (
            f'<text class="small" x="{self.x}" y="{self.y}">{escape(self.word)}</text>' if self.word else ""
        )
        return f'<path class="way" d="{self.path}"/>{word}'


_BOXES: Final = (
    Box(20, 20, 150, 76, "room", ("post_trade.yaml", "what the author", "has written")),
    Box(210, 20, 560, 172, "process", ("DAG processor, or airflow-batch", "no AWS, no boto3")),
    Box(230, 76, 150, 96, "room", ("spec", "read, checked:", "findings with", "file:line:column")),
    Box(
        415,
        76,
        150,
        96,
        "room",
        ("plan", "arrays cut to size,", "who owns each edge,", "the requests to send"),
    ),
    Box(600, 76, 150, 96, "room", ("dag", "one task a job,", "behind one submit;", "or cli: no Airflow")),
    Box(20, 280, 270, 168, "process", ("Worker", "starts a task, hands it over")),
    Box(
        40,
        336,
        230,
        92,
        "room",
        (
            "operators → submission",
            "adopt or submit, in order,",
            "with the ids just returned;",
            "publish ids, then defer",
        ),
    ),
    Box(330, 280, 270, 168, "process", ("Triggerer", "holds all tasks that wait")),
    Box(
        350,
        336,
        230,
        92,
        "room",
        (
            "triggers → one poller",
            "100 jobs a DescribeJobs call,",
            "one poller a connection;",
            "ends the task on success",
        ),
    ),
    Box(640, 280, 340, 168, "process", ("API server", "XComs, task states, the UI")),
    Box(660, 336, 300, 92, "room", ("plugin", "hears of marked tasks and runs,", "ends their jobs")),
    Box(
        20,
        500,
        960,
        44,
        "aws",
        ("AWS Batch (or the local Batch): starts each job when those before it have succeeded",),
    ),
)
_WAYS: Final = (
    Way("M95 96 V124 H226"),
    Way("M380 124 H411"),
    Way("M565 124 H596"),
    Way("M675 192 V240 H155 V276", "a task is due", 170, 262),
    Way("M290 370 H326", "", 0, 0),
    Way("M155 448 V496", "SubmitJob, ListJobs", 165, 483),
    Way("M465 448 V496", "DescribeJobs, logs", 475, 483),
    Way("M810 448 V496", "TerminateJob", 820, 483),
)


def architecture() -> str:
    """Write the picture as SVG."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            "<title>What runs where: the spec is planned at parse, jobs are submitted by a worker, "
            "followed by the triggerer</title>",
            f"<style>{_STYLE}</style>",
            '<defs><marker id="tip" markerWidth="9" markerHeight="8" refX="7" refY="4" orient="auto">'
            '<path d="M0 0 L8 4 L0 8 z" fill="#3e4c59"/></marker></defs>',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            *(box.svg() for box in _BOXES),
            *(way.svg() for way in _WAYS),
            "</svg>\n",
        ]
    )
