"""AWS Batch's EventBridge events: their format, the rules that match them, and their delivery to targets."""
