"""What the service does: one function for each intent, each in the transaction its caller opened."""
