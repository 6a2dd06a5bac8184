"""Compose the requests that AWS Batch gets from what an author wrote: short forms, full members, defaults."""
