"""Judging final answers of fixed types: numbers, sets, lists, graphs, lines, claims."""
