"""The Markdown pages of the repository: their code blocks, links and headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
_SOURCES = {REPOSITORY / "docs" / "language" / "page.md"}
"""Templates of generated pages. The tests check the generated page instead."""

PAGES = [
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted(path for path in (REPOSITORY / "docs").rglob("*.md") if path not in _SOURCES),
]
_BLOCK = re.compile(
    r"(?:^<!-- (?P<note>[^\n]*?) -->\n\n?)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_PLACE = re.compile(r"# ((?:[\w-]+/)*[\w-]+\.(?:yaml|py))\b")
_LINK = re.compile(r"\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")


@dataclass(frozen=True, slots=True)
class Block:
    """
    A code block.

    :param note: the comment directly before the block: ``not run: why``, or ``run by: file``.
    """

    page: Path
    line: int
    language: str
    text: str
    note: str = ""

    @property
    def place(self) -> str | None:
        """The path in the first line, if the block is a file."""
        match = _PLACE.match(self.text)
        return match[1] if match else None

    def __str__(self) -> str:
        return f"{self.page.relative_to(REPOSITORY)}:{self.line}"


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield the code blocks of a page."""
    content = page.read_text(encoding="utf-8")
    for match in _BLOCK.finditer(content):
        line = content.count("\n", 0, match.start("language")) + 1
        yield Block(page, line, match["language"], match["text"], match["note"] or "")


def examples(page: str, language: str) -> list[str]:
    """Return the texts of a page's blocks in one language."""
    return [block.text for block in blocks_of(REPOSITORY / page) if block.language == language]


def links_of(page: Path) -> list[str]:
    """Return the targets of a page's links. Links inside code do not count."""
    return _LINK.findall(_CODE.sub("`code`", _prose(page)))


@cache
def anchors_of(page: Path) -> frozenset[str]:
    """Return the anchors that GitHub generates for a page's headings."""
    anchors: set[str] = set()
    for heading in _HEADING.findall(_prose(page)):
        text = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-")
        count = sum(1 for other in anchors if re.fullmatch(rf"{re.escape(text)}(-\d+)?", other))
        anchors.add(f"{text}-{count}" if count else text)
    return frozenset(anchors)


def _prose(page: Path) -> str:
    return _BLOCK.sub("", page.read_text(encoding="utf-8"))
