"""Passphrases: what one may be, how it is kept, and how a typed one is held against it.

Length is what counts, so there are no rules of composition; what everybody thinks of first is refused. Only argon2's
hash is kept, which has its salt and its costs in it.
"""

import functools
import re
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST, MOST = 15, 1_000

# OWASP's password storage cheat sheet lists these costs: 46 MiB, one pass, one lane.
HASHER = PasswordHasher(time_cost=1, memory_cost=47_104, parallelism=1)

RULES = (
    f"At least {LEAST} characters, up to {MOST:,}. Four or five words that do not belong together are easy to keep in "
    "mind. Blanks and every script may be used; nothing has to be in it. Your own name, famous phrases, repetitions "
    "and rows of the keyboard are refused."
)

# What people type when fifteen characters are asked for, in small letters and without blanks or signs.
COMMON = frozenset(
    {
        "correcthorsebatterystaple", "thequickbrownfoxjumpsoverthelazydog", "thequickbrownfox", "tobeornottobe",
        "tobeornottobethatisthequestion", "maytheforcebewithyou", "onceuponatime", "letmeinletmein",
        "iloveyousomuch", "iloveyouforever", "thisismypassword", "thisismypassphrase", "mypasswordissecret",
        "passwordpassword", "passphrasepassphrase", "changemechangeme", "pleaseletmein", "nooneknowsthis",
        "iforgotmypassword", "thisisapassword", "thisisapassphrase", "administratoradministrator", "welcometotheteam",
        "welcomewelcome", "opensesameopensesame", "neverforgetthis", "donttellanyone", "loremipsumdolorsitamet",
        "allyourbasearebelongtous", "winteriscoming", "somewhereovertherainbow", "inthebeginningwastheword",
        "fourscoreandsevenyearsago", "wethepeopleoftheunitedstates", "happybirthdaytoyou", "merrychristmas",
        "twinkletwinklelittlestar", "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba",
        "qwertyuiopasdfghjklzxcvbnm", "qazwsxedcrfvtgbyhnujmikolp", "1qaz2wsx3edc4rfv5tgb", "zaq12wsxcde34rfv",
        "onetwothreefourfive", "mysecretpassword", "supersecretpassword", "trustno1trustno1", "starwarsstarwars",
    }
)  # fmt: skip
# Words that alone, or with digits behind them, make no passphrase.
OBVIOUS = ("password", "passphrase", "passwort", "letmein", "welcome", "admin", "administrator", "changeme", "loam")
ROWS = (
    "abcdefghijklmnopqrstuvwxyz" * 2,
    "01234567890" * 8,
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertyuiop" * 4,
    "asdfghjkl" * 4,
    "zxcvbnm" * 5,
)


class PassphraseRefused(Exception):
    """A passphrase that may not be used; the text says why in words for a person."""


def check(passphrase: str, *, about: tuple[str, ...] = ()) -> None:
    """Refuse a passphrase that is too short, too long, or among the first that anybody would try.

    Args:
        passphrase: as it was typed.
        about: the person's own handle, name and address, which others know.

    Raises:
        PassphraseRefused: with the reason.
    """
    if len(passphrase) > MOST:
        raise PassphraseRefused(f"This has more than {MOST:,} characters, which is the most.")
    written = normal(passphrase)
    if len(written) < LEAST:
        raise PassphraseRefused(f"This has {len(written)} characters; a passphrase has at least {LEAST}.")
    core = _core(written)
    if len(set(core)) < 5 or _is_repeated(core):
        raise PassphraseRefused("This says the same again and again. Choose words that do not belong together.")
    if core in COMMON or any(core in row or core in row[::-1] for row in ROWS) or _rest(core, OBVIOUS) < 6:
        raise PassphraseRefused("This is among the first that somebody would try. Choose another.")
    words = tuple(word for text in about for word in re.split(r"\W+", text.casefold()) if len(word) > 2)
    if words and _rest(core, (*words, *OBVIOUS)) < 6:
        raise PassphraseRefused("This is little more than your own name. Choose another.")


def normal(passphrase: str) -> str:
    """One spelling for what looks the same, whatever keyboard it was typed on (NFKC)."""
    return unicodedata.normalize("NFKC", passphrase)


def hashed(passphrase: str) -> str:
    """What is kept of a passphrase: argon2id's own text, with salt and costs."""
    return HASHER.hash(normal(passphrase))


def verify(kept: str | None, typed: str) -> bool:
    """Whether this is the passphrase; takes one verification of argon2 whoever it is for, or nobody at all.

    Args:
        kept: the hash on record; None holds what was typed against a hash that nothing matches.
        typed: what was typed; far too much of it is cut, and matches nothing.
    """
    nobody = _nobody(HASHER)
    try:
        right = HASHER.verify(kept or nobody, normal(typed[: MOST + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return right and kept is not None


def is_outdated(kept: str) -> bool:
    """Whether a hash was made at other costs than a new one would be."""
    return HASHER.check_needs_rehash(kept)


@functools.cache
def _nobody(hasher: PasswordHasher) -> str:
    """A hash at the costs of today, made once, for whoever has none."""
    return hasher.hash("nobody has this passphrase")


def _core(written: str) -> str:
    """Small letters and digits alone: what is left once blanks and signs are taken for what they are."""
    return "".join(each for each in written.casefold() if each.isalnum()) or written


def _is_repeated(core: str) -> bool:
    """Whether it is one piece of up to eight characters over and over."""
    return any(core == (core[:size] * len(core))[: len(core)] for size in range(1, min(8, len(core) // 2) + 1))


def _rest(core: str, words: tuple[str, ...]) -> int:
    """How many characters are left without these words, digits at either end, and rows of digits."""
    for word in sorted(words, key=len, reverse=True):
        core = core.replace(word, "")
    return len(core.strip("0123456789"))
