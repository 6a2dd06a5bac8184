"""Measure the speed and memory of the local AWS Batch, each benchmark on a separate server."""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.server import MeasuredServer

CHILDREN = 10_000
DESCRIBED = 100
POLL_SECONDS = 0.02


def array() -> None:
    """Run one array job of 10,000 scripted children, from submission to the end."""
    with MeasuredServer("--runner", "script") as server:
        seconds = [_run_array(server) for _ in range(5)]
    print(f"array of {CHILDREN:,} children: {statistics.median(seconds):.2f} s (maximum {max(seconds):.2f})")


def million() -> None:
    """Run 100 array jobs of 10,000 scripted children."""
    with MeasuredServer("--runner", "script") as server:
        started = time.monotonic()
        job_ids = [server.submit(arrayProperties={"size": CHILDREN}) for _ in range(100)]
        accepted = time.monotonic() - started
        for job_id in job_ids:
            _wait(server, job_id)
        seconds = time.monotonic() - started
        print(
            f"100 arrays of {CHILDREN:,} children: accepted in {accepted:.1f} s, completed in"
            f" {seconds:.0f} s, peak memory {server.peak_megabytes:,.0f} MiB"
        )


def state() -> None:
    """Run 100 array jobs with a state file, then restart from the file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "state.db"
        arguments = ("--runner", "script", "--state", str(file))
        with MeasuredServer(*arguments) as server:
            started = time.monotonic()
            for job_id in [server.submit(arrayProperties={"size": CHILDREN}) for _ in range(100)]:
                _wait(server, job_id)
            seconds, peak = time.monotonic() - started, server.peak_megabytes
        size = file.stat().st_size / 2**20
        print(
            f"100 arrays of {CHILDREN:,} children with --state: {seconds:.0f} s, peak memory {peak:,.0f} MiB,"
            f" file size {size:,.0f} MiB"
        )
        started = time.monotonic()
        with MeasuredServer(*arguments, is_new=False) as server:
            seconds = time.monotonic() - started
            print(f"restarted in {seconds:.1f} s, peak memory {server.peak_megabytes:,.0f} MiB")


def describe() -> None:
    """
    Describe 100 children while 10,000 change their status.

    The client's loaded modules are excluded from garbage collection: a full collection of boto3's
    objects takes 20 to 40 ms, which would dominate the slowest calls but says nothing about the server.
    """
    gc.freeze()
    with MeasuredServer("--runner", "script", "--control") as server:
        for name, ask in (
            ("plain HTTP", lambda ids: server.call("DescribeJobs", {"jobs": ids})),
            ("boto3", lambda ids: server.batch.describe_jobs(jobs=ids)),
        ):
            server.reset_calls()
            total, client_cpu = _latencies(server, ask)
            server_time = server.latencies("DescribeJobs")
            print(
                f"DescribeJobs of {DESCRIBED} jobs while {CHILDREN:,} change, {name}:"
                f" {_format_percentiles(total)} ({len(total)} calls); client CPU time"
                f" {_format_percentiles(client_cpu)}; server {_format_percentiles(server_time)}"
            )


def processes() -> None:
    """Run 200 process jobs of 0.1 s on 16 vCPUs."""
    number = 200
    with MeasuredServer("--runner", "process") as server:
        _wait(server, server.submit())
        before, started = server.cpu_seconds, time.monotonic()
        job_ids = [server.submit() for _ in range(number)]
        for job_id in job_ids:
            _wait(server, job_id)
        seconds, cpu = time.monotonic() - started, server.cpu_seconds - before
        each = 1000 * cpu / number
        print(f"{number} process jobs of 0.1 s on 16 vCPUs: {seconds:.1f} s, {each:.1f} ms CPU time each")


def listing() -> None:
    """List 100,000 jobs in pages; report the first, the middle and the last page."""
    number = 100_000
    with MeasuredServer("--runner", "script") as server:
        server.call("UpdateComputeEnvironment", {"computeEnvironment": "ce", "state": "DISABLED"})
        for _ in range(number):
            server.submit()
        for size in (10, 100, 1000):
            milliseconds = _pages(server, size)
            first, middle, last = milliseconds[0], milliseconds[len(milliseconds) // 2], milliseconds[-1]
            print(
                f"ListJobs over {number:,} jobs, pages of {size}: first {first:.1f}, middle {middle:.1f},"
                f" last {last:.1f} ms"
            )


def events() -> None:
    """Measure the cost of an EventBridge rule until its last event has reached an SQS queue."""
    for name, statuses, events_per_array in (
        ("no rule", None, 0),
        ("a rule that matches nothing", ["NEVER"], 0),
        ("a rule that matches SUCCEEDED", ["SUCCEEDED"], CHILDREN + 1),
        ("a rule that matches everything", [], 4 * CHILDREN + 2),
    ):
        with MeasuredServer("--runner", "script") as server:
            delivered = (lambda: 0) if statuses is None else _add_rule(server, statuses)
            before = server.cpu_seconds
            seconds = _run_array(server)
            while delivered() < events_per_array:
                time.sleep(POLL_SECONDS)
            cpu = server.cpu_seconds - before
            print(f"array of {CHILDREN:,} children with {name}: {seconds:.2f} s, {cpu:.2f} s server CPU time")


def _add_rule(server: MeasuredServer, statuses: list[str]) -> Callable[[], int]:
    """Add a rule and return a function that counts its delivered events."""
    sqs, bus = server.client("sqs"), server.client("events")
    url = sqs.create_queue(QueueName="mail")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"source": ["aws.batch"], **({"detail": {"status": statuses}} if statuses else {})}
    bus.put_rule(Name="rule", EventPattern=json.dumps(pattern))
    bus.put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": arn}])
    number = "ApproximateNumberOfMessages"
    return lambda: int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[number])["Attributes"][number])


def _run_array(server: MeasuredServer) -> float:
    started = time.monotonic()
    _wait(server, server.submit(arrayProperties={"size": CHILDREN}))
    return time.monotonic() - started


def _latencies(server: MeasuredServer, ask: Callable[[list[str]], object]) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each call, and the client's CPU time in milliseconds."""
    total, client_cpu = [], []
    for _ in range(10):
        array_id = server.submit(arrayProperties={"size": CHILDREN})
        ids = [f"{array_id}:{index}" for index in range(0, CHILDREN, CHILDREN // DESCRIBED)]
        while array_id not in server.succeeded():
            started, cpu_started = time.perf_counter(), time.thread_time()
            ask(ids)
            total.append(1000 * (time.perf_counter() - started))
            client_cpu.append(1000 * (time.thread_time() - cpu_started))
    return total, client_cpu


def _format_percentiles(milliseconds: list[float]) -> str:
    cuts = statistics.quantiles(milliseconds, n=100)
    return f"median {cuts[49]:.1f}, p99 {cuts[98]:.1f} ms"


def _pages(server: MeasuredServer, size: int) -> list[float]:
    request: dict[str, object] = {"jobQueue": "q", "jobStatus": "RUNNABLE", "maxResults": size}
    milliseconds: list[float] = []
    while True:
        started = time.perf_counter()
        answer = server.call("ListJobs", request)
        milliseconds.append(1000 * (time.perf_counter() - started))
        if "nextToken" not in answer:
            return milliseconds
        request["nextToken"] = answer["nextToken"]


def _wait(server: MeasuredServer, job_id: str) -> None:
    while server.status(job_id) not in ("SUCCEEDED", "FAILED"):
        time.sleep(POLL_SECONDS)


MEASUREMENTS = {each.__name__: each for each in (array, million, state, describe, processes, listing, events)}


def main() -> None:
    """Run the given benchmarks, by default all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measurements", nargs="*", help=f"{', '.join(MEASUREMENTS)} (default: all)")
    chosen = parser.parse_args().measurements or list(MEASUREMENTS)
    unknown = sorted(set(chosen) - set(MEASUREMENTS))
    if unknown:
        parser.error(f"unknown benchmark {unknown[0]!r}; use {', '.join(MEASUREMENTS)}")
    print(f"load average: {os.getloadavg()[0]:.1f} on {os.cpu_count()} CPUs")
    for name in chosen:
        MEASUREMENTS[name]()


if __name__ == "__main__":
    main()
