"""An estimator stays as it was if fitting fails."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fernet.estimators.rollback import unchanged_on_error


def test_success_keeps_the_changes():
    model = SimpleNamespace(network_=1)
    with unchanged_on_error(model):
        model.network_ = 2
    assert model.network_ == 2


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_takes_fitted_attributes_back_and_leaves_the_others(error):
    model = SimpleNamespace(network_=1, gone_=1, max_iter=3, _seed=5)
    with pytest.raises(error), unchanged_on_error(model):
        del model.gone_
        model.network_ = model.new_ = model._seed = model._context = model.max_iter = 2
        raise error
    assert vars(model) == {"network_": 1, "gone_": 1, "_seed": 5, "max_iter": 2, "_context": 2}
