"""What this service decides. Pure: whatever a decision needs comes in as an argument."""
