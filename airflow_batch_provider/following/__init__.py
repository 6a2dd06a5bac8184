"""Following a job over the tries of a task: whose it is, which one to follow, how long to wait."""
