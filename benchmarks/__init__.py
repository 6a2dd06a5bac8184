"""Measurements: plain scripts, run by hand with `make bench`, never as tests."""
