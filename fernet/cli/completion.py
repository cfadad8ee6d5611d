"""``fernet completion``: what a shell needs to complete fernet's commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from fernet.cli.commands import ExampleCommand

__all__ = ["completion"]
__dir__ = __all__.copy


@click.command(
    cls=ExampleCommand,
    examples=(
        "fernet completion bash > ~/.local/share/bash-completion/completions/fernet",
        "fernet completion zsh > ~/.zfunc/_fernet         (a folder of your fpath)",
        "fernet completion fish > ~/.config/fish/completions/fernet.fish",
    ),
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, /, shell: str) -> None:
    """Print the completion script for a shell."""
    script = get_completion_class(shell)
    if script is None:
        raise click.ClickException(f"click has no completion for {shell}")
    click.echo(script(ctx.find_root().command, {}, "fernet", "_FERNET_COMPLETE").source())
