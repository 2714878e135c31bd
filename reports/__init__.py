"""What people print or send."""
