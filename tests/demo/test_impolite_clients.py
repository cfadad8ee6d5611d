"""Clients that send slowly, send too much, or leave: real sockets against the real server."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
import time

import pytest
from PIL import Image

from fernet import EmotionRecognizer, FERMLPClassifier
from fernet.datasets import make_faces

pytest.importorskip("starlette", reason='no server is installed: "fernet-emotion[demo]"')
pytest.importorskip("uvicorn", reason='no server is installed: "fernet-emotion[demo]"')

from fernet.demo import DemoServer
from fernet.demo.uploads import MAX_BYTES, MAX_SUM_BYTES
from fernet.demo.worker import Worker

PATIENCE = 60  # seconds; what is waited for takes a few


@pytest.fixture(scope="module")
def recognizer():
    faces = make_faces(70, random_state=0)
    model = FERMLPClassifier((8,), max_iter=1, random_state=0).fit(faces.data, faces.target)
    return EmotionRecognizer(model)


@pytest.fixture
def server(recognizer):
    server = DemoServer(recognizer)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server
    server.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()


@pytest.fixture
def photo():
    file = io.BytesIO()
    Image.new("L", (48, 48)).save(file, "PNG")
    return file.getvalue()


def head(server, length: int) -> bytes:
    host = server.url.removeprefix("http://").rstrip("/")
    lines = [
        "POST /recognize HTTP/1.1",
        f"Host: {host}",
        f"Origin: http://{host}",
        "Content-Type: image/png",
        f"Content-Length: {length}",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def connect(server) -> socket.socket:
    name, port = server.url.removeprefix("http://").rstrip("/").split(":")
    return socket.create_connection((name, int(port)), timeout=PATIENCE)


def answer_of(connection) -> bytes:
    """Read until the server closes."""
    answer = b""
    with contextlib.suppress(OSError):
        while part := connection.recv(1 << 16):
            answer += part
    return answer


def ask(server, photo) -> bytes:
    with connect(server) as connection:
        connection.sendall(head(server, len(photo)) + photo)
        return answer_of(connection)


def test_a_photo_that_does_not_arrive_is_given_up(server, photo, monkeypatch):
    monkeypatch.setattr("fernet.demo.uploads.UPLOAD_SECONDS", 0.5)
    with connect(server) as connection:
        connection.sendall(head(server, len(photo)) + photo[:20])

        answer = answer_of(connection)

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"did not arrive within 0.5 seconds" in answer


def test_a_connection_without_a_request_ends(server, monkeypatch):
    monkeypatch.setattr("fernet.demo.connections.CONNECTION_SECONDS", 0.5)
    with connect(server) as silent, connect(server) as slow:
        slow.sendall(b"POST /recognize HTTP/1.1\r\n")

        assert answer_of(silent) == answer_of(slow) == b""


def test_a_connection_is_kept_while_its_photo_is_looked_at(server, photo, monkeypatch):
    monkeypatch.setattr("fernet.demo.connections.CONNECTION_SECONDS", 0.1)

    def take_long(*arguments):
        time.sleep(1)
        return {"faces": []}

    monkeypatch.setattr("fernet.demo.app.answer_for", take_long)

    assert ask(server, photo).startswith(b"HTTP/1.1 200 ")


def test_all_uploads_together_hold_no_more_than_allowed(server, photo):
    part = bytes(MAX_BYTES - 1)
    answers = []

    def send(connection):
        connection.sendall(head(server, MAX_BYTES))
        with contextlib.suppress(OSError):  # it may be refused in between
            connection.sendall(part)
        answers.append(answer_of(connection))

    connections = [connect(server) for _ in range(6)]
    threads = [threading.Thread(target=send, args=(one,)) for one in connections]
    for thread in threads:
        thread.start()
    try:
        # The others wait for their last byte.
        fit = MAX_SUM_BYTES // MAX_BYTES
        assert eventually(lambda: len(answers) >= len(connections) - fit)
        assert all(answer.startswith(b"HTTP/1.1 503 ") for answer in answers)
        assert all(b"too many photos" in answer for answer in answers)
        assert len(answers) < len(connections)
    finally:
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(PATIENCE)
        for connection in connections:
            connection.close()

    assert eventually(lambda: ask(server, photo).startswith(b"HTTP/1.1 200 "))


def test_what_nobody_waits_for_is_not_computed(server, photo, monkeypatch):
    may_end = threading.Event()
    looked_at, waiting, run = [], [], Worker.run

    async def counted(worker, request, work):
        waiting.append(request)
        try:
            return await run(worker, request, work)
        finally:
            waiting.remove(request)

    def look(recognizer, file, is_wanted):
        looked_at.append(is_wanted)
        may_end.wait(PATIENCE)
        return {"faces": []}

    monkeypatch.setattr(Worker, "run", counted)
    monkeypatch.setattr("fernet.demo.app.answer_for", look)
    connections = [connect(server) for _ in range(50)]
    try:
        for connection in connections:
            connection.sendall(head(server, len(photo)) + photo)
        assert eventually(lambda: len(waiting) == len(connections))
    finally:
        for connection in connections:
            connection.close()
    assert eventually(lambda: not waiting)
    assert not looked_at[0]()
    may_end.set()

    assert ask(server, photo).startswith(b"HTTP/1.1 200 ")
    # The first, that had begun, and the one that stayed.
    assert len(looked_at) == 2


def test_the_end_of_the_server_is_told_to_those_who_wait(recognizer, photo, monkeypatch, caplog):
    began, may_end = threading.Event(), threading.Event()

    def look(recognizer, file, is_wanted):
        began.set()
        may_end.wait(PATIENCE)
        return {"faces": []}

    monkeypatch.setattr("fernet.demo.app.answer_for", look)
    server = DemoServer(recognizer)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    with connect(server) as waiting, connect(server) as sending:
        waiting.sendall(head(server, len(photo)) + photo)
        sending.sendall(head(server, len(photo)) + photo[:20])
        assert began.wait(PATIENCE)
        server.stop()

        answers = [answer_of(waiting), answer_of(sending)]
        may_end.set()
    thread.join(PATIENCE)

    assert not thread.is_alive()
    for answer in answers:
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"has been ended" in answer
    assert caplog.records == []


def test_too_many_connections_are_told_so_and_the_page_comes_back(server, photo):
    with contextlib.ExitStack() as stack:
        for _ in range(70):
            stack.enter_context(connect(server))
        assert eventually(lambda: ask(server, photo).startswith(b"HTTP/1.1 503 "))

    assert eventually(lambda: ask(server, photo).startswith(b"HTTP/1.1 200 "))


def eventually(is_so) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.05)
    return False
