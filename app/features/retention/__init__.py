"""What happens to the personal part of a contribution some time after it was closed (docs/retention.md)."""
