"""Alembic's entry: runs the numbered migrations on the connection that ``gateway.schema`` hands over."""

from alembic import context

from gateway.models import Row

context.configure(connection=context.config.attributes["connection"], target_metadata=Row.metadata)
with context.begin_transaction():
    context.run_migrations()
