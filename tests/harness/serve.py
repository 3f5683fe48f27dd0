"""The cloud as users start it: `virga serve`, one parent and its two halves."""
import pathlib

from harness.cloud import Cloud


class ServedCloud(Cloud):
    """One process to start and stop; guests are its grandchildren, which it reaps."""

    def start(self, control_env=None, host_env=None):
        assert control_env is None and host_env is None, "both halves share the environment of the parent"
        self.launch()
        self.wait_ready()
        return self

    def launch(self):
        self.start_half("serve")

    def family(self):
        """Process ids: parent first, then the halves."""
        parent = self.processes["serve"].pid
        children = pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        guests = set(self.guest_processes())
        return [parent, *[int(pid) for pid in children if int(pid) not in guests]]
