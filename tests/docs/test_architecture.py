"""The page on architecture: its rooms, its walks and its table of changes."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "airflow_batch_provider"
PAGE = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
CHANGE = re.compile(r"^\| (add [^|]+) \| `([^`]+)` \| (.+) \|$", re.M)
CHANGES = [
    (name, example, set(re.findall(r"`([^`]+)`", files))) for name, example, files in CHANGE.findall(PAGE)
]
MODULES = sorted({name for name in re.findall(r"`([^`\n]+)`", PAGE) if name.endswith(".py") or "/" in name})
WALKS = dict(
    re.findall(
        r"^### (.+)\n\n\| package \| step \|\n\|---\|---\|\n((?:\|.*\n)+)",
        PAGE,
        re.M,
    )
)
IDENTIFIER = re.compile(r"`([a-zA-Z_]+(?:\.[a-z_A-Z]+)?)`")


def files_with(example: str, *, in_local: bool) -> set[str]:
    """Return the modules that contain a word; the local Batch has its own copies of AWS's words."""
    word = re.compile(rf"\b{re.escape(example)}\b")
    modules = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.rglob("*.py")}
    return {
        name
        for name, path in modules.items()
        if name.startswith("local/") == in_local and word.search(path.read_text(encoding="utf-8"))
    }


def test_twelve_changes_are_listed():
    assert len(CHANGES) == 12


@pytest.mark.parametrize(("name", "example", "files"), CHANGES, ids=[name for name, _, _ in CHANGES])
def test_change_touches_the_listed_files(name, example, files):
    in_local = any(file.startswith("local/") for file in files)

    assert files_with(example, in_local=in_local) == files


@pytest.mark.parametrize("module", MODULES)
def test_named_module_exists(module):
    path = PACKAGE / module

    assert path.exists() or path.with_suffix(".py").exists() or (REPOSITORY / module).exists()


def packages_and_steps(walk: str) -> list[tuple[str, str]]:
    return re.findall(r"^\| `([a-z_/]+)` \| (.+) \|$", WALKS[walk], re.M)


def source_of(name: str) -> str:
    """Return the source of a package or module, and of what passes between processes."""
    folder, module = PACKAGE / name, PACKAGE / f"{name}.py"
    files = folder.rglob("*.py") if folder.is_dir() else [module]
    return "\n".join(file.read_text(encoding="utf-8") for file in [*files, PACKAGE / "handover.py"])


def test_there_are_three_walkthroughs():
    assert len(WALKS) == 3


@pytest.mark.parametrize("walk", WALKS)
def test_walkthrough_visits_at_most_five_packages_and_never_returns(walk):
    visited = [package for package, _ in packages_and_steps(walk)]

    assert visited
    assert len(visited) == len(set(visited)) <= 5


@pytest.mark.parametrize("walk", WALKS)
def test_walkthrough_names_what_its_packages_contain(walk):
    for package, step in packages_and_steps(walk):
        source = source_of(package.rstrip("/"))
        for identifier in IDENTIFIER.findall(step):
            for name in identifier.split("."):
                assert re.search(rf"\b{name}\b", source), f"{package}: {identifier}"


def test_every_room_is_listed():
    rooms = {
        path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }

    assert rooms - {"__init__", "get_provider_info"} <= set(re.findall(r"`([a-z_]+)/?`", PAGE))
