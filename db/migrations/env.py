"""What alembic runs: the migrations on the connection that db.migrations hands over."""

from alembic import context
from sqlmodel import SQLModel

from db import tables

connection = context.config.attributes["connection"]


def render_item(kind, item, autogen_context):
    """Write our own types as what they are in the database, so that an old migration needs no code of today."""
    if kind == "type" and isinstance(item, tables.UtcTime):
        return "whole_number"
    if kind == "type" and isinstance(item, tables.Day):
        return "sa.Integer()"
    if kind == "type" and item is tables.WholeNumber:
        return "whole_number"
    return False


context.configure(
    connection=connection, target_metadata=SQLModel.metadata, render_item=render_item, transactional_ddl=True
)
context.run_migrations()
