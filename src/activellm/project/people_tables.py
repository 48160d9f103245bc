"""Who may come in, their sessions, and what was revealed to them: the store's tables of people."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import ColumnElement, and_, delete, insert, select, update

from activellm.annotation.answering import now
from activellm.annotation.people import Person, Reveal
from activellm.project import schema
from activellm.project.database import Database


class PeopleTables:
    """The part of a store that knows people.

    Attributes:
        database: Where the tables are.
    """

    database: Database

    def people(self) -> list[Person]:
        """Everybody who was ever let in, in that order."""
        table = schema.person
        with self.database.read() as connection:
            rows = connection.execute(select(table).order_by(table.c.created, table.c.name))
            return [Person(**row) for row in rows.mappings()]

    def person(self, name: str) -> Person | None:
        """Somebody by name."""
        return self._person(schema.person.c.name == name)

    def person_by_secret(self, secret_hash: str) -> Person | None:
        """Whose secret has this hash; None if nobody's, or if they were revoked."""
        table = schema.person
        return self._person(and_(table.c.secret_hash == secret_hash, table.c.revoked.is_(None)))

    def put_person(self, person: Person) -> None:
        """Keep somebody, in place of what was known of them."""
        values = asdict(person)
        name = values.pop("name")
        statement = self.database.upsert(schema.person).values(name=name, **values)
        with self.database.begin() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["name"], set_=values)
            )

    def revoke(self, name: str, at: str) -> None:
        """Let somebody in no more, and end their sessions."""
        people, sessions = schema.person, schema.session
        with self.database.begin() as connection:
            connection.execute(update(people).where(people.c.name == name).values(revoked=at))
            connection.execute(delete(sessions).where(sessions.c.person == name))

    def open_session(self, secret_hash: str, person: str) -> None:
        """Remember a browser that came in."""
        values = {"secret_hash": secret_hash, "person": person, "created": now()}
        with self.database.begin() as connection:
            connection.execute(insert(schema.session).values(**values))

    def session_person(self, secret_hash: str) -> Person | None:
        """Whose session has this hash; None if nobody's, or if they were revoked."""
        table = schema.session
        named = select(table.c.person).where(table.c.secret_hash == secret_hash).scalar_subquery()
        return self._person(and_(schema.person.c.name == named, schema.person.c.revoked.is_(None)))

    def _person(self, which: ColumnElement[bool]) -> Person | None:
        with self.database.read() as connection:
            row = connection.execute(select(schema.person).where(which)).mappings().first()
        return None if row is None else Person(**row)

    def append_reveal(self, reveal: Reveal) -> bool:
        """Keep durably that a weak label was shown. False if its event is known already."""
        return self.database.append(schema.reveal, asdict(reveal))

    def reveals(self) -> list[Reveal]:
        """All reveals, in the order in which they arrived."""
        table = schema.reveal
        with self.database.read() as connection:
            rows = connection.execute(select(table).order_by(table.c.sequence)).mappings().all()
        return [Reveal(**{k: v for k, v in row.items() if k != "sequence"}) for row in rows]
