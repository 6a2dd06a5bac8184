"""Benchmarks: scripts to run manually with `make bench`; they are not tests."""
