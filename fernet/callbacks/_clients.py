"""What the loggers for other programs share: their client, the figures, and failures."""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fernet.callbacks.base import Callback

if TYPE_CHECKING:
    from fernet._training.trainer import Trainer


def name_run(given: str | None) -> str:
    """Return the name of a training: the user's, or one of the time and random letters."""
    if given is not None:
        return given
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def figures(epoch: dict[str, Any]) -> dict[str, float]:
    """Return what there is of an epoch's figures, without the numbers that it is counted by."""
    counted = ("epoch", "last_iteration")
    return {k: float(v) for k, v in epoch.items() if k not in counted and v is not None}


class ClientLogger(Callback):
    """Base of loggers that hand figures to another program's client.

    A subclass gives `_open`, `_log` and `_close`. What goes wrong before the first epoch is raised;
    afterwards a warning says so, and the training goes on without the log.
    """

    _client: Any = None

    def on_train_begin(self, trainer: Trainer) -> None:
        self._client = self._open(trainer)

    def on_epoch_end(self, trainer: Trainer) -> None:
        epoch = trainer.history.last_epoch()
        if self._client is not None and not self._managed(
            lambda: self._log(self._client, int(epoch["epoch"]), figures(epoch))
        ):
            self._client = None

    def on_train_end(self, trainer: Trainer) -> None:
        client, self._client = self._client, None
        if client is not None:
            self._managed(lambda: self._close(client))

    def __getstate__(self) -> dict[str, Any]:
        # A client has files and threads, which belong to one process.
        return self.__dict__ | {"_client": None}

    def _managed(self, work: Callable[[], object]) -> bool:
        """Tell whether something worked, and warn if it did not."""
        try:
            work()
        # Clients raise errors of many kinds, from their files and servers.
        except Exception as error:
            warnings.warn(
                f"the log of {type(self).__name__} ends here ({type(error).__name__}: {error})",
                UserWarning,
                stacklevel=2,
            )
            return False
        return True

    def _open(self, trainer: Trainer) -> Any:
        raise NotImplementedError

    def _log(self, client: Any, epoch: int, values: dict[str, float]) -> None:
        raise NotImplementedError

    def _close(self, client: Any) -> None:
        raise NotImplementedError
