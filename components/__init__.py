"""Shows what it is given, never fetches."""
