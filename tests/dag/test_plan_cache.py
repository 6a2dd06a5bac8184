"""Cache of plans on disk."""

import json
import os
import time
from pathlib import Path

import pytest

from airflow_batch_provider.dag import plan_cache
from airflow_batch_provider.dag.plan_cache import PlanCache
from airflow_batch_provider.spec.diagnostics import InvalidSpecError

SPEC = "workflow: w\nextends: base.yaml\njobs:\n  a: {}\n"
BASE = "defaults: {job_queue: q, job_definition: d}\n"


class PlanningCounter:
    """Counts how often a spec is read and planned."""

    def __init__(self, monkeypatch):
        self.count = 0
        self._read = plan_cache.read_workflow
        monkeypatch.setattr(plan_cache, "read_workflow", self._count_and_read)

    def _count_and_read(self, path):
        self.count += 1
        return self._read(path)


@pytest.fixture
def planning(monkeypatch):
    return PlanningCounter(monkeypatch)


@pytest.fixture
def spec(tmp_path):
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "base.yaml").write_text(BASE)
    path = tmp_path / "specs" / "w.yaml"
    path.write_text(SPEC)
    return path


@pytest.fixture
def cache(tmp_path):
    return PlanCache(tmp_path / "cache")


def entries(tmp_path):
    return sorted((tmp_path / "cache").iterdir())


def test_unchanged_spec_is_planned_once(cache, spec, planning):
    first = cache.plan_of(spec)

    second = cache.plan_of(spec)

    assert second == first
    assert planning.count == 1


def test_changed_spec_is_planned_again(cache, spec, planning):
    cache.plan_of(spec)
    spec.write_text(SPEC.replace("a: {}", "b: {}"))

    plan = cache.plan_of(spec)

    assert [job.key for job in plan.jobs] == ["b"]
    assert planning.count == 2


def test_spec_with_changed_base_file_is_planned_again(cache, spec, planning):
    cache.plan_of(spec)
    (spec.parent / "base.yaml").write_text(BASE.replace("q,", "other,"))

    plan = cache.plan_of(spec)

    assert plan.jobs[0].request["jobQueue"] == "other"
    assert planning.count == 2


def test_moved_spec_is_not_planned_again(cache, spec, planning):
    cache.plan_of(spec)
    spec.parent.rename(spec.parent.with_name("next_version"))

    cache.plan_of(spec.parents[1] / "next_version" / "w.yaml")

    assert planning.count == 1


def test_changed_provider_code_invalidates_cache(cache, spec, planning, monkeypatch):
    cache.plan_of(spec)
    monkeypatch.setattr(plan_cache, "_code_digest", lambda: "next-release")

    cache.plan_of(spec)

    assert planning.count == 2


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "null", '{"files": {}, "plan": "{}"}', '{"files": {}}', "\xff"]
)
def test_corrupt_entry_is_replaced(cache, spec, planning, tmp_path, damage):
    plan = cache.plan_of(spec)
    (entry,) = entries(tmp_path)
    entry.write_bytes(damage.encode("latin-1"))

    again = cache.plan_of(spec)

    assert again == plan
    assert planning.count == 2
    assert json.loads(entry.read_text())["plan"]


def test_cache_folder_creation_error_is_ignored(spec, planning, tmp_path):
    (tmp_path / "file").write_text("")
    cache = PlanCache(tmp_path / "file" / "cache")

    assert cache.plan_of(spec) == cache.plan_of(spec)

    assert planning.count == 2


def test_cache_write_error_is_ignored(spec, planning, tmp_path, monkeypatch):
    def deny(*arguments, **keywords):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(plan_cache.tempfile, "NamedTemporaryFile", deny)
    cache = PlanCache(tmp_path / "cache")

    assert cache.plan_of(spec) == cache.plan_of(spec)

    assert planning.count == 2


def test_deleted_cache_folder_is_recreated(cache, spec, planning, tmp_path):
    cache.plan_of(spec)
    for entry in entries(tmp_path):
        entry.unlink()
    (tmp_path / "cache").rmdir()

    cache.plan_of(spec)

    assert len(entries(tmp_path)) == 1
    assert planning.count == 2


def test_invalid_spec_is_not_cached(cache, spec, tmp_path):
    spec.write_text("workflow: w\n")

    for _ in range(2):
        with pytest.raises(InvalidSpecError, match="E203"):
            cache.plan_of(spec)

    assert not (tmp_path / "cache").exists()


def test_missing_spec_raises_invalid_spec_error(cache, tmp_path):
    with pytest.raises(InvalidSpecError, match="cannot be read"):
        cache.plan_of(tmp_path / "missing.yaml")


def test_entries_older_than_a_month_are_deleted(cache, spec, tmp_path):
    cache.plan_of(spec)
    (old,) = entries(tmp_path)
    month_ago = time.time() - 31 * 24 * 3600
    os.utime(old, (month_ago, month_ago))
    spec.write_text(SPEC.replace("a: {}", "b: {}"))

    cache.plan_of(spec)

    (remaining,) = entries(tmp_path)
    assert remaining != old


@pytest.mark.parametrize(
    ("setting", "folder"),
    [("", "{home}/batch_plans"), ("/var/plans", "/var/plans"), ("off", None), ("Off", None)],
)
def test_cache_folder_is_configurable(monkeypatch, tmp_path, setting, folder):
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.setenv("AIRFLOW__BATCH_PROVIDER__PLAN_CACHE", setting)

    configured = PlanCache.configured().folder

    assert configured == (Path(folder.format(home=tmp_path)) if folder else None)
