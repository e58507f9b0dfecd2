"""What can keep a stack from running, said in a sentence a person can act on."""

from __future__ import annotations

import click


class StackError(click.ClickException):
    """Shown without a traceback; ends with what to do. Exit code 1."""


class Interrupted(Exception):
    """A signal asked to stop while the stack was still starting."""
