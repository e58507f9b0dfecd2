"""`auzolan user`: accounts of those who work for the town."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.core.errors import Problem
from app.features import tables  # noqa: F401  (foreign keys need every table to be known)
from app.features.accounts import queries, services
from app.features.accounts.models import ROLES, Account
from app.settings import DatabaseSettings


@click.group()
def user() -> None:
    """Accounts: add, list, change a password, close."""


@user.command()
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), required=True)
@click.option("--service", "services_", multiple=True, metavar="SLUG", help="A service to work in; may be repeated.")
@click.option("--territory", metavar="SLUG", help="The account's town; else that of its services.")
@click.option("--name", default="", help="How colleagues see this person.")
@click.option("--language", type=click.Choice(["fr", "en", "eu"]), default="fr", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
def add(
    email: str,
    role: str,
    services_: tuple[str, ...],
    territory: str | None,
    name: str,
    language: str,
    password_stdin: bool,
) -> None:
    """Make an account."""
    password = _password(password_stdin)
    with _transaction() as session:
        account = services.add_account(
            session,
            email=email,
            password=password,
            role=role,
            name=name,
            territory=territory,
            services=services_,
            language=language,
        )
        line = queries.account_line(session, account_id=account.id)
    click.echo(f"{line.email}: {line.role}, {_reach(line)}")


@user.command("list")
@click.option("--territory", metavar="SLUG")
def list_accounts(territory: str | None) -> None:
    """Show every account."""
    with _transaction() as session:
        lines = queries.accounts(session, territory=territory)
    for line in lines:
        closed = "  (closed)" if line.disabled_at else ""
        click.echo(f"{line.email}  {line.role}  {_reach(line)}{closed}")
    if not lines:
        click.echo("No account yet: auzolan user add EMAIL --role administrator --password-stdin")


@user.command()
@click.argument("email")
def disable(email: str) -> None:
    """Close an account and end its sessions."""
    with _transaction() as session:
        services.disable_account(session, account=_account(session, email))
    click.echo(f"{email}: closed")


@user.command()
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of standard input.")
def password(email: str, password_stdin: bool) -> None:
    """Change a password and end the account's sessions."""
    fresh = _password(password_stdin)
    with _transaction() as session:
        services.set_password(session, account=_account(session, email), password=fresh)
    click.echo(f"{email}: password changed, sessions ended")


@contextmanager
def _transaction() -> Iterator[Session]:
    engine = create_engine(DatabaseSettings().url)
    try:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session
    except Problem as problem:
        raise click.ClickException(_sentence(problem)) from problem
    finally:
        engine.dispose()


def _sentence(problem: Problem) -> str:
    said = [error.message % error.params for error in problem.errors]
    return " ".join(said or [(problem.detail or problem.title) % problem.params])


def _password(from_stdin: bool) -> str:
    if from_stdin:
        try:
            # Read as bytes: the terminal's own encoding may let through what no hash can be made of.
            return sys.stdin.buffer.readline().decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise click.ClickException("The password on standard input is not UTF-8.") from error
    typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return typed


def _account(session: Session, email: str) -> Account:
    account = queries.account_by_email(session, email=email)
    if account is None:
        raise click.ClickException(f"No account has the address {email}.")
    return account


def _reach(line: queries.AccountLine) -> str:
    services_ = ", ".join(line.services)
    if line.role in ("agent", "manager"):
        return f"{services_ or 'no service yet (sees nothing)'} in {line.territory or 'no town'}"
    return line.territory or "the whole installation"
