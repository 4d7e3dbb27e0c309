"""Throw-away environments for the clients, kept for a day in the user's temporary folder."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.clients.roster import Client

PROGRAMS = Path(__file__).parent / "programs"
FRESH_SECONDS = 24 * 3600
INSTALL_SECONDS = 600


class InstallError(RuntimeError):
    """A client could not be installed; the message is the installer's output."""


@dataclass(frozen=True)
class Environment:
    """One client's installation in `folder`."""

    client: Client
    folder: Path

    def prepare(self, *, upgrade: bool = False) -> None:
        """Install the newest versions unless that was done today. Raises `InstallError`."""
        stamp = self.folder / "installed"
        wanted = "\n".join(self.client.packages)
        recent = stamp.exists() and time.time() - stamp.stat().st_mtime < FRESH_SECONDS
        if recent and not upgrade and stamp.read_text(encoding="utf-8") == wanted:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for command in self._installers():
            _install(command)
        stamp.write_text(wanted, encoding="utf-8")

    def _installers(self) -> list[list[str]]:
        packages = list(self.client.packages)
        if self.client.kind == "python":
            venv = [sys.executable, "-m", "venv", str(self.folder)]
            return [venv, [str(self.folder / "bin" / "pip"), "install", "--quiet", *packages]]
        return [["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(self.folder), *packages]]

    @property
    def version(self) -> str:
        """The installed version of the client's first package."""
        name = re.match(r"@?[\w./-]+", self.client.packages[0])
        assert name is not None
        if self.client.kind == "node":
            manifest = self.folder / "node_modules" / name[0] / "package.json"
            return str(json.loads(manifest.read_text(encoding="utf-8"))["version"])
        program = f"from importlib.metadata import version; print(version({name[0]!r}))"
        return subprocess.check_output([str(self.folder / "bin" / "python"), "-c", program], text=True).strip()

    def command(self) -> list[str]:
        """How to run the client's program."""
        program = PROGRAMS / self.client.program
        if self.client.kind == "python":
            return [str(self.folder / "bin" / "python"), str(program)]
        if self.client.executable:
            return [sys.executable, str(program), str(self.folder / "node_modules" / ".bin" / self.client.executable)]
        # Node looks for packages beside the file it runs, so the program has to lie in the environment.
        for source in PROGRAMS.glob("*.mjs"):
            shutil.copy(source, self.folder)
        return ["node", str(self.folder / program.name)]


def _install(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except FileNotFoundError:
        raise InstallError(f"{command[0]} is not on this machine") from None
    except subprocess.TimeoutExpired:
        raise InstallError(f"gave up after {INSTALL_SECONDS} s: {' '.join(command)}") from None
    if done.returncode:
        raise InstallError(done.stdout + done.stderr)


def default_cache() -> Path:
    """Where installations are kept between runs."""
    return Path(tempfile.gettempdir()) / f"claudemock-clients-{os.getuid()}"
