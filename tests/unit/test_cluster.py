"""What the manifests repeat of the program, and would be forgotten with a change of it."""

import re
import tomllib
from pathlib import Path

import pytest

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


def test_secrets_are_only_examples() -> None:
    names = {path.relative_to(K8S) for path in K8S.rglob("*secrets.env*")}
    assert Path("overlays/prod/secrets.env.example") in names
    assert "secrets.env" in (ROOT / ".gitignore").read_text().splitlines()
