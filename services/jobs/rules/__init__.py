"""Pure rules: no I/O, no clock; times and policies come in as arguments."""
