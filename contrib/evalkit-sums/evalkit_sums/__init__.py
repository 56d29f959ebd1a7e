"""A third party's evalkit plugins: a task and a backend."""
