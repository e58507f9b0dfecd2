"""The topics of the outbox that moderation writes."""

WITHDRAW_PHOTOS = "photo.withdraw"
"""Delete the public pictures of a hidden contribution; payload `{"keys": [public_key, …]}`."""

DECIDED = "moderation.decided"
"""Tell the author what was decided; payload `{"event_id"}`."""
