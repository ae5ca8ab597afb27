"""The one place that computes ports, addresses and secrets, and what every child gets of them."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cms.embedded.errors import EmbeddedError
from cms.embedded.object_storage import DEFAULT_PORTS, GRPC_OFFSET, HOST, Ports

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_CMS_PORT = 8000
DEFAULT_SITE_PORT = 8080
# Longest path of a Unix socket that every Linux takes, with some reserve (unix(7): 108).
LONGEST_SOCKET_PATH = 100
# What a shell may carry that must never reach the demo: credentials and settings of other systems.
FOREIGN_PREFIXES = (
    *("AWS_", "CLOUDFLARE_", "CLOUDFRONT_", "DJANGO_"),
    *("GRANIAN_", "SITE_PURGE_", "SITE_S3_", "SUPERVISOR_"),
)
FOREIGN_NAMES = frozenset({"DATABASE_URL", "MEDIA_PURGE_URL", "SECRET_KEY"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Where one demo keeps its state and where it listens; everything on 127.0.0.1."""

    state: Path
    cms_port: int = DEFAULT_CMS_PORT
    site_port: int = DEFAULT_SITE_PORT
    storage: Ports = DEFAULT_PORTS
    bucket_prefix: str = "policetube"

    @property
    def cms_url(self) -> str:
        return f"http://{HOST}:{self.cms_port}"

    @property
    def site_url(self) -> str:
        return f"http://{HOST}:{self.site_port}"

    @property
    def storage_url(self) -> str:
        return f"http://{HOST}:{self.storage.s3}"

    @property
    def media_url(self) -> str:
        return f"{self.storage_url}/{self.bucket_prefix}-media"

    @property
    def edge(self) -> Path:
        """Folder that the edge serves."""
        return self.state / "edge"

    @property
    def logs(self) -> Path:
        return self.state / "log"

    @property
    def run(self) -> Path:
        """What only a running demo needs: lock, sockets, generated configuration."""
        return self.state / "run"

    @property
    def socket(self) -> Path:
        """The supervisor's socket; in the system's temporary folder where our path is too long."""
        near = self.run / "supervisor.sock"
        if len(os.fsencode(near)) <= LONGEST_SOCKET_PATH:
            return near
        digest = sha256(os.fsencode(self.state)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"policetube-{digest}.sock"


def read_installation(environ: Mapping[str, str]) -> Installation:
    """The installation that the environment asks for; raise `bad-port`.

    The store's inner ports keep their distance to S3_PORT, so that one variable moves them all.
    """
    s3 = _port(environ, "S3_PORT", DEFAULT_PORTS.s3, GRPC_OFFSET)
    shift = s3 - DEFAULT_PORTS.s3
    return Installation(
        state=Path(environ.get("STATE_DIR") or ROOT / "var").expanduser().resolve(),
        cms_port=_port(environ, "CMS_PORT", DEFAULT_CMS_PORT),
        site_port=_port(environ, "SITE_PORT", DEFAULT_SITE_PORT),
        storage=Ports(
            s3=s3,
            master=_port(environ, "S3_MASTER_PORT", DEFAULT_PORTS.master + shift, GRPC_OFFSET),
            volume=_port(environ, "S3_VOLUME_PORT", DEFAULT_PORTS.volume + shift, GRPC_OFFSET),
            filer=_port(environ, "S3_FILER_PORT", DEFAULT_PORTS.filer + shift, GRPC_OFFSET),
            admin=_port(environ, "S3_ADMIN_PORT", DEFAULT_PORTS.admin + shift, GRPC_OFFSET),
        ),
        bucket_prefix=environ.get("S3_BUCKET_PREFIX") or "policetube",
    )


def _port(environ: Mapping[str, str], name: str, default: int, reserve: int = 0) -> int:
    """A port from the environment that leaves room for its twin `reserve` above it."""
    text = environ.get(name) or str(default)
    highest = 65_535 - reserve
    if text.isascii() and text.isdigit() and 1 <= int(text) <= highest:
        return int(text)
    raise EmbeddedError(
        "bad-port",
        indonesian=f"{name}={text} bukan nomor port yang dapat dipakai. "
        f"Pilih angka 1024 sampai {highest}, misalnya: make demo {name}={min(default, highest)}",
        english=f"{name}={text} is not a usable port. "
        f"Choose 1024 to {highest}, for example: make demo {name}={min(default, highest)}",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Generated once per installation; `repr` never shows them."""

    secret_key: str
    access_key: str
    secret_access_key: str

    def __repr__(self) -> str:
        return "Secrets(…)"


def load_secrets(state: Path) -> Secrets:
    """The secrets in `secrets.env` under `state`, generated with mode 600 if there are none."""
    path = state / "secrets.env"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return _write_secrets(path)
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    return Secrets(
        secret_key=values["SECRET_KEY"],
        access_key=values["AWS_ACCESS_KEY_ID"],
        secret_access_key=values["AWS_SECRET_ACCESS_KEY"],
    )


def _write_secrets(path: Path) -> Secrets:
    made = Secrets(
        secret_key=secrets.token_urlsafe(64),
        access_key="policetube",
        secret_access_key=secrets.token_urlsafe(32),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    half_written = path.with_suffix(".new")
    half_written.unlink(missing_ok=True)
    descriptor = os.open(half_written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(
            f"SECRET_KEY={made.secret_key}\n"
            f"AWS_ACCESS_KEY_ID={made.access_key}\n"
            f"AWS_SECRET_ACCESS_KEY={made.secret_access_key}\n"
        )
    half_written.replace(path)
    return made


def child_environment(
    installation: Installation, opened: Secrets, inherited: Mapping[str, str]
) -> dict[str, str]:
    """Everything a child process of the demo finds in its environment."""
    kept = {
        name: value
        for name, value in inherited.items()
        if not name.startswith(FOREIGN_PREFIXES) and name not in FOREIGN_NAMES
    }
    return kept | {
        "DJANGO_SETTINGS_MODULE": "cms.settings.embedded",
        "SECRET_KEY": opened.secret_key,
        "AWS_ACCESS_KEY_ID": opened.access_key,
        "AWS_SECRET_ACCESS_KEY": opened.secret_access_key,
        # Else boto3 asks the cloud's metadata address and the owner's own profile.
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "STATE_DIR": str(installation.state),
        "ALLOWED_HOSTS": f"{HOST},localhost",
        "CMS_BASE_URL": installation.cms_url,
        "SITE_BASE_URL": installation.site_url,
        "SITE_EDGE_URL": installation.site_url,
        "SITE_TARGETS": f"file:{installation.edge}",
        "S3_ENDPOINT_URL": installation.storage_url,
        "S3_REGION": "us-east-1",
        "S3_BUCKET_PREFIX": installation.bucket_prefix,
        "MEDIA_BASE_URL": installation.media_url,
        "MEDIA_CORS_ORIGINS": ",".join(
            f"http://{host}:{port}"
            for host in (HOST, "localhost")
            for port in (installation.site_port, installation.cms_port)
        ),
        "MEDIA_UPLOAD_ORIGINS": ",".join(
            f"http://{host}:{installation.cms_port}" for host in (HOST, "localhost")
        ),
        # Nothing here may be asked for through somebody's proxy.
        "NO_PROXY": _with_loopback(inherited.get("NO_PROXY") or inherited.get("no_proxy") or ""),
        "no_proxy": _with_loopback(inherited.get("no_proxy") or inherited.get("NO_PROXY") or ""),
        "PYTHONUNBUFFERED": "1",
        "PATH": os.pathsep.join(
            [str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)]
        ),
    }


def _with_loopback(hosts: str) -> str:
    return ",".join(filter(None, [hosts, HOST, "localhost"]))
