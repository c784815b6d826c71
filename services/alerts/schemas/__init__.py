"""What bureaus send and get."""
