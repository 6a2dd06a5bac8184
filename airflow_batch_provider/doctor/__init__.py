"""Checks an account against a workflow, without changing anything."""
