"""Least-privilege IAM policies for a workflow."""
