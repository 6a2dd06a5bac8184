"""Handle jobs that no task follows: at the end of a run, and when a user marks a task."""
