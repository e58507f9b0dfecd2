"""What a resident asked to take away."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Key, Now


class Export(Base):
    """Everything that one gave, in one file that only they may fetch, for a week."""

    __tablename__ = "export"

    id: Mapped[Key]
    resident_id: Mapped[int] = mapped_column(ForeignKey("resident.id", ondelete="CASCADE"), index=True)
    asked_at: Mapped[Now]
    done_at: Mapped[datetime | None]
    key: Mapped[str | None]
    """Where it is stored."""
