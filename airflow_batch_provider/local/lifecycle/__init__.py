"""
The life of jobs: pure, event-driven, without threads, I/O or a clock of its own.

Every entry point takes the present time in milliseconds; what has to happen outside (start or
stop an attempt) and what has been observed (status transitions) is handed out as data.
"""
