"""What participation writes; the caller commits."""
