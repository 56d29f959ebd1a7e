"""Whether an answer means the same as the reference."""
