"""What answers mean: lists, intervals, relations, matrices, amounts, words."""
