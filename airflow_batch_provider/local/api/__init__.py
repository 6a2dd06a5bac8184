"""The operations of AWS Batch: each takes a validated request and returns its result."""
