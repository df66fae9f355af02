"""Values that the manifests repeat from the program."""

import re
import tomllib
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ticketing_app.core.settings import Settings
from ticketing_app.devstack.stack import ROOT

ASSETS = sorted(path.name for path in (ROOT / "assets").iterdir() if path.name != "external")
K8S = ROOT / "k8s"


@pytest.mark.parametrize("file", ["base/ingress.yaml", "components/gateway-api/routes.yaml"])
@pytest.mark.parametrize("name", ["assets", *ASSETS])
def test_static_files_go_to_the_frontend(file: str, name: str) -> None:
    text = (K8S / file).read_text()
    assert any(f"/{name}{end}" in text for end in (",", "}")), f"{file} does not know /{name}"


def test_images_are_of_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    found = {
        line.rpartition(":")[2]
        for path in K8S.rglob("*.yaml")
        for line in path.read_text().splitlines()
        if "image: gittix-" in line
    }
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert found | set(re.findall(r"ARG VERSION=(.*)", dockerfile)) == {version}


def test_production_accepts_the_example_of_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    # Earlier tests may have started stand-ins, which set addresses in the environment.
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    env = read_env("base/settings.env") | read_env("overlays/prod/secrets.env.example")
    # The example leaves these to the operator.
    own = {
        "JWT_KEY": "k" * 32,
        "FILES_KEY": b64encode(b"k" * 32).decode(),
        "FINGERPRINT_KEY": "k" * 32,
        "OPERATOR_NAME": "x",
        "OPERATOR_ADDRESS": "x",
        "OPERATOR_EMAIL": "x@y",
    }
    assert [env[name] for name in own] == [""] * len(own)
    settings = {name.lower(): value for name, value in (env | own).items()}
    assert Settings.model_validate(settings).is_production


def test_stand_ins_require_the_passwords_of_their_addresses() -> None:
    env = read_env("overlays/dev/stand-ins.env")
    directive, _, password = env["VALKEY_CONFIG"].partition(" ")
    assert directive == "requirepass"
    for name in ("REDIS_URL", "REDIS_STATE_URL"):
        assert urlsplit(env[name]).password == password
    assert urlsplit(env["DATABASE_URL"]).password == env["POSTGRES_PASSWORD"]


@pytest.mark.parametrize("host", ["postgres", "valkey", "valkey-state"])
def test_the_development_cluster_may_reach_its_stand_ins(host: str) -> None:
    env = read_env("overlays/dev/stand-ins.env")
    assert host in {urlsplit(url).hostname for url in env.values() if "://" in url}
    overlay = K8S / "overlays/dev"
    assert f"  - {host}.yaml" in (overlay / "kustomization.yaml").read_text().splitlines()
    for policies in ("egress.yaml", "network-policies.yaml"):
        assert re.search(rf"component: {host}}}|[\[ ]{host}[,\]]", (overlay / policies).read_text())


def read_env(file: str) -> dict[str, str]:
    lines = (K8S / file).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line[:1] not in {"", "#"})


def test_secrets_are_only_examples() -> None:
    names = {path.relative_to(K8S) for path in K8S.rglob("*secrets.env*")}
    assert Path("overlays/prod/secrets.env.example") in names
    assert "secrets.env" in (ROOT / ".gitignore").read_text().splitlines()
