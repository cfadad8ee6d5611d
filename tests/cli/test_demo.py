"""``fernet demo``: it prints where the page is, serves it, and ends on Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
import urllib.request

import pytest


@pytest.fixture
def process(model_file):
    pytest.importorskip("uvicorn", reason='no server is installed: "fernet-emotion[demo]"')
    process = subprocess.Popen(
        [sys.executable, "-m", "fernet.cli", "demo", "--model", str(model_file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def end(process):
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    assert errors.splitlines() == ["Ctrl-C ends it.", "Ended."]


def test_it_serves_a_page_until_ctrl_c(process):
    url = process.stdout.readline().strip()
    assert url.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(url, timeout=30) as page:
        assert b"Emotions in a photo" in page.read()
    end(process)


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
def test_a_system_s_or_container_s_signal_ends_it_as_ctrl_c_does(process):
    process.stdout.readline()
    assert process.stderr.readline() == "Ctrl-C ends it.\n"
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=30)[1] == "Ended.\n"
    assert process.returncode == 0


def test_clients_that_leave_are_not_told_of(process):
    url = process.stdout.readline().strip()
    host = url.removeprefix("http://").rstrip("/")
    name, port = host.split(":")
    lines = ["POST /recognize HTTP/1.1", f"Host: {host}", f"Origin: http://{host}"]
    head = "\r\n".join([*lines, "Content-Type: image/png", "Content-Length: 3", "", ""])
    for sent in ("", "POST", head, f"{head}no", f"{head}not"):
        for hurry in (False, True):
            with socket.create_connection((name, int(port)), timeout=30) as connection:
                connection.sendall(sent.encode())
                if hurry:  # a reset instead of an end
                    linger = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    with urllib.request.urlopen(url, timeout=30):
        pass
    end(process)


def test_ctrl_c_ends_it_while_a_photo_is_being_sent(process):
    url = process.stdout.readline().strip()
    host = url.removeprefix("http://").rstrip("/")
    name, port = host.split(":")
    lines = ["POST /recognize HTTP/1.1", f"Host: {host}", f"Origin: http://{host}"]
    head = "\r\n".join([*lines, "Content-Type: image/png", "Content-Length: 3", "", ""])
    with socket.create_connection((name, int(port)), timeout=30) as connection:
        connection.sendall(f"{head}no".encode())
        with urllib.request.urlopen(url, timeout=30):  # the server has come to the former, too
            pass
        end(process)
        assert b"has been ended" in connection.recv(10_000)


def test_without_a_server_the_extra_is_named(run, model_file, monkeypatch):
    monkeypatch.setitem(sys.modules, "starlette", None)

    result = run("demo", "--model", model_file)

    assert result.exit_code == 1
    assert "fernet-emotion[demo]" in result.stderr


def test_without_what_finds_faces_there_is_no_page(model_file):
    pytest.importorskip("uvicorn", reason='no server is installed: "fernet-emotion[demo]"')
    # A process of its own: what has found faces in this one finds them still.
    program = "import sys; sys.modules['cv2'] = None; from fernet.cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", program, "demo", "--model", str(model_file)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert result.returncode == 1
    assert "finding faces needs OpenCV" in result.stderr
    assert "fernet-emotion[faces]" in result.stderr
    assert result.stdout == ""


def test_a_model_that_is_none_is_named(run):
    result = run("demo", "--model", "nowhere.safetensors")

    assert result.exit_code == 2
    assert "nowhere.safetensors: no such file or directory" in result.stderr
