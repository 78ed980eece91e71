"""The second wall: PostgreSQL itself shows and takes rows of the organisations only in whose scope a statement was asked.

The first wall (:mod:`laras.core.scope`) refuses a query that names no scope. What goes round it (raw SQL, joins, the base manager, a
foreign key followed from a row, a cascade) meets the policies that :func:`build` puts on every scoped table. They read the
setting ``laras.scope``, which the database backend (:mod:`laras.core.postgresql`) sends with each statement from three
sources, added together:

- the *ground*: where a request or a command works (``core.web``, ``core.api``, :func:`ground`);
- what the open unit of work opened: scopes of its queries, organisations where a right was required, the journal it writes;
- the scope of the statement's own queries. ``Scope.everything()`` lasts for one statement only.

Nothing opened, no rows. It is not a wall against whoever can run SQL of their own choice: they could send the setting too.
On SQLite, one laboratory's database, all of this does nothing. See ``docs/adr/0007-second-wall.md``.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connection

if TYPE_CHECKING:
    from laras.core.scope import Scope

# Set by the backend: where it is not in use, nothing is noted down.
standing = False

POLICY = "laras_scope"
EVERYTHING = "*"
REACH_LISTED = 1000
"""Up to so many reached organisations are listed once for a statement; beyond, each row is looked up in ``core_reach``."""


class _State(threading.local):
    ground: Scope | None = None
    opened: Scope | None = None
    statement: Scope | None = None
    in_unit = False
    text = ""


_state = _State()


def open_to(scope: Scope) -> None:
    """Let the statements of the open unit (outside one: the next statement) touch this scope's rows."""
    if not standing:
        return
    state = _state
    if state.in_unit and not scope.unlimited:
        opened = state.opened
        if opened is None:
            state.opened = scope
        elif scope.owners <= opened.owners and scope.offices <= opened.offices:
            return
        else:
            state.opened = opened | scope
        state.text = _text(state)
    else:
        state.statement = scope if state.statement is None else state.statement | scope


def take() -> str:
    """The value of ``laras.scope`` for the statement about to be sent; its own part is used up by this."""
    state = _state
    if state.statement is None:
        return state.text
    text = _text(state)
    state.statement = None
    return text


def _text(state: _State) -> str:
    """``*``, or the owners as an array, with the offices whose reach counts behind a slash: ``{...}/{...}``."""
    owners: set[object] = set()
    offices: set[object] = set()
    for scope in (state.ground, state.opened, state.statement):
        if scope is None:
            continue
        if scope.unlimited:
            return EVERYTHING
        owners |= scope.owners
        offices |= scope.offices
    if not owners and not offices:
        return ""
    text = "{" + ",".join(sorted(map(str, owners))) + "}"
    return text + "/{" + ",".join(sorted(map(str, offices))) + "}" if offices else text


def stand_on(scope: Scope | None) -> None:
    """Set the ground of this thread's request; ``None`` when it ends."""
    if not standing:
        return
    _state.ground = scope
    _state.statement = None
    _state.text = _text(_state)


@contextmanager
def ground(scope: Scope) -> Iterator[None]:
    """Work on another ground for a while: commands have no request, and a delivery works for its recipient."""
    before = _state.ground
    stand_on(scope)
    try:
        yield
    finally:
        stand_on(before)


def enter_unit() -> None:
    """A unit of work begins with the ground only."""
    _state.in_unit, _state.opened, _state.statement = True, None, None
    if standing:
        _state.text = _text(_state)


def leave_unit() -> None:
    _state.in_unit, _state.opened, _state.statement = False, None, None
    if standing:
        _state.text = _text(_state)


# --- Building it --------------------------------------------------------------------------------------------------------

FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION laras_owners() RETURNS uuid[] LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    setting text := current_setting('laras.scope', true);
    owners uuid[];
    reached uuid[];
BEGIN
    IF setting IS NULL OR setting = '' OR setting = '{EVERYTHING}' THEN RETURN NULL; END IF;
    IF position('/' in setting) = 0 THEN RETURN setting::uuid[]; END IF;
    owners := split_part(setting, '/', 1)::uuid[];
    SELECT array_agg(r.reached_id) INTO reached FROM (
        SELECT DISTINCT reached_id FROM core_reach
        WHERE office_id = ANY (split_part(setting, '/', 2)::uuid[]) LIMIT {REACH_LISTED + 1}
    ) r;
    IF cardinality(reached) > {REACH_LISTED} THEN RETURN owners; END IF;
    RETURN owners || reached;
