"""What participation reads."""
