"""Shared kernel: what every slice needs and no slice owns."""
