"""Sends ``SET LOCAL laras.scope`` in front of the statements that need it, in the same message.

Several statements in one simple message are one transaction, also outside a transaction block; so the setting never
outlives the statement (or the open transaction), neither on a persistent connection nor behind a pooler, and costs no
round trip. It needs client-side binding and no prepared statements, which are Django's defaults.
"""

from __future__ import annotations

import time
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.postgresql import base, operations

from laras.core import wall

SETTING = "SET LOCAL laras.scope = "
# These touch no rows, and after an error nothing else may come before them.
MARKS = ("SAVEPOINT ", "ROLLBACK TO SAVEPOINT ", "RELEASE SAVEPOINT ")


class Cursor(base.Cursor):
    """Sends what the wall wants to hear before the statement, and skips its answer."""

    wrapper: DatabaseWrapper | None = None

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        if isinstance(query, str) and query.startswith(MARKS):
            return super().execute(query, params, **options)
        setting = self.wrapper.setting() if self.wrapper is not None else ""
        if not setting:
            return super().execute(query, params, **options)
        if not isinstance(query, str):  # composed by the schema's editor
            super().execute(setting, None)
            return super().execute(query, params, **options)
        super().execute(f"{setting}; {query}", params, **options)
        self.nextset()
        return self

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        setting = self.wrapper.setting() if self.wrapper is not None else ""
        if setting:  # its own message: many executions travel as a pipeline, which takes one statement each
            super().execute(setting, None)
        super().executemany(query, params_seq, **options)


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str | None:
        """The statement alone, as logs of statements and tests that count them expect it."""
        sent = super().last_executed_query(cursor, sql, params)
        return sent.partition("; ")[2] if sent and sent.startswith(SETTING) else sent


class DatabaseWrapper(base.DatabaseWrapper):
    """Remembers what the open transaction was last told."""

    ops_class = DatabaseOperations
    told: str | None = ""
    checked = 0.0
    prepared: dict[str, str]
    """Text of a statement -> its name on this connection (:mod:`laras.core.postgresql.prepared`)."""
    direct: bool | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Before it connects: the first statement of a process connects on its way, and has its scope by then.
        wall.standing = True

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        if params["cursor_factory"] is not base.Cursor or params.get("prepare_threshold") is not None:
            raise ImproperlyConfigured("the second wall needs client-side binding without prepared statements")
        params["cursor_factory"] = Cursor
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self.prepared, self.direct = {}, None
        return super().get_new_connection(conn_params)

    def keeps_statements(self) -> bool:
        """Whether what is prepared now is there in the next transaction: not behind a transaction pooler, which tells the
        client of another process than the one that answers."""
        if self.direct is None:
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.direct = cursor.fetchone()[0] == self.connection.info.backend_pid
        return self.direct

    def close_if_health_check_failed(self) -> None:
        """At most once a second: a question to the server in front of every request costs as much as one of its statements."""
        if time.monotonic() - self.checked < 1.0:
            self.health_check_done = True  # for this request: never in the middle of a transaction
        elif not self.health_check_done:
            super().close_if_health_check_failed()
            self.checked = time.monotonic()

    def create_cursor(self, name: str | None = None) -> Any:
        if name and not self.in_atomic_block:
            name = None  # a held cursor runs before its setting could; outside a transaction rows come at once
        cursor = super().create_cursor(name)
        if name:
            setting = self.setting()
            if setting:
                self.connection.execute(setting)
        else:
            cursor.wrapper = self
        return cursor

    def setting(self) -> str:
        """What must be sent before the next statement: empty when the transaction already knows."""
        wanted = wall.take()
        if not self.in_atomic_block:
            return f"{SETTING}'{wanted}'" if wanted else ""
        if wanted == self.told:
            return ""
        self.told = wanted
        return f"{SETTING}'{wanted}'"

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)
        self.told = None  # the setting went back with it, to we do not care what

    def _commit(self) -> Any:
        self.told = ""
        return super()._commit()

    def _rollback(self) -> Any:
        self.told = ""
        return super()._rollback()

    def _close(self) -> Any:
        self.told = ""
        return super()._close()
