"""Marks that people and judges give to a finished run's answers."""
