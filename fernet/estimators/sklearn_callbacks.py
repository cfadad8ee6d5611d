"""scikit-learn's callback protocol, where the installed version has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from fernet.callbacks import Callback

if TYPE_CHECKING:
    from fernet._training.trainer import Trainer

    _Method = TypeVar("_Method", bound=Callable[..., Any])

    class CallbackSupportMixin:
        """Gives estimators scikit-learn's callbacks."""

        def _init_callback_context(self, **kwargs: Any) -> Any: ...

    def with_callbacks(method: _Method) -> _Method:
        """Make a method that fits tell scikit-learn's callbacks of it."""
        return method

else:
    try:
        from sklearn.callback import CallbackSupportMixin, with_callbacks
    except ImportError:  # scikit-learn before 1.9

        class CallbackSupportMixin:
            """Stands for scikit-learn's mixin, which this version lacks."""

            def _init_callback_context(self, **kwargs):
                return None

        def with_callbacks(method):
            """Return the method as it is."""
            return method


__all__ = ["CallbackSupportMixin", "EpochTasks", "FitTask", "with_callbacks"]
__dir__ = __all__.copy


class FitTask:
    """The task "fit" of scikit-learn's callbacks, whether or not anyone listens.

    Parameters
    ----------
    estimator : estimator
        Which is being fitted.
    n_epochs : int
        Epochs at most, each a task within this one.
    data : dict
        Keyword arguments ``X``, ``y`` and ``metadata`` for the hooks.
    """

    def __init__(self, estimator: Any, n_epochs: int, data: dict[str, Any]) -> None:
        self.estimator = estimator
        self.data = data
        self.context = estimator._init_callback_context(max_subtasks=n_epochs)

    def begin(self) -> None:
        """Call the hooks for the beginning of fit."""
        if self.context is not None:
            self.context.call_on_fit_task_begin(estimator=self.estimator, **self.data)

    def end(self, fitted_attributes: dict[str, Any]) -> None:
        """Call the hooks for the end of fit.

        Parameters
        ----------
        fitted_attributes : dict
            Those that the estimator is about to have.
        """
        if self.context is not None:
            self.context.call_on_fit_task_end(
                estimator=self.estimator, reconstruction_attributes=fitted_attributes, **self.data
            )


class EpochTasks(Callback):
    """Tell scikit-learn's callbacks of each epoch, and stop if one asks to.

    Parameters
    ----------
    task : FitTask
        To which the epochs belong.
    fitted_attributes : callable
        Given the trainer, returns the attributes that the estimator would have if training
        stopped now.
    """

    def __init__(self, task: FitTask, fitted_attributes: Callable[[Trainer], dict]) -> None:
        self.task = task
        self.fitted_attributes = fitted_attributes
        self._epoch: Any = None

    def on_epoch_begin(self, trainer: Trainer) -> None:
        if self.task.context is not None:
            self._epoch = self.task.context.subcontext(task_name="epoch")
            self._epoch.call_on_fit_task_begin(estimator=self.task.estimator, **self.task.data)

    def on_epoch_end(self, trainer: Trainer) -> None:
        if self._epoch is not None and self._epoch.call_on_fit_task_end(
            estimator=self.task.estimator,
            reconstruction_attributes=lambda: self.fitted_attributes(trainer),
            **self.task.data,
        ):
            trainer.stop = True
