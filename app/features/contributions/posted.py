"""What a program posts: JSON, or a form when there are photos."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage

from app.core.bodies import json_bytes, read_json
from app.core.errors import Problem
from app.features.contributions.forms import photo_files, read_form


def read_posted() -> tuple[Any, Sequence[FileStorage], bytes]:
    """What the body says, its photos, and the SHA-256 of it all. Raises Invalid, and 415 for any other type."""
    if request.mimetype == "application/json":
        raw = json_bytes()
        return read_json(raw), (), hashlib.sha256(raw).digest()
    if request.mimetype in ("multipart/form-data", "application/x-www-form-urlencoded"):
        files = photo_files(request.files.items(multi=True))
        return read_form(request.form), files, _form_digest(files)
    raise Problem(
        "Send JSON (application/json) or a form (multipart/form-data).", status=415, code="unsupported-media-type"
    )


def _form_digest(files: Sequence[FileStorage]) -> bytes:
    digest = hashlib.sha256(json.dumps(sorted(request.form.items(multi=True))).encode())
    for file in files:
        digest.update(hashlib.file_digest(file.stream, "sha256").digest())  # type: ignore[arg-type]
        file.stream.seek(0)
    return digest.digest()
