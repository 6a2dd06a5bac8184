"""Terminate jobs that no task follows any longer: at the end of a run, and when a user marks a task."""
