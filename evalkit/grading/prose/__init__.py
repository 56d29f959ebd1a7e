"""Numbers and linear forms in running text, where no answer is set apart."""
