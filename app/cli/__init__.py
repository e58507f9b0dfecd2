"""The `auzolan` command."""
