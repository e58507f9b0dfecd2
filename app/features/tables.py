"""Every table, imported once, for migrations and tests that compare models with the database."""

from app.core.db import Base
from app.core.outbox import Outbox
from app.features.accounts.models import Account
from app.features.contributions.models import Contribution
from app.features.contributions.models.voices import Follow
from app.features.moderation.models import AbuseCase
from app.features.notifications.models import Delivery
from app.features.participation.models import Comment
from app.features.planning.models import Hotspot
from app.features.residents.models import Export
from app.features.retention.models import RetentionLine
from app.features.territories.models import Territory
from app.features.tickets.models import Ticket

metadata = Base.metadata

__all__ = [
    "AbuseCase",
    "Account",
    "Comment",
    "Contribution",
    "Delivery",
    "Export",
    "Follow",
    "Hotspot",
    "Outbox",
    "RetentionLine",
    "Territory",
    "Ticket",
    "metadata",
]
