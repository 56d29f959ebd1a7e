"""The parts of backend `hf`, from loading a model to writing its answers."""
