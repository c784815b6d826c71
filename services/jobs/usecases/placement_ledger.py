"""What a placement says of the ledger: out at work since the arrival, what is earned, and the day it ended."""
