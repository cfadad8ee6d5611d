"""Trainings side by side where the system leaves no room for them."""

from __future__ import annotations

import multiprocessing
import pickle

import click
import joblib
import numpy as np
import pytest

from fernet.cli.sweep.candidates import Samples, lacks_processes, outcomes

FACES = np.zeros((4, 2304), np.uint8)
LABELS = np.arange(4) % 2
SAMPLES = Samples(FACES, LABELS, FACES, LABELS)


def test_nothing_is_said_of_trainings_one_by_one_or_where_there_can_be_several():
    assert lacks_processes(1) is lacks_processes(None) is lacks_processes(2) is None


def test_trainings_one_by_one_in_place_of_several_are_told_with_the_reason(monkeypatch):
    def full():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(joblib, "effective_n_jobs", lambda _: 1)
    monkeypatch.setattr(multiprocessing, "Lock", full)

    assert lacks_processes(2).endswith("/dev/shm on Linux: no space left on device")


def test_so_are_they_where_the_system_tells_nobody_which_processors_there_are(monkeypatch):
    def refused():
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(joblib, "cpu_count", refused)

    assert lacks_processes(2).endswith("which processors it may use: operation not permitted")
    assert lacks_processes(1) is None


def test_a_system_s_error_on_the_way_to_a_process_is_told_as_such(monkeypatch):
    def stumble(*_, **__):
        try:
            raise OSError(24, "Too many open files")
        finally:
            raise UnboundLocalError("child_r")

    monkeypatch.setattr(joblib, "Parallel", lambda **_: stumble)

    with pytest.raises(OSError, match="Too many open files"):
        list(outcomes("mlp", [{}], 0, SAMPLES, 2))


@pytest.fixture
def without_room(monkeypatch, request):
    """Have joblib fail to hand over the images, with a cause as a text."""

    def fail(*_, **__):
        raise pickle.PicklingError("Could not pickle the task") from RuntimeError(request.param)

    monkeypatch.setattr(joblib, "Parallel", lambda **_: fail)


FULL = '"\nTraceback:\n  write(chunk)\nOSError: [Errno 28] No space left on device\n"'


@pytest.mark.parametrize("without_room", [FULL], indirect=True)
def test_images_for_which_there_is_no_room_are_told_with_the_cure(without_room):
    with pytest.raises(click.ClickException, match=r"No space left.*JOBLIB_TEMP_FOLDER") as caught:
        list(outcomes("mlp", [{}], 0, SAMPLES, 2))

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("without_room", ["TypeError: cannot pickle"], indirect=True)
def test_what_can_not_be_handed_over_for_another_reason_stays(without_room):
    with pytest.raises(pickle.PicklingError, match="Could not pickle"):
        list(outcomes("mlp", [{}], 0, SAMPLES, 2))
