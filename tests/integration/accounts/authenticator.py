"""A passkey in software: answers options as a browser and its authenticator do."""

import json
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

ORIGIN = "http://localhost:3000"
USER_PRESENT = 0x01
USER_VERIFIED = 0x04
HAS_CREDENTIAL = 0x40
SYNCHRONISED = 0x08 | 0x10
# COSE: an EC2 key for ES256 on P-256.
COSE_KEY = {1: 2, 3: -7, -1: 1}


@dataclass
class Authenticator:
    """Holds one passkey; synchronised ones count no uses."""

    origin: str = ORIGIN
    is_verified: bool = True
    count: int = 0
    is_synchronised: bool = True
    credential_id: bytes = field(default_factory=lambda: token_bytes(16))
    user_handle: str = ""
    _key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.create`, as JSON."""
        self.user_handle = options["user"]["id"]
        numbers = self._key.public_key().public_numbers()
        cose = {**COSE_KEY, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id
        data = self._authenticator_data(options["rp"]["id"], HAS_CREDENTIAL)
        attestation = {
            "fmt": "none",
            "attStmt": {},
            "authData": data + attested + cbor2.dumps(cose),
        }
        response = {
            "clientDataJSON": self._client_data("webauthn.create", options),
            "attestationObject": bytes_to_base64url(cbor2.dumps(attestation)),
            "transports": ["internal", "hybrid", "unheard-of"],
        }
        return self._credential(response)

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """Answer `navigator.credentials.get`, as JSON."""
        self.count += not self.is_synchronised
        client_data = self._client_data("webauthn.get", options)
        data = self._authenticator_data(options["rpId"])
        signed = data + sha256(base64url_to_bytes(client_data)).digest()
        response = {
            "clientDataJSON": client_data,
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(self._key.sign(signed, ec.ECDSA(SHA256()))),
            "userHandle": self.user_handle,
        }
        return self._credential(response)

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        own_id = bytes_to_base64url(self.credential_id)
        return {"id": own_id, "rawId": own_id, "type": "public-key", "response": response}

    def _client_data(self, kind: str, options: dict[str, Any]) -> str:
        data = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return bytes_to_base64url(json.dumps(data).encode())

    def _authenticator_data(self, rp_id: str, flags: int = 0) -> bytes:
        flags |= USER_PRESENT
        flags |= USER_VERIFIED if self.is_verified else 0
        flags |= SYNCHRONISED if self.is_synchronised else 0
        return sha256(rp_id.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")
