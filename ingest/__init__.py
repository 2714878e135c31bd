"""Import files → checked records and bad rows."""
