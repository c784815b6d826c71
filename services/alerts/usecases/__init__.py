"""What this service does, one function per intent."""
