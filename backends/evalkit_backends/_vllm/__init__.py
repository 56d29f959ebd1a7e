"""The parts of backend `vllm`, from finding a model to writing its answers."""
