"""Where the desk finds a picture: what waits for a moderator, or was hidden by one, is work all the same."""

from __future__ import annotations

from flask import url_for

from app.features.contributions.shapes import Photo
from app.features.contributions.urls import absolute, photo_document, photo_url
from app.features.tickets.queries.detail import PhotoLine


def picture_url(ticket: str, photo: PhotoLine, size: int) -> str:
    """The public address, or one of the desk; `size` is the longest side in pixels."""
    if photo.public:
        return photo_url(photo.key, size)
    return url_for("tickets.picture", reference=ticket, key=photo.key, size=size)


def picture_document(ticket: str, photo: PhotoLine) -> Photo:
    """A photo as the API tells it to the desk."""
    if photo.public:
        return photo_document(photo.key, photo.placeholder)
    large, small = (absolute(picture_url(ticket, photo, size)) for size in (1600, 400))
    return {"url_1600": large, "url_400": small, "placeholder": photo.placeholder}
