"""Bare twins of the desk's pages: as many elements of each kind, drawn from constants."""
