"""Marking answers with points for steps, by schemes that are data."""
