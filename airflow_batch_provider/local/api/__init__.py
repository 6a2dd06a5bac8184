"""The operations of AWS Batch: validated input in, described resources out."""
