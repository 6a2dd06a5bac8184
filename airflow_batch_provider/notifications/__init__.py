"""Alerts about failed jobs and completed runs."""
