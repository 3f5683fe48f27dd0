"""The control process's side of the RPC, for tests that say to a running host what no control process would."""
import json
import os
import socket
import struct

ANSWER_SECONDS = 300  # many times what it takes: a machine may be slow


class Impostor:
    """Takes the place of a control process that does not run, on the socket."""

    def __init__(self, cloud):
        cloud.settings.pop("rpc.url", None)
        folder = cloud.state / "control"
        folder.mkdir(parents=True, exist_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / "rpc.sock"))
        self.listener.listen()
        self.listener.settimeout(ANSWER_SECONDS)
        self.number = 0
        self.host = None

    def wait_for_host(self):
        self.host, _ = self.listener.accept()
        self.host.settimeout(ANSWER_SECONDS)
        hello = self.receive()
        self.send({"type": "welcome"})
        return hello

    def send(self, message):
        text = json.dumps(message).encode()
        self.host.sendall(struct.pack(">I", len(text)) + text)

    def read(self, size):
        data = b""
        while len(data) < size:
            piece = self.host.recv(size - len(data))
            assert piece, "the host has closed the connection"
            data += piece
        return data

    def receive(self):
        return json.loads(self.read(struct.unpack(">I", self.read(4))[0]))

    def call(self, method, params):
        """The whole reply: {"result": ...} or {"error": {code, message, detail}}."""
        self.number += 1
        command = f"{os.getpid()}-{self.number}"
        self.send({"type": "call", "id": command, "method": method, "request_id": "req-test", "params": params})
        while True:
            message = self.receive()
            if message.get("type") == "reply" and message.get("id") == command:
                return message

    def close(self):
        if self.host:
            self.host.close()
        self.listener.close()
