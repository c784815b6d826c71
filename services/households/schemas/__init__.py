"""What callers send and get. Personal data are masked in answers and blind in every repr."""
