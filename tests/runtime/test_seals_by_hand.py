"""What `docs/door2/README.md` says of seals and signatures, done by nothing but standard means."""

import base64
import hashlib
import hmac
import json
from pathlib import Path

import builders as b
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from domain.canonical import canonical
from domain.commands import read_submission
from domain.personal import Personal, Sealed
from domain.vouching import ActorKind, TrustedFace
from ledger.vouching import wrong_with
from runtime.seals import FileKeys

STREAM, SUBJECT, TEXT = "harbour/issue-1", "p-1", "范例女士, 139-0000-0000"


def test_a_text_that_was_sealed_by_the_book_opens(tmp_path: Path) -> None:
    key = FileKeys(tmp_path).obtain(SUBJECT)
    name = hashlib.sha256(SUBJECT.encode()).hexdigest()[:40]
    kept = json.loads((tmp_path / f"{name}.key").read_text())
    secret = bytes.fromhex(kept["key"])

    def derived(over: bytes, said: bytes) -> bytes:
        return hmac.new(over, said, hashlib.sha256).digest()

    place = f'["closeout seal 1", "{STREAM}", "{SUBJECT}", "{kept["key_id"]}"]'.encode()
    plain = TEXT.encode()
    plain += bytes(-len(plain) % 64)
    nonce = derived(derived(secret, b"closeout seal 1 nonce"), place + plain)[:12]
    text = AESGCM(derived(secret, b"closeout seal 1 text")).encrypt(nonce, plain, place)
    sealed = {
        "subject": SUBJECT,
        "key_id": kept["key_id"],
        "nonce": base64.urlsafe_b64encode(nonce).decode(),
        "text": base64.urlsafe_b64encode(text).decode(),
    }

    assert key.seal(STREAM, Personal(subject=SUBJECT, text=TEXT)) == Sealed.model_validate(sealed)
    assert key.opened(STREAM, Sealed.model_validate(sealed)) == TEXT


def test_a_word_that_was_given_by_the_book_holds() -> None:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def plain_text(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    by = "face-" + hashlib.sha256(public).hexdigest()[:16]
    sent = b.submission(b.ACCEPT, b.HOTLINE, id_="a-1").model_dump(mode="json")
    sent["vouched"] = {"by": by, "principal": "service:hotline"}
    text = json.dumps(sent, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    sent["vouched"]["signature"] = plain_text(private.sign(text.encode()))

    submission = read_submission(canonical(sent))

    face = TrustedFace(key=plain_text(public), name="hotline", actors=(ActorKind.SERVICE,))
    assert submission.vouched is not None
    assert wrong_with(submission, submission.vouched, {face.id: face}, b.MON_9) is None
