"""Every setting, with its default and a sentence. Environment variables with the prefix LOAM_ change them."""

import functools
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent


class Settings(BaseSettings):
    """The settings of this process; `python loam.py settings` prints them."""

    model_config = SettingsConfigDict(env_prefix="LOAM_", env_ignore_empty=True)

    database_url: str = Field(
        f"sqlite:///{ROOT / 'var' / 'loam.db'}",
        description="Where the record is kept: a SQLite file, or postgresql+psycopg://… for a team.",
    )
    demo: bool = Field(
        True, description="Sign in as one of the demo people by a click. Only on an address of this machine itself."
    )
    business_date: date | None = Field(
        None, description="The day that counts as today. Default: the demo's own day in a demo database, else today."
    )
    currency: str = Field("CNY", description="The currency in which the desk lends (ISO 4217).")
    time_zone: str = Field(
        "Asia/Shanghai", description="The zone of shops whose file names none, and of the desk's clocks."
    )
    host: str = Field("127.0.0.1", description="The address on which the desk listens.")
    port: int = Field(8501, description="The port on which the desk listens.")
    max_upload_mb: int = Field(200, ge=1, description="The largest file that the Imports page takes, in megabytes.")
    log_level: str = Field("INFO", description="How much goes to the log: DEBUG, INFO, WARNING or ERROR.")

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, value: str) -> str:
        ZoneInfo(value)
        return value

    @field_validator("currency")
    @classmethod
    def _currency_is_a_code(cls, value: str) -> str:
        if not (len(value) == 3 and value.isascii() and value.isupper()):
            raise ValueError("a currency is three capital letters, such as CNY")
        return value


@functools.cache
def settings() -> Settings:
    """The settings, read once for the process."""
    return Settings()  # type: ignore[call-arg]  # each has a default


def local_now(business_date: date | None) -> datetime:
    """Now on the desk's clock: the business date at the present time of day, or simply now without one."""
    now = datetime.now(UTC)
    if business_date is None:
        return now
    zone = ZoneInfo(settings().time_zone)
    return datetime.combine(business_date, time(*now.astimezone(zone).timetuple()[3:6]), zone).astimezone(UTC)
