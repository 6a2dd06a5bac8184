"""What runs the containers of jobs: local processes, or scripts that only tell how they would end."""
