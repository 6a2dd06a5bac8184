"""
The lifecycle of jobs: pure and event-driven, without threads, I/O or a clock.

Every entry point takes the current time in milliseconds. Commands to the runner (start or stop an attempt)
and observations (status transitions) are returned as data.
"""
