"""Every link of the documentation resolves, and every page and picture is reachable from the index."""

from pathlib import Path

import pytest

from tests.docs.markdown import PAGES, REPOSITORY, anchors_of, links_of

INDEX = REPOSITORY / "docs" / "README.md"
OUTSIDE = ("https://", "http://127.0.0.1:")


def name(page):
    return str(page.relative_to(REPOSITORY))


def problem_of(link, page):
    """Return why a link does not resolve. External links are not checked."""
    if link.startswith(OUTSIDE):
        return None
    file, _, anchor = link.partition("#")
    target = (page.parent / file).resolve() if file else page
    if not target.exists():
        return f"{link}: no such file"
    if anchor and anchor not in anchors_of(target):
        return f"{link}: the page has no such heading"
    return None


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_resolves(page):
    problems = [problem for link in links_of(page) if (problem := problem_of(link, page))]

    assert problems == []


def test_every_page_and_picture_is_reachable_from_the_index():
    reached, left = set(), [INDEX]
    while left:
        page = left.pop()
        inside = [link.partition("#")[0] for link in links_of(page) if not link.startswith(OUTSIDE)]
        found = {(page.parent / file).resolve() for file in inside if file} - reached
        reached |= found
        left += [target for target in found if target.suffix == ".md"]

    pictures = set((REPOSITORY / "docs" / "images").iterdir())
    assert {name(page) for page in {*PAGES, *pictures} - reached - {INDEX}} == set()


def test_the_readme_links_to_the_index():
    assert "docs/README.md" in links_of(Path(REPOSITORY / "README.md"))
