"""Vertical slices; a slice may import those to its left (see the import contracts)."""
