"""Which part of a network learns in a training."""

from __future__ import annotations

from typing import Protocol

from fernet._engine.network import Network
from fernet._training.data_loader import DataLoader


class TrainedPart(Protocol):
    """A network of which all or some layers learn.

    Attributes
    ----------
    whole : Network
        All of it.
    network : Network
        The layers that learn.
    """

    @property
    def whole(self) -> Network:
        """All layers."""

    @property
    def network(self) -> Network:
        """The layers that learn."""

    def inputs(self, data: DataLoader) -> DataLoader:
        """Return data for the whole network as data for the layers that learn."""

    def join(self, learnt: Network) -> Network:
        """Return a copy of the whole network in which these layers have learnt.

        Parameters
        ----------
        learnt : Network
            A copy of `network` with other weights; it may become part of the result.
        """

    def put_back(self) -> None:
        """Leave in the whole network what `network` has learnt."""


class WholeNetwork:
    """All layers learn.

    Parameters
    ----------
    network : Network
        Its parameters are changed.
    """

    def __init__(self, network: Network) -> None:
        self.whole = self.network = network

    def inputs(self, data: DataLoader) -> DataLoader:
        return data

    def join(self, learnt: Network) -> Network:
        return learnt

    def put_back(self) -> None:
        """Do nothing: it is there."""
