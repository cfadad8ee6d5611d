"""Values of options that are more than a word or a number."""

from __future__ import annotations

import click
import pytest

from fernet.cli.train.types import (
    AugmentationName,
    ClassWeights,
    FilterGroups,
    LayerSizes,
)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (LayerSizes(), "512,256", (512, 256)),
        (LayerSizes(), [512, 256], (512, 256)),
        (LayerSizes(), 512, (512,)),
        (LayerSizes(), "none", ()),
        (LayerSizes(), [], ()),
        (FilterGroups(), "32x2,64x3", ((32, 2), (64, 3))),
        (FilterGroups(), [[32, 2], [64, 3]], ((32, 2), (64, 3))),
        (ClassWeights(), "balanced", "balanced"),
        (ClassWeights(), "none", "none"),
        (ClassWeights(), "disgust=3, happy=0.5", {"disgust": 3.0, "happy": 0.5}),
        (ClassWeights(), {"disgust": 3}, {"disgust": 3.0}),
        (AugmentationName(["none", "flip"]), "flip", "flip"),
        (AugmentationName(["none", "flip"]), {"shift": 2}, {"shift": 2}),
    ],
)
def test_text_and_toml_mean_the_same(kind, value, expected):
    assert kind.convert(value, None, None) == expected


def test_a_class_has_one_weight():
    with pytest.raises(click.BadParameter, match="has two weights for happy; expected one"):
        ClassWeights().convert("happy=3,happy=4", None, None)
    assert ClassWeights().convert("happy=3, happy=3.0", None, None) == {"happy": 3.0}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (LayerSizes(), "8,x"),
        (LayerSizes(), [8, -1]),
        (LayerSizes(), [8.5]),
        (LayerSizes(), [True]),
        (FilterGroups(), "32"),
        (FilterGroups(), "32x2x1"),
        (FilterGroups(), "32x0"),
        (FilterGroups(), "none"),
        (FilterGroups(), [[32, 2], 64]),
        (ClassWeights(), "heavy"),
        (ClassWeights(), "disgust=-1"),
        (ClassWeights(), "disgust=nan"),
        (ClassWeights(), "=1"),
        (ClassWeights(), ""),
        (ClassWeights(), {"disgust": [1]}),
        (AugmentationName(["none", "flip"]), "flop"),
        (AugmentationName(["none", "flip"]), [1]),
        (AugmentationName(["none", "flip"]), {"shift": -1}),
        (AugmentationName(["none", "flip"]), {"shft": 1}),
    ],
)
def test_what_makes_no_sense_is_refused(kind, value):
    with pytest.raises(click.BadParameter):
        kind.convert(value, None, None)
