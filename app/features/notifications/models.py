"""What left the house, by a unique key: the same effect is never repeated."""

from __future__ import annotations

from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base, Now


class Delivery(Base):
    """One effect outside (a mail), its unique key and what became of it."""

    __tablename__ = "delivery"

    key: Mapped[str] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(server_default="mail")
    at: Mapped[Now]
    result: Mapped[str] = mapped_column(server_default="sent")
