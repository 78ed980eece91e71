"""Search keys compare byte by byte on PostgreSQL too, so that a range of an ordinary index is a prefix.

SQLite compares so by itself.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

KEYS = (
    ("partners_client", "search_name", 200),
    ("partners_practitioner", "search_name", 150),
)


def _collate(schema_editor: BaseDatabaseSchemaEditor, collation: str) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, column, length in KEYS:
        schema_editor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE varchar({length}) COLLATE {collation}")


def by_byte(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _collate(schema_editor, '"C"')


def by_default(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _collate(schema_editor, '"default"')


class Migration(migrations.Migration):
    dependencies = [("partners", "0001_initial")]
    operations = [migrations.RunPython(by_byte, by_default)]
