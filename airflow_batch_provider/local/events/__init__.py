"""Events of AWS Batch: what they look like, which rules match them, and how they reach their targets."""
