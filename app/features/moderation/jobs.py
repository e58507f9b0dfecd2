"""The topics of the outbox that moderation writes."""

DECIDED = "moderation.decided"
"""Tell the author what was decided; payload `{"event_id"}`."""
