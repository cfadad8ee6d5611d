"""The ``fernet`` command.

Commands import scikit-learn and the rest when they run, so that ``fernet --help`` and shell
completion answer at once.
"""

from __future__ import annotations

import click

import fernet
from fernet.cli.audit import audit
from fernet.cli.commands import FernetGroup
from fernet.cli.completion import completion
from fernet.cli.crop.command import crop
from fernet.cli.demo import demo
from fernet.cli.evaluate.command import evaluate
from fernet.cli.export import export
from fernet.cli.info import info, show_config
from fernet.cli.predict.command import predict
from fernet.cli.sweep.command import sweep
from fernet.cli.train.command import train

__all__ = ["main"]
__dir__ = __all__.copy


def _show_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        click.echo(f"fernet, version {fernet.__version__}")
        ctx.exit()


@click.group(
    cls=FernetGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    examples=(
        "fernet train                         on drawn faces, without any download",
        "fernet train --data fer2013.csv      on real ones",
        "fernet predict photo.jpg             with a network that comes with fernet",
    ),
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
@click.option("--traceback", is_flag=True, help="Show where an error came from.")
def main(traceback: bool) -> None:
    """Recognise the emotion in faces: train, evaluate and use networks on the CPU.

    Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 failed, 2 wrong
    usage or input that can't be used, 3 done but for some unreadable images (predict and crop),
    130 interrupted by Ctrl-C. SIGTERM and SIGHUP, of a batch system, a container or a closed
    terminal, end a command as Ctrl-C does, with 143 and 129; train and sweep keep what was done.
    """


for command in (
    train,
    sweep,
    evaluate,
    predict,
    crop,
    demo,
    export,
    info,
    audit,
    show_config,
    completion,
):
    main.add_command(command)
