"""Runners execute jobs: as local processes, in containers, or by playing scripted outcomes."""
