"""Handle jobs that no task follows: at the end of a run, and when a task is marked, deleted or removed."""
