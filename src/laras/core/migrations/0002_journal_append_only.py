"""The database itself refuses to change or delete journal entries, whoever asks."""

from django.db import migrations

SQLITE = {
    "forward": [
        "CREATE TRIGGER core_journal_entry_no_update BEFORE UPDATE ON core_journal_entry "
        "BEGIN SELECT RAISE(ABORT, 'journal entries are never changed'); END",
        "CREATE TRIGGER core_journal_entry_no_delete BEFORE DELETE ON core_journal_entry "
        "BEGIN SELECT RAISE(ABORT, 'journal entries are never deleted'); END",
    ],
    "backward": [
        "DROP TRIGGER IF EXISTS core_journal_entry_no_update",
        "DROP TRIGGER IF EXISTS core_journal_entry_no_delete",
    ],
}
POSTGRESQL = {
    "forward": [
        "CREATE FUNCTION core_journal_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'journal entries are never changed or deleted'; END $$",
        "CREATE TRIGGER core_journal_entry_append_only BEFORE UPDATE OR DELETE ON core_journal_entry "
        "FOR EACH ROW EXECUTE FUNCTION core_journal_refuse()",
    ],
    "backward": [
        "DROP TRIGGER core_journal_entry_append_only ON core_journal_entry",
        "DROP FUNCTION core_journal_refuse()",
    ],
}


def run(direction):
    def apply(apps, editor):
        statements = POSTGRESQL if editor.connection.vendor == "postgresql" else SQLITE
        for statement in statements[direction]:
            editor.execute(statement)

    return apply


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunPython(run("forward"), run("backward"))]
