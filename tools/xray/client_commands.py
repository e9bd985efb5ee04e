"""``xray client``: who may use a service, on AWS or on this machine."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from service.caller import name_of_identity
from service.clients import ClientRemoved, InvalidName
from service.errors import Unavailable
from service.ports import NameTaken, VersionConflict
from xray import terminal
from xray.project import ProjectMissing
from xray.registry import ClientOf, NoSuchClient, Registry
from xray.up import running_cloud

clients = typer.Typer(
    help="Who may use a service: clients, their tokens, secrets and quotas.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="1 to 32 of a-z, 0-9 and '-'.")]
StackName = Annotated[
    str | None,
    typer.Option(
        envvar="XRAY_STACK",
        help="The deployed stack, by the usual variables and profiles of AWS; "
        "without it, that of 'xray up'.",
    ),
]
Overlap = Annotated[
    float, typer.Option(min=0, help="Hours for which the old one is good too; 0 ends it now.")
]


@clients.command()
def add(
    name: Name,
    tasks_per_minute: Annotated[int, typer.Option(min=1, help="Its quota.")] = 600,
    stack: StackName = None,
) -> None:
    """Let a new client in; its token and its secret are shown once."""
    with _registry(stack) as registry:
        given = registry.add(name, tasks_per_minute)
    print(f"token   {given.token}")
    print(f"secret  {given.secret}")
    terminal.console.print("Nobody can read the token again: hand both over now.")


@clients.command()
def rotate(
    name: Name,
    token: Annotated[bool, typer.Option("--token", help="A new token.")] = False,  # noqa: FBT002
    secret: Annotated[bool, typer.Option("--secret", help="A new secret.")] = False,  # noqa: FBT002
    overlap: Overlap = 24,
    stack: StackName = None,
) -> None:
    """Give a client a new token or a new secret, or both; each is shown once."""
    if not (token or secret):
        raise terminal.stop("say what: --token, --secret, or both")
    hours = timedelta(hours=overlap)
    with _registry(stack) as registry:
        if token:
            print(f"token   {registry.rotate_token(name, hours)}")
        if secret:
            print(f"secret  {registry.rotate_secret(name, hours)}")


@clients.command()
def identity(
    arn: Annotated[str, typer.Argument(help="Of a user or a role of AWS.")],
    overlap: Overlap = 24,
    stack: StackName = None,
) -> None:
    """Give an identity of AWS a secret; for a service that runs with AuthMode=AWS_IAM."""
    name = name_of_identity(arn)
    with _registry(stack) as registry:
        secret = registry.rotate_secret(name, timedelta(hours=overlap))
    print(f"client  {name}")
    print(f"secret  {secret}")


@clients.command(name="list")
def list_clients(stack: StackName = None) -> None:
    """Show every client that is or was."""
    table = Table(box=None, pad_edge=False)
    for heading in ("client", "films a minute", "tokens", "since", "removed"):
        table.add_column(heading)
    with _registry(stack) as registry:
        for one in registry.all():
            ended = f"{one.removed_at:%Y-%m-%d}" if one.removed_at else ""
            quota, tokens = str(one.tasks_per_minute), str(len(one.tokens))
            table.add_row(one.client, quota, tokens, f"{one.created_at:%Y-%m-%d}", ended)
    Console().print(table)


@clients.command()
def remove(name: Name, stack: StackName = None) -> None:
    """Let a client in no more; what was accepted is still read, delivered and signed."""
    with _registry(stack) as registry:
        registry.remove(name)
    terminal.console.print(f"{name} is removed; its token opens for a minute more at most")


@contextmanager
def _registry(stack: str | None) -> Iterator[Registry]:
    """The clients of a deployed service; whatever cannot be done is told in one line."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield _open(stack)
    except NoSuchClient as error:
        raise terminal.stop(f"no client is called {error}") from None
    except NameTaken as error:
        raise terminal.stop(f"{error} is, or was, a client: names are given once") from None
    except ClientRemoved as error:
        raise terminal.stop(f"{error} has been removed, and that is final") from None
    except VersionConflict as error:
        raise terminal.stop(f"somebody else has just changed {error}: look, and repeat") from None
    except (InvalidName, Unavailable, ClientError, BotoCoreError) as error:
        raise terminal.stop(str(error)) from None


def _open(stack: str | None) -> Registry:
    import boto3

    local = None if stack or os.environ.get("AWS_ENDPOINT_URL") else _running()
    if local:
        session: Any = boto3.session.Session(
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  # nosec B106 - the emulator's own
            region_name=local["region"],
        )
        endpoint, name = local["endpointUrl"], local["stack"]
    else:
        session, endpoint, name = boto3.session.Session(), None, stack
    if name is None:
        raise terminal.stop("no service runs here: name a deployed stack with --stack")

    def client_of(service: str) -> Any:
        return session.client(service, endpoint_url=endpoint)

    return Registry(client_of, _outputs(client_of, name))


def _outputs(client_of: ClientOf, stack: str) -> dict[str, str]:
    [found] = client_of("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def _running() -> dict[str, Any] | None:
    try:
        return running_cloud()
    except ProjectMissing:
        return None
