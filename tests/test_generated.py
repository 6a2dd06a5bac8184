"""Generated files are up to date: `make generated` changes nothing."""

import pytest

from docs.generate import GENERATED


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_generated_files_are_current(path):
    assert path.read_text(encoding="utf-8") == GENERATED[path]()