END $$;
CREATE OR REPLACE FUNCTION laras_reaches(organisation uuid) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE
    setting text := current_setting('laras.scope', true);
BEGIN
    IF setting = '{EVERYTHING}' THEN RETURN true; END IF;
    IF setting IS NULL OR position('/' in setting) = 0 THEN RETURN false; END IF;
    RETURN EXISTS (
        SELECT 1 FROM core_reach
        WHERE reached_id = organisation AND office_id = ANY (split_part(setting, '/', 2)::uuid[])
    );
END $$;
"""

# The list is asked once for a statement (a sub-select), the function only for rows that are not on it. Written as plain
# conditions in place of the functions, planning alone took a tenth of a millisecond more for each statement.
OWNED = "{column} = ANY ((SELECT laras_owners())::uuid[]) OR laras_reaches({column})"
# What lies sealed beside an entry is seen by whom the entry is seen.
BESIDE = {"core_sealed": "EXISTS (SELECT 1 FROM core_journal_entry e WHERE e.id = entry_id)"}


def policies() -> dict[str, str]:
    """Table -> the condition of its policy: every model whose rows belong to one organisation, and what lies beside them."""
    owned = {
        model._meta.db_table: OWNED.format(
            column=model._meta.get_field(model.scope_field.removesuffix("_id")).column  # type: ignore[attr-defined]
        )
        for model in apps.get_models()
        if hasattr(model, "scope_field")
    }
    return owned | BESIDE


def build(application_role: str = "") -> None:
    """Put the policies on every scoped table, and give the role that serves its grants. Safe to run again."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(FUNCTIONS)
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = current_schema::regnamespace"
        )
        walled = {row[0] for row in cursor.fetchall()}
        cursor.execute(
            "SELECT c.relname, obj_description(p.oid, 'pg_policy') FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid "
            "WHERE p.polname = %s AND c.relnamespace = current_schema::regnamespace",
            [POLICY],
        )
        built = dict(cursor.fetchall())
        for table, condition in policies().items():
            mark = hashlib.sha256(condition.encode()).hexdigest()[:16]
            if table in walled and built.get(table) == mark:
                continue  # altering a table waits for everybody who reads it
            name = connection.ops.quote_name(table)
            cursor.execute(f"DROP POLICY IF EXISTS {POLICY} ON {name}")
            cursor.execute(f"CREATE POLICY {POLICY} ON {name} USING ({condition}) WITH CHECK ({condition})")
            cursor.execute(f"COMMENT ON POLICY {POLICY} ON {name} IS '{mark}'")
            cursor.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        if application_role:
            cursor.execute("SELECT current_schema")
            _grant(cursor, application_role, cursor.fetchone()[0])


def _grant(cursor: Any, role: str, schema: str) -> None:
    """What the serving role needs, and no more: it owns nothing, alters nothing and cannot touch written entries."""
    role, schema = connection.ops.quote_name(role), connection.ops.quote_name(schema)
    for statement in (
        f"GRANT USAGE ON SCHEMA {schema} TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON core_journal_entry FROM {role}",
        f"REVOKE DELETE, TRUNCATE ON core_sealed, core_journal_head FROM {role}",
        f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {role}",
    ):
        cursor.execute(statement)


def gap() -> str:
    """Why the second wall does not stand for the connected role: empty when it stands, or on SQLite."""
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone()[0]:
            return "superuser"
        cursor.execute(
            "SELECT c.relname, c.relrowsecurity, pg_has_role(current_user, c.relowner, 'USAGE'), "
            "EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = %s) "
            "FROM pg_class c WHERE c.relnamespace = current_schema::regnamespace AND c.relname = ANY (%s)",
            [POLICY, list(policies())],
        )
        rows = cursor.fetchall()
    if any(owner for _name, _on, owner, _policy in rows):
        return "owner"
    if len(rows) < len(policies()) or not all(on and policy for _name, on, _owner, policy in rows):
        return "missing"
    return ""
