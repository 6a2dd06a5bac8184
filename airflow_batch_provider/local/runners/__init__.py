"""What runs jobs: local processes, containers, or scripts that only tell how they would end."""
