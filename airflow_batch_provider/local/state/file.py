"""The state file: an SQLite database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from airflow_batch_provider.local.start_error import StartError

APPLICATION_ID: Final = 0x41424C42
"""Tells a state file from other databases of SQLite."""

VERSION: Final = 2
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
EMPTIED: Final = ("resources", "definitions", "submissions", "jobs")

Statement = tuple[str, Iterable[tuple[Any, ...]]]
"""SQL and the rows to run it with."""


class StateFile:
    """
    One connection to a state file, held exclusively. It belongs to one account.

    :raises StartError: if the file is damaged, in use, or nothing that this version has written.
    """

    def __init__(self, path: Path, account_id: str) -> None:
        self._path = path
        self._account_id = account_id
        try:
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
            raise StartError(f"{self._path} is no state file of the local Batch; name another one.")
        elif version != VERSION:
            raise StartError(
                f"{self._path} has state of version {version}, and this program reads version {VERSION};"
                " delete the file or name another one."
            )
        execute("commit")
        (verdict,) = execute("pragma quick_check(1)").fetchone()
        if verdict != "ok":
            raise StartError(f"{self._path} is damaged ({verdict}); delete it or name another one.")
        self._check_account()

    def _check_account(self) -> None:
        self._database.execute("insert or ignore into facts values ('account_id', ?)", (self._account_id,))
        sql = "select value from facts where name = 'account_id'"
        (account_id,) = self._database.execute(sql).fetchone()
        if account_id != self._account_id:
            raise StartError(
                f"{self._path} has the state of account {account_id}, not of {self._account_id};"
                f" start with --account-id {account_id} or name another file."
            )

    def _explain(self, error: sqlite3.Error) -> str:
        text = str(error)
        if "locked" in text:
            return f"{self._path} is in use by another server; stop that one or name another file."
        if "not a database" in text:
            return f"{self._path} is no state file of the local Batch; name another one."
        return f"{self._path} cannot be used as state file ({text}); delete it or name another one."
