"""The parts of backend `hf`, from finding a model to writing its answers."""
