"""The work that retention leaves in the outbox."""

DUE = "retention.due"
"""The topic that takes one batch of a territory (`subject_id`); payload `{"after"}`: the last id of the one before."""
FILES = "retention.files"
"""The topic that deletes files once their rows are gone; payload `{"public": [public_key…], "originals": [key…]}`."""
