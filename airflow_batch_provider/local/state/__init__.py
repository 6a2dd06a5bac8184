"""AWS Batch's own state in a file, so that it outlives the server."""
