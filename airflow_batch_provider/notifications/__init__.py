"""What people are told of jobs and runs that have ended."""
