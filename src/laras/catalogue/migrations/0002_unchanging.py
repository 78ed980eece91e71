"""The database itself refuses to change what was published. Removal is left to whole-database work (tests, restores):
the digest of a release shows it, see ``queries.is_intact``."""

from django.db import migrations

TABLES = ("catalogue_reference_release", "catalogue_reference_row")

SQLITE = {
    "forward": [
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'published reference data never changes'); END"
        for table in TABLES
    ],
    "backward": [f"DROP TRIGGER IF EXISTS {table}_no_update" for table in TABLES],
}
POSTGRESQL = {
    "forward": [
        "CREATE FUNCTION catalogue_refuse_update() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE EXCEPTION 'published reference data never changes'; END$$",
        *(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION catalogue_refuse_update()"
            for table in TABLES
        ),
    ],
    "backward": [
        *(f"DROP TRIGGER IF EXISTS {table}_no_update ON {table}" for table in TABLES),
        "DROP FUNCTION IF EXISTS catalogue_refuse_update()",
    ],
}


def _run(direction):
    def run(apps, editor):
        statements = SQLITE if editor.connection.vendor == "sqlite" else POSTGRESQL
        for statement in statements[direction]:
            editor.execute(statement)

    return run


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial")]
    operations = [migrations.RunPython(_run("forward"), _run("backward"))]
