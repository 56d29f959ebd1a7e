"""Mathematics: from text to trees, and whether two trees are equal."""
