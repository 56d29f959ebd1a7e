"""The parts of the backend `api`."""
