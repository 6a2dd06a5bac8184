"""What will be sent: the jobs of a workflow in order, their requests, and who owns each dependency."""
