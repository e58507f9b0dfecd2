"""What the house says of its migrations without loading Alembic is what Alembic says."""

from __future__ import annotations

from alembic.script import ScriptDirectory

from app import migrate


def test_the_newest_number_is_the_head_and_they_follow_one_another() -> None:
    scripts = ScriptDirectory.from_config(migrate._config())
    revisions = [script.revision for script in reversed(list(scripts.walk_revisions()))]
    assert revisions == [f"{number:04d}" for number in range(1, len(revisions) + 1)]
    assert [migrate.head()] == scripts.get_heads() == revisions[-1:]
