"""The database's own second eyes: nobody signs a result of which he entered any value, however it is written."""

from django.db import migrations

SQLITE_CONDITION = """
    (NEW.verified_by IS NOT NULL OR NEW.validated_by IS NOT NULL)
    AND EXISTS (
        SELECT 1 FROM bench_result_value
        WHERE result_id = NEW.id AND entered_by IN (NEW.verified_by, NEW.validated_by)
    )
"""

SQLITE = {
    "forward": [
        f"""
        CREATE TRIGGER bench_result_two_eyes_{verb} BEFORE {what} ON bench_result WHEN {SQLITE_CONDITION}
        BEGIN SELECT RAISE(ABORT, 'bench_result_two_eyes: this person entered a value of the result'); END
        """
        for verb, what in (("insert", "INSERT"), ("update", "UPDATE OF verified_by, validated_by"))
    ],
    "backward": ["DROP TRIGGER bench_result_two_eyes_insert", "DROP TRIGGER bench_result_two_eyes_update"],
}

POSTGRESQL = {
    "forward": [
        """
        CREATE FUNCTION bench_result_two_eyes() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT 1 FROM bench_result_value
                WHERE result_id = NEW.id AND entered_by IN (NEW.verified_by, NEW.validated_by)
            ) THEN
                RAISE EXCEPTION 'bench_result_two_eyes: this person entered a value of the result'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'bench_result_two_eyes';
            END IF;
            RETURN NEW;
        END $$
        """,
        """
        CREATE TRIGGER bench_result_two_eyes BEFORE INSERT OR UPDATE OF verified_by, validated_by ON bench_result
        FOR EACH ROW WHEN (NEW.verified_by IS NOT NULL OR NEW.validated_by IS NOT NULL)
        EXECUTE FUNCTION bench_result_two_eyes()
        """,
    ],
    "backward": [
        "DROP TRIGGER bench_result_two_eyes ON bench_result",
        "DROP FUNCTION bench_result_two_eyes()",
    ],
}


def _run(schema_editor, direction: str) -> None:
    statements = POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE
    for statement in statements[direction]:
        schema_editor.execute(statement)


def forward(apps, schema_editor) -> None:
    _run(schema_editor, "forward")


def backward(apps, schema_editor) -> None:
    _run(schema_editor, "backward")


class Migration(migrations.Migration):
    dependencies = [("bench", "0001_initial")]
    operations = [migrations.RunPython(forward, backward)]
