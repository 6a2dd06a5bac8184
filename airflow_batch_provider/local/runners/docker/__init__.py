"""Runs the image of a job in a container, through the Docker Engine API."""
