"""A language model that marks answers by their rubrics, step by step."""
