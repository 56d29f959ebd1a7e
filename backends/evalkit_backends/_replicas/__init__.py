"""Parts of `--replicas`."""
