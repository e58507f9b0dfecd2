"""The topics of the outbox that participation writes."""

COMMENTED = "idea.commented"
"""Tell whoever is answered (`subject_id` is the comment's id)."""

AMENDED = "idea.amended"
"""Tell the followers of an idea that it reads otherwise; payload `{"number"}`, the version that was replaced."""

UNITED = "idea.united"
"""Ask those who carried the ideas of a union (`subject_id`) whether they carry the whole."""
