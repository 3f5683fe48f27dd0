"""A cloud whose host sees no folder of the control process: as on two machines."""


class HostApart:
    """Mixed into a Cloud. The host has a state folder of its own, which `state`/host leads to; of the control process it
    has the socket. `control_urls`: where it gets images; None for the control process itself, [] for nowhere."""

    def __init__(self, *arguments, control_urls=None, **named):
        super().__init__(*arguments, **named)
        self.host_state = self.folder / "apart"
        for part in ("control", "host"):
            (self.host_state / part).mkdir(parents=True)
        (self.host_state / "control" / "rpc.sock").symlink_to(self.state / "control" / "rpc.sock")
        self.state.mkdir()
        (self.state / "host").symlink_to(self.host_state / "host")
        urls = [self.url] if control_urls is None else control_urls
        self.settings["host.control_urls"] = "[" + ", ".join(f'"{url}"' for url in urls) + "]"

    def arguments(self, half):
        words = super().arguments(half)
        if half == "host":
            words[words.index("--state-dir") + 1] = str(self.host_state)
        return words

    def store(self):
        """Names in the image store."""
        return sorted(path.name for path in (self.state / "control" / "images").iterdir() if path.name != ".store")

    def left_on_host(self):
        """Files of transfers that haven't ended."""
        host = self.host_state / "host"
        return [str(path) for path in host.rglob("*")
                if path.suffix in (".download", ".part") or path.parent.name == "uploads"]
