"""The ``xray`` program."""

import typer

from xray.analyze import analyze
from xray.client_commands import clients
from xray.compare import compare
from xray.cost.command import cost
from xray.demo import demo
from xray.doctor import doctor
from xray.faults.command import faults, load
from xray.models_commands import evaluate, quantise, train
from xray.redrive import redrive
from xray.submit import submit
from xray.up import up
from xray.visualize import visualize

app = typer.Typer(
    help="Asynchronous inference for dental radiographs, whole on one machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (
    up,
    submit,
    demo,
    analyze,
    visualize,
    compare,
    evaluate,
    train,
    quantise,
    redrive,
    faults,
    load,
    cost,
    doctor,
):
    app.command()(command)
app.add_typer(clients, name="client")
