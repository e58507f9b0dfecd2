"""Typed settings, read from the environment (`AUZOLAN_*`), one class per concern.

A default is what production should run with; what a machine must decide (database, secret) has none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from platformdirs import user_data_path
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _prefixed(prefix: str) -> SettingsConfigDict:
    return SettingsConfigDict(env_prefix=prefix, extra="ignore", frozen=True)


class DatabaseSettings(BaseSettings):
    """PostgreSQL with PostGIS; there is no second dialect."""

    model_config = _prefixed("AUZOLAN_DATABASE_")

    url: str = Field(default="postgresql+psycopg:///auzolan")
    pool_size: int = Field(default=8, ge=1, le=100)
    pool_timeout_s: float = Field(default=5, gt=0, le=60)
    statement_timeout_ms: int = Field(default=15_000, ge=0)


class RedisSettings(BaseSettings):
    """Where RQ keeps its queues. Nothing that matters lives only there."""

    model_config = _prefixed("AUZOLAN_REDIS_")

    url: str = Field(default="redis://127.0.0.1:6379/0")


class WebSettings(BaseSettings):
    """What the web process needs to speak to browsers."""

    model_config = _prefixed("AUZOLAN_")

    base_url: str = Field(default="http://127.0.0.1:8000")
    secret_key: SecretStr = Field(default=SecretStr(""))
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    max_body_mb: int = Field(default=80, ge=1, le=200)
    rate_limits: bool = True
    development: bool = False

    @property
    def secure(self) -> bool:
        """Whether cookies may demand HTTPS."""
        return self.base_url.startswith("https://")


class SessionSettings(BaseSettings):
    """How long somebody stays signed in, and how many wrong passwords are too many."""

    model_config = _prefixed("AUZOLAN_SESSION_")

    lifetime_h: float = Field(default=12, gt=0, le=24 * 30)
    """Hours after which a session or token ends whatever happens: a working day and its overtime."""
    idle_min: float = Field(default=120, gt=0, le=24 * 60)
    """Minutes without a request after which a browser's session ends."""
    wrong_per_account: int = Field(default=5, ge=1)
    """Wrong passwords for one account from one address in 15 minutes."""
    wrong_per_address: int = Field(default=30, ge=1)
    """Wrong passwords from one address in 15 minutes, whatever the accounts."""


class StorageSettings(BaseSettings):
    """Where files live: a folder, or an S3 bucket (`s3://bucket/prefix`) with the `s3` extra."""

    model_config = _prefixed("AUZOLAN_")

    data: Path = Field(default_factory=lambda: user_data_path("auzolan"))
    storage_url: str = ""

    @property
    def location(self) -> str:
        """What `app.core.storage.open_storage` opens."""
        return self.storage_url or str(self.data / "storage")

    @property
    def mail_folder(self) -> Path:
        return self.data / "mail"


class MailSettings(BaseSettings):
    """How mails leave. Without an SMTP server they are written to the data folder."""

    model_config = _prefixed("AUZOLAN_MAIL_")

    smtp_url: SecretStr = Field(default=SecretStr(""))
    sender: str = "Auzolan <noreply@localhost>"


class PushSettings(BaseSettings):
    """How browsers are told by push. Without a key, one is made once in the data folder."""

    model_config = _prefixed("AUZOLAN_PUSH_")

    key: SecretStr = Field(default=SecretStr(""))
    """A P-256 private key, PEM (PKCS 8)."""
    contact: str = "mailto:noreply@localhost"
    """How a push service reaches who runs this installation."""
    services: str = (
        "fcm.googleapis.com,*.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com,*.wns.windows.com"
    )
    """The push services of browsers; a `host:port` with its port is for trials on one machine."""


class GeocoderSettings(BaseSettings):
    """Whom a town asks that chose the national geocoder."""

    model_config = _prefixed("AUZOLAN_GEOCODER_")

    url: str = "https://data.geopf.fr/geocodage"
    """One that speaks as the Géoplateforme's does."""
    timeout_s: float = Field(default=3, gt=0, le=10)


class JobSettings(BaseSettings):
    """How the relay and the workers behave; seconds everywhere."""

    model_config = _prefixed("AUZOLAN_JOBS_")

    sweep_s: float = Field(default=2, gt=0, le=30)
    stale_s: float = Field(default=10, gt=0, le=60)
    batch: int = Field(default=200, ge=1, le=5_000)
    max_attempts: int = Field(default=6, ge=1, le=50)
    worker_ttl_s: int = Field(default=30, ge=10, le=420)


@dataclass(frozen=True)
class Settings:
    """All concerns together, read from the environment unless given."""

    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    redis: RedisSettings = field(default_factory=RedisSettings)
    web: WebSettings = field(default_factory=WebSettings)
    sessions: SessionSettings = field(default_factory=SessionSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    push: PushSettings = field(default_factory=PushSettings)
    geocoder: GeocoderSettings = field(default_factory=GeocoderSettings)
    jobs: JobSettings = field(default_factory=JobSettings)
