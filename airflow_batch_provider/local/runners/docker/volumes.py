"""The volumes of a job: host folders and empty volumes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_batch_provider.local.lifecycle.jobs import Attempt, Job
    from airflow_batch_provider.local.runners.runner import Run

MountPoint = Mapping[str, Any]
Volume = Mapping[str, Any]


def binds_of(run: Run) -> Iterator[str]:
    """Yield the host folders that a container mounts, in the format of Docker's ``Binds``."""
    for point, volume in _mounted(run):
        if not _is_empty(volume):
            source = volume["host"]["sourcePath"]
            yield f"{source}:{point['containerPath']}" + (":ro" if point.get("readOnly") else "")


def empty_mounts_of(run: Run) -> Iterator[dict[str, Any]]:
    """Yield the mounts of empty volumes. Volumes that containers share have a name."""
    shared = shared_volumes_of(run.job, run.attempt)
    for point, volume in _mounted(run):
        if _is_empty(volume):
            mount = {
                "Type": "volume",
                "Source": shared.get(volume.get("name", "")),
                "Target": point["containerPath"],
                "ReadOnly": point.get("readOnly"),
            }
            yield {name: value for name, value in mount.items() if value}


def shared_volumes_of(job: Job, attempt: Attempt) -> dict[str, str]:
    """Return the engine's names of the empty volumes that the containers of an attempt share."""
    if len(job.spec.containers) == 1:
        return {}
    return {
        name: f"local-batch-{attempt.task_id}-{name}"
        for name, volume in _volumes(job).items()
        if _is_empty(volume)
    }


def _mounted(run: Run) -> Iterator[tuple[MountPoint, Volume]]:
    """Yield each mount point with its volume, an empty one if the volume is not defined."""
    volumes = _volumes(run.job)
    for point in run.container.described.get("mountPoints", ()):
        if "containerPath" in point:
            yield point, volumes.get(point.get("sourceVolume", ""), {})


def _volumes(job: Job) -> dict[str, Volume]:
    """Return the volumes of a job by name; with ``ecsProperties``, they belong to the task."""
    holder = job.spec.containers[0].described if job.spec.task is None else job.spec.task
    volumes: Sequence[Volume] = holder.get("volumes", ())
    return {volume.get("name", ""): volume for volume in volumes}


def _is_empty(volume: Volume) -> bool:
    return volume.get("host", {}).get("sourcePath") is None
