"""Runs the image of a job in a container of Docker, or of whatever else speaks its Engine API."""
