"""Requests and answers of the directory, by noun."""
