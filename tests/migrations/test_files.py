"""Migrations are numbered files, and nothing else."""

from pathlib import Path

import pytest

from mindfleet.migrations.files import Store, migrations_of


def test_every_store_has_its_migrations() -> None:
    stores: list[Store] = ["postgres", "pgvector", "graph"]
    for store in stores:
        assert [migration.number for migration in migrations_of(store)][:1] == [1]


def test_a_migration_is_named_by_its_store_its_number_and_what_it_adds(tmp_path: Path) -> None:
    write(tmp_path, "postgres/0001_users.sql", "CREATE TABLE a ();")

    (migration,) = migrations_of("postgres", tmp_path)
    assert str(migration) == "postgres/0001_users"
    assert migration.text == "CREATE TABLE a ();"


def test_another_text_has_another_checksum(tmp_path: Path) -> None:
    write(tmp_path, "postgres/0001_users.sql", "CREATE TABLE a ();")
    write(tmp_path, "pgvector/0001_users.sql", "CREATE TABLE a (); ")

    assert migrations_of("postgres", tmp_path)[0].checksum != migrations_of("pgvector", tmp_path)[0].checksum


def test_cypher_is_split_where_a_statement_ends_a_line(tmp_path: Path) -> None:
    write(tmp_path, "graph/0001_x.cypher", "// one; of\nCREATE (a {t: 'a;b'});  \n\n// two\nCREATE (b)\nRETURN b;\n")

    (migration,) = migrations_of("graph", tmp_path)
    assert [statement.strip() for statement in migration.statements] == [
        "CREATE (a {t: 'a;b'})",
        "CREATE (b)\nRETURN b",
    ]


@pytest.mark.parametrize("names", [["0002_b.sql"], ["0001_a.sql", "0003_c.sql"], ["0001_a.sql", "0001_b.sql"]])
def test_numbers_without_an_order_are_refused(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        write(tmp_path, f"postgres/{name}", "SELECT 1;")

    with pytest.raises(ValueError, match="not numbered 1, 2, 3"):
        migrations_of("postgres", tmp_path)


def test_a_file_without_a_number_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "postgres/users.sql", "SELECT 1;")

    with pytest.raises(ValueError, match=r"name it 0001_what_it_adds\.sql"):
        migrations_of("postgres", tmp_path)


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
