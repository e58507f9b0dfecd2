"""What stops an import before it wrote anything, in a sentence that says what to change."""

from __future__ import annotations


class ImportStopped(Exception):
    """The whole file, its mapping or the territory does not fit; the text is for the person who runs the command."""
