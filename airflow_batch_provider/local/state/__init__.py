"""Persists AWS Batch's state in a file across restarts of the server."""
