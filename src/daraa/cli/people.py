"""`daraa people`: the platform's own employees; the first admin of an installation is made here."""

import asyncio
import getpass
import json
import re
import sys

import typer

from daraa.cli.opened import opened
from daraa.collections.admin_profiles import AdminRole
from daraa.kernel.errors import DaraaError, register
from daraa.kernel.settings import Settings, load_settings
from daraa.market.assembly import opened_market
from daraa.market.profiles.staff_service import Employee, Staff

app = typer.Typer(no_args_is_help=True, add_completion=False)
JSON = typer.Option(False, "--json", help="One JSON object instead of lines.")
WORDS_INVALID = register("cli.people.invalid", status=400, en="This cannot be used", ar="القيم غير صالحة")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
LONGEST_NAME = 120


@app.command(name="create-admin")
def create_admin(
    phone: str = typer.Option(..., help="The telephone number in E.164 form, as in +963933123456."),
    name: str = typer.Option(..., help="The person's full name."),
    role: AdminRole = typer.Option(AdminRole.ADMIN, help="Gives the usual rights of such an admin."),
    as_json: bool = JSON,
) -> None:
    """Make an admin. The password is asked for, or read as one line from standard input; it is never an argument."""
    if not _PHONE.fullmatch(phone):
        raise DaraaError(WORDS_INVALID, "--phone is no number in E.164 form.", hint="Write it as +963933123456.")
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise DaraaError(WORDS_INVALID, "--name is no name.", hint=f"One line, at most {LONGEST_NAME} characters.")
    made = asyncio.run(_create(load_settings(), phone, name, _password(), role))
    if as_json:
        typer.echo(json.dumps(_row(made), ensure_ascii=False))
    else:
        rights = ", ".join(made.profile.permissions)
        typer.echo(f"{name} is {role.value} as {made.account.id}.\nRights: {rights}.")


@app.command(name="list")
def list_people(as_json: bool = JSON) -> None:
    """All active admins, the mightiest first."""
    found = asyncio.run(_list(load_settings()))
    if as_json:
        typer.echo(json.dumps({"admins": [_row(each) for each in found]}, ensure_ascii=False))
        return
    for each in found:
        typer.echo(
            f"{each.profile.role.value:<12} {each.account.status.value:<10} {each.account.phone:<16} "
            f"{each.account.id}  {each.account.full_name}"
        )
    typer.echo(f"{len(found)} admins.")


async def _create(settings: Settings, phone: str, name: str, password: str, role: AdminRole) -> Employee:
    async with opened(settings, "app") as mongo, opened_market(mongo, settings) as market:
        return await market.get(Staff).create_admin(phone, name, password, role)


async def _list(settings: Settings) -> list[Employee]:
    async with opened(settings, "app") as mongo, opened_market(mongo, settings) as market:
        return await market.get(Staff).list_admins()


def _password() -> str:
    """Typed twice and unseen at a terminal, else the first line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Once more: "):
        raise DaraaError(WORDS_INVALID, "The two passwords differ.", hint="Type the same twice.")
    return password


def _row(employee: Employee) -> dict[str, object]:
    account, profile = employee.account, employee.profile
    return {
        "account_id": account.id,
        "phone": account.phone,
        "name": account.full_name,
        "status": account.status.value,
        "role": profile.role.value,
        "permissions": list(profile.permissions),
    }
