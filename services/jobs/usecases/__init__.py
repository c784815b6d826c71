"""One function for each intent."""
