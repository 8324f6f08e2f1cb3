"""The demo town's directory for the tests that talk about it: taken in once in a run, and laid down from a copy after.

To take it in costs most of a second, and hundreds of tests want it as it is at the same moment of their fixed clock.
"""

from datetime import datetime

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from gateway.directory import demo
from gateway.models import Row

TABLES = [table.name for table in Row.metadata.sorted_tables]  # whoever is referred to comes first
KEEP = f"""
DO $$
DECLARE name text; filled boolean;
BEGIN
  CREATE SCHEMA {{kept}};
  FOREACH name IN ARRAY ARRAY{TABLES} LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
    IF filled THEN EXECUTE format('CREATE TABLE {{kept}}.%I AS TABLE public.%I', name, name); END IF;
  END LOOP;
  CREATE TABLE {{kept}}."last ids" AS SELECT sequencename, last_value FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$
"""
LAY = f"""
DO $$
DECLARE name text; columns text;
BEGIN
  FOREACH name IN ARRAY ARRAY{TABLES} LOOP
    CONTINUE WHEN to_regclass(format('{{kept}}.%I', name)) IS NULL;
    SELECT string_agg(quote_ident(attname), ', ') INTO columns FROM pg_attribute
    WHERE attrelid = name::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    EXECUTE format('INSERT INTO public.%1$I (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM {{kept}}.%1$I',
      name, columns);
  END LOOP;
  PERFORM setval(sequencename::regclass, last_value) FROM {{kept}}."last ids";
END $$
"""


def forget(connection: Connection) -> None:
    """Drop every copy: for a test that takes migrations back, whose types the copies use."""
    for kept in connection.scalars(text("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'demo_town_')")):
        connection.execute(text(f"DROP SCHEMA {kept} CASCADE"))


def lay(session: Session, now: datetime) -> None:
    """Fill an empty store with what :func:`gateway.directory.demo.load_demo` makes of it at this moment."""
    kept = f"demo_town_{now.timestamp():.0f}"
    connection = session.connection()
    if connection.scalar(text("SELECT to_regnamespace(:name)"), {"name": kept}):
        connection.execute(text(LAY.format(kept=kept)))
        return
    demo.load_demo(session, now)
    session.flush()
    connection.execute(text(KEEP.format(kept=kept)))
