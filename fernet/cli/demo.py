"""``fernet demo``: a local page to try a model on."""

from __future__ import annotations

import click

from fernet.cli.commands import ExampleCommand
from fernet.cli.models import FOR_PHOTOS, HELP, METAVAR, MODEL, recognizer_of

__all__ = ["demo"]
__dir__ = __all__.copy


@click.command(
    cls=ExampleCommand,
    examples=("fernet demo", "fernet demo --model runs/mlp-1 --open"),
)
@click.option(
    "--model",
    default=FOR_PHOTOS,
    show_default=True,
    type=MODEL,
    metavar=METAVAR,
    help=HELP,
)
@click.option(
    "--detect/--no-detect",
    default=True,
    help="Look for faces (the default), or take each photo's middle square for one.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port of the page; by default any that is free.",
)
@click.option("--open", "opens", is_flag=True, help="Open the page in your browser.")
def demo(model: str, detect: bool, port: int, opens: bool) -> None:
    """Serve a page, on this computer alone, to try a model on photos or a camera.

    It shows the faces of a photo, the probability of each emotion, and a map of what the network
    looked at. Needs a server (pip install "fernet-emotion[demo]"). Ctrl-C ends it.
    """
    from fernet.cli.signals import ended_by_signals
    from fernet.demo import DemoServer

    server = DemoServer(recognizer_of(model, detect=detect), port)
    # From before whoever reads the address may send one: within uvicorn's start, an interruption
    # would leave its coroutines behind.
    with ended_by_signals(server.stop):
        click.echo(server.url)
        click.echo("Ctrl-C ends it.", err=True)
        if opens:
            click.launch(server.url)
        server.run()
    click.echo("Ended.", err=True)
