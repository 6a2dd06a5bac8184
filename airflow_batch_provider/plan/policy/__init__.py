"""The IAM policies that a workflow needs, and nothing beyond."""
