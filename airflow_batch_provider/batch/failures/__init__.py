"""Why a job failed: classification, messages, array results and reports."""
