"""What the author wrote: read, located, validated."""
