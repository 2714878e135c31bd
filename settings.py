"""Every setting, with its default and a sentence. Environment variables with the prefix LOAM_ change them."""

import functools
import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ingest.currencies import CURRENCIES
from ingest.loam import is_zone

ROOT = Path(__file__).resolve().parent

WOULD_BE_RIGHT = {
    "database_url": "an address such as sqlite:///var/loam.db or postgresql+psycopg://loam@db.example/loam",
    "audit_key": "a passphrase of 32 characters or more, or 64 hexadecimal digits",
    "demo": "true or false",
    "idle_minutes": "a whole number from 1 to 1440",
    "sign_in_hours": "a whole number from 1 to 24",
    "business_date": "a day such as 2026-11-02",
    "currency": "a currency of ISO 4217 in capitals, such as CNY",
    "time_zone": "an IANA name such as Asia/Shanghai",
    "plan_monthly": "a whole number from 1 on",
    "limit_category": "a share above 0 and up to 1, such as 0.25",
    "limit_owner": "a share above 0 and up to 1, such as 0.05",
    "port": "a whole number from 1 to 65535",
    "max_upload_mb": "a whole number from 1 on",
    "upload_quota_mb": "a whole number from 1 on",
    "max_import_rows": "a whole number from 1 on",
    "keep_originals": "true or false",
    "log_level": "DEBUG, INFO, WARNING or ERROR",
    "log_format": "text or json",
}


class BadSettings(Exception):
    """Some settings are wrong; the text has one sentence for each."""


def read_day(text: str) -> date:
    """A day written as YYYY-MM-DD; the other spellings of ISO 8601 are not taken, since few people read them.

    Raises:
        ValueError: where it is written otherwise, or the calendar has no such day.
    """
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(f"{text} is not written as YYYY-MM-DD")
    return date.fromisoformat(text)


class Settings(BaseSettings):
    """The settings of this process; `python loam.py settings` prints them."""

    model_config = SettingsConfigDict(env_prefix="LOAM_", env_ignore_empty=True)

    database_url: str = Field(
        f"sqlite:///{ROOT / 'var' / 'loam.db'}",
        description="Where the record is kept: a SQLite file, or postgresql+psycopg://… for a team.",
    )
    audit_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="The key that seals the record, of 32 characters or more. Default: made once, in a file beside it.",
    )
    demo: bool | None = Field(
        None,
        description="Sign in as one of the demo people by a click. Only on an address of this machine itself. "
        "Default: while nobody else has an account; with `true` beside accounts too.",
    )
    idle_minutes: int = Field(
        30, ge=1, le=1440, description="After so many minutes without a click somebody is signed out."
    )
    sign_in_hours: int = Field(8, ge=1, le=24, description="How long a sign-in lasts at most, in hours.")
    business_date: date | None = Field(
        None,
        description="The day that counts as today. "
        "Default: the demo's own day in a demo database that has no account yet, else today.",
    )
    currency: str = Field("CNY", description="The currency in which the desk lends (ISO 4217).")
    time_zone: str = Field(
        "Asia/Shanghai", description="The zone of shops whose file names none, and of the desk's clocks."
    )
    plan_monthly: int | None = Field(
        None,
        ge=1,
        description="What is to be lent in a month, in whole units of the desk's currency; drawn in Portfolio.",
    )
    limit_category: float = Field(
        0.25, gt=0, le=1, description="The largest share of the loan book in one category (0-1); a line in Portfolio."
    )
    limit_owner: float = Field(
        0.05, gt=0, le=1, description="The largest share of the loan book with one owner (0-1); a line in Portfolio."
    )
    host: str = Field("127.0.0.1", description="The address on which the desk listens.")
    port: int = Field(8501, ge=1, le=65535, description="The port on which the desk listens.")
    max_upload_mb: int = Field(200, ge=1, description="The largest file that the Imports page takes, in megabytes.")
    upload_quota_mb: int = Field(
        2000, ge=1, description="How much one person may upload in an hour, in megabytes, to one process."
    )
    max_import_rows: int = Field(
        5_000_000,
        ge=1,
        description="The most records that one import on the Imports page takes; the command takes any.",
    )
    keep_originals: bool = Field(
        False,
        description="Keep the file of a platform's export, sealed, with the records that were read from it. "
        "`python loam.py original` gives it back.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="How much goes to the log: DEBUG, INFO, WARNING or ERROR."
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="How a line of the log is written: text for people, json for programs."
    )

    @field_validator("database_url")
    @classmethod
    def _database_is_an_address(cls, value: str) -> str:
        try:
            make_url(value)
        except ArgumentError as error:
            raise ValueError("no address of a database") from error
        return value

    @field_validator("business_date", mode="before")
    @classmethod
    def _day_is_written_in_full(cls, value: Any) -> Any:  # noqa: ANN401  (whatever comes before it is checked)
        return read_day(value) if isinstance(value, str) else value

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, value: str) -> str:
        if not is_zone(value):
            raise ValueError("no such zone")
        return value

    @field_validator("currency")
    @classmethod
    def _currency_is_a_code(cls, value: str) -> str:
        if value not in CURRENCIES:
            raise ValueError("no such currency")
        return value


@functools.cache
def settings() -> Settings:
    """The settings, read once for the process.

    Raises:
        BadSettings: where one of them has a value that it cannot have.
    """
    try:
        return Settings()  # type: ignore[call-arg]  # each has a default
    except ValidationError as error:
        raise BadSettings(
            "\n".join(_sentence(str(each["loc"][0]), each["input"]) for each in error.errors())
        ) from error


def _sentence(name: str, value: object) -> str:
    """What is wrong with one setting: its name, its value without a password, and what would be right."""
    shown = re.sub("//[^@]*@", "//…@", str(value)) if name == "database_url" else value
    if name == "audit_key":
        shown = "too short"
    return f"LOAM_{name.upper()} is {shown}; right would be {WOULD_BE_RIGHT[name]}."


def local_now(business_date: date | None) -> datetime:
    """Now on the desk's clock: the business date at the present time of day, or simply now without one."""
    now = datetime.now(UTC)
    if business_date is None:
        return now
    zone = ZoneInfo(settings().time_zone)
    return datetime.combine(business_date, time(*now.astimezone(zone).timetuple()[3:6]), zone).astimezone(UTC)


def local_today(business_date: date | None) -> date:
    """The day that counts as today: the business date, or without one that of the calendar in the desk's zone."""
    return business_date or datetime.now(ZoneInfo(settings().time_zone)).date()
