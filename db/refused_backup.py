"""Why a backup is not taken, or not put back."""


class BackupRefused(Exception):
    """Nothing was backed up or restored; the text says why in words for a person."""
