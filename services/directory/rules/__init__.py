"""Pure rules of the directory, by noun."""
