"""The state file: an SQLite database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from airflow_batch_provider.local.start_error import StartError

APPLICATION_ID: Final = 0x41424C42
"""Distinguishes state files from other SQLite databases."""

VERSION: Final = 3
"""Increases with every change of the schema or of the records' types and fields, which are stored by name."""
SCHEMA: Final = """
create table facts (name text primary key, value text not null) without rowid;
create table resources (
    region text, number integer, kind text not null, data text not null, tags text not null,
    is_alive integer not null, primary key (region, number)
) without rowid;
create table definitions (
    region text, name text, revision integer, status text not null, request text not null,
    tags text not null, primary key (region, name, revision)
) without rowid;
create table submissions (
    region text, root_id text, sequence integer not null, spec text not null, waits_for text not null,
    primary key (region, root_id)
) without rowid;
create table jobs (
    region text, root_id text, child integer, data text not null, stopped_at integer,
    primary key (region, root_id, child)
) without rowid;
create index ended on jobs (stopped_at) where child = -1 and stopped_at is not null;
"""
CLEARED_TABLES: Final = ("resources", "definitions", "submissions", "jobs")

Statement = tuple[str, Iterable[tuple[Any, ...]]]
"""SQL and the rows of its parameters."""


class StateFile:
    """
    An exclusive connection to a state file. A file belongs to one account.

    :raises StartError: if the file is damaged, in use, of another account or version, or not a state file.
    """

    def __init__(self, path: Path, account_id: str) -> None:
        self._path = path
        self._account_id = account_id
        try:
            # `isolation_level=None`: this class begins and commits transactions itself. The event loop opens
            # and reads the file, the journal's thread writes it.
            self._database = sqlite3.connect(path, timeout=0.5, isolation_level=None, check_same_thread=False)
            self._prepare()
        except sqlite3.Error as error:
            raise StartError(self._explain(error)) from error

    def read(self, sql: str) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._database.execute(sql)
        except sqlite3.Error as error:
            raise StartError(self._explain(error)) from error

    def write(self, statements: Iterable[Statement]) -> None:
        """Run statements in one transaction."""
        self._database.execute("begin")
        try:
            for sql, rows in statements:
                self._database.executemany(sql, rows)
        except BaseException:
            self._database.execute("rollback")
            raise
        self._database.execute("commit")

    def close(self) -> None:
        self._database.close()

    def _prepare(self) -> None:
        execute = self._database.execute
        execute("pragma locking_mode = exclusive")
        execute("pragma journal_mode = wal")
        # In WAL mode, `normal` cannot corrupt the file; only a power failure can lose its last transactions:
        # https://www.sqlite.org/pragma.html#pragma_synchronous
        execute("pragma synchronous = normal")
        execute("begin immediate")
        (application_id,) = execute("pragma application_id").fetchone()
        (version,) = execute("pragma user_version").fetchone()
        (objects,) = execute("select count(*) from sqlite_master").fetchone()
        if not objects and not application_id:
            for statement in SCHEMA.split(";"):
                execute(statement)
            execute(f"pragma application_id = {APPLICATION_ID}")
            execute(f"pragma user_version = {VERSION}")
        elif application_id != APPLICATION_ID:
            raise StartError(f"{self._path} is not a local Batch state file. Choose another file.")
        elif version != VERSION:
            raise StartError(
                f"{self._path} has format version {version}, but this program reads version {VERSION}."
                " Delete the file or choose another one."
            )
        execute("commit")
        (verdict,) = execute("pragma quick_check(1)").fetchone()
        if verdict != "ok":
            raise StartError(f"{self._path} is damaged ({verdict}). Delete the file or choose another one.")
        self._check_account()

    def _check_account(self) -> None:
        self._database.execute("insert or ignore into facts values ('account_id', ?)", (self._account_id,))
        sql = "select value from facts where name = 'account_id'"
        (account_id,) = self._database.execute(sql).fetchone()
        if account_id != self._account_id:
            raise StartError(
                f"{self._path} belongs to account {account_id}, not to {self._account_id}."
                f" Start with --account-id {account_id} or choose another file."
            )

    def _explain(self, error: sqlite3.Error) -> str:
        text = str(error)
        if "locked" in text:
            return f"{self._path} is in use by another server. Stop that server or choose another file."
        if "not a database" in text:
            return f"{self._path} is not a local Batch state file. Choose another file."
        return (
            f"Cannot open the state file {self._path} ({text}). Check that its folder exists and is "
            "writable, or "
            "choose another file."
        )
