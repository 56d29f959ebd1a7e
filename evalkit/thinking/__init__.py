"""Where a response is thinking: the one place that tells thoughts from answers."""
