"""Runs the numbered migrations, on the connection that `xiejiao.database` hands over or as SQL text."""

from alembic import context


def run() -> None:
    """Apply the migrations in one transaction each, so that an index can be built outside of one."""
    connection = context.config.attributes.get("connection")
    if connection is None:
        context.configure(dialect_name="postgresql", literal_binds=True, transaction_per_migration=True)
    else:
        context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


run()
