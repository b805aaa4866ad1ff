"""Alembic's entry for developers, for `alembic revision --autogenerate` with an ini file that names this folder.

Trackwarden itself runs the migrations through `monitor.history.opening.upgrade`, inside its own transaction.
"""

from alembic import context
from sqlalchemy import create_engine

from monitor.history.schema import metadata
from monitor.history.store import History

TARGET = (metadata, History)
"""The shape to compare with; the facade's import declares every record kind's table."""


def migrate(url: str) -> None:
    """Run the migrations that alembic's command asks for, on the database at `url`."""
    engine = create_engine(url, hide_parameters=True)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=TARGET[0])
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


if __name__ == "env_py":  # the name under which alembic loads this file
    migrate(str(context.config.get_main_option("sqlalchemy.url")))
