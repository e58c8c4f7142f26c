"""Nothing that we keep is a secret, or looks like one without a reason that stands here."""

import base64
import gzip
import hashlib
import math
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from deep import IN_CHECK
from house_tree import ROOT, files

FORMS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a key of Amazon's cloud": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a key of Alibaba's cloud": r"\bLTAI[0-9A-Za-z]{12,}\b",
    "a key of Tencent's cloud": r"\bAKID[0-9A-Za-z]{13,}\b",
    "a key of Google's cloud": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "a token of a forge": r"\b(?:gh[pousr]_[0-9A-Za-z]{36}|github_pat_\w{22,}|glpat-[\w-]{20,})",
    "a token of a registry": r"\b(?:npm_[0-9A-Za-z]{36}|pypi-AgEI[\w-]{20,})",
    "a token of a chat": r"\bxox[abeoprs]-[0-9A-Za-z-]{10,}",
    "a key of a bot": r"(?:webhook/send\?key=|access_token=|bot/v2/hook/)[0-9a-f][0-9a-f-]{31,}",
    "a key for payments": r"\b[rs]k_live_[0-9A-Za-z]{16,}",
    "a signed token": r"\beyJ[\w-]{16,}\.eyJ[\w-]{8,}\.[\w-]{16,}",
    "the secret of a web hook": r"\bwhsec_[0-9A-Za-z+/]{24,}",
    "a key of our API": r"\bck_[0-9A-Za-z_-]{20,}",
    "a password in an address": r"://[^/@:\s\"'`{}<>]+:([^/@\s\"'`{}<>]+)@",
    "a password": r"(?i)(?:password|passwd|secret|token|api_?key)\w*[\"']?\]?\s*[:=]\s*[\"']"
    r"(?=[^\"'\s{}]*[0-9])(?=[^\"'\s{}]*[a-z])([^\"'\s{}]{12,})[\"']",
}
"""How secrets look that say what they are; the group, or else the whole, is the secret."""
FOUND_BY = {name: re.compile(form) for name, form in FORMS.items()}
BEGINNINGS = {
    "a private key": ["-----BEGIN"],
    "a key of Amazon's cloud": ["AKIA", "ASIA"],
    "a key of Alibaba's cloud": ["LTAI"],
    "a key of Tencent's cloud": ["AKID"],
    "a key of Google's cloud": ["AIza"],
    "a token of a forge": ["gh", "glpat-"],
    "a token of a registry": ["npm_", "pypi-"],
    "a token of a chat": ["xox"],
    "a key of a bot": ["?key=", "access_token=", "/hook/"],
    "a key for payments": ["k_live_"],
    "a signed token": [".eyJ"],
    "the secret of a web hook": ["whsec_"],
    "a key of our API": ["ck_"],
    "a password in an address": ["://"],
    "a password": ["assw", "ASSW", "ecret", "ECRET", "oken", "OKEN", "key", "KEY", "Key"],
}
"""What a text must hold for it to be looked through: a search for a word takes next to no time."""

WORDS = re.compile(r"(?<![\w+/=.-])[0-9A-Za-z+/_-]{24,}={0,2}(?![\w+/=.-])")
RANDOM = "what looks drawn by lot"
HEX_DIGITS_MIN = 32
BITS_MIN = 4.3
"""A character, of those that are no hexadecimal digits: letters of names come to some 4, random
ones of that length to 4.5 and more."""
HEX_BITS_MIN = 3.3
DIGESTS = re.compile(r"\b[0-9a-f]{64}\b")

MADE_UP = {"x", "pw", "word", "secret", "password", "hidden", "hunter2", "s3same", "another"}
"""Words that stand for passwords, and are nobody's."""
EXAMPLES = {
    ("api/routes/inbox.py", "eGluZ2hlL0Ew"): "the mark of a page, which says a zone and a number",
    ("api/subscription_bodies.py", "whsec_C2FVsBQI"): "an example in the API's description",
    ("docs/howto/tell-people.md", "whsec_MDEyMzQ1"): "the digits from 0 to 9, again and again",
    ("docs/howto/use-temporal-directly.md", "C2CxqE85"): "a face's id, which is public",
    ("tests/runtime/test_face_keys.py", "-----BEGIN"): "four As in a frame, no key",
    ("tests/runtime/test_children_of_ours.py", "0123456789ab"): "counts, so as to be long enough",
    ("tests/runtime/test_channels_file.py", "whsec_hunter"): "what must not be told, and is no key",
    ("tests/domain/test_checkpoints.py", "AAECAwQFBgcI"): "the bytes from 0 on",
    ("runtime/postgres.py", "scram-sha-25"): "how passwords are kept, none itself",
}
"""What looks like a secret and is none: file, how it begins, why it stands there."""
DIGESTS_IN = {
    "tests/audit/test_published_figures.py": "pins of definitions",
    "tests/handbooks/test_calendar_versions.py": "pins of calendars",
}
"""Where SHA-256 sums of what is public may stand; everywhere else they are looked at twice."""
OF_OTHERS = ("requirements.lock", ".min.js", "swagger-ui-bundle.js", "swagger-ui.css", ".svg")
"""Sums and packed programs, random to look at: of these only what says what it is."""
RECORDS = (".json", ".jsonl", ".txt", ".csv", ".gz")
"""Recorded lives and sums, full of hashes: the same."""


@cache
def kept() -> tuple[Path, ...]:
    """Return what git keeps, or would with the next commit; without git every file of ours."""
    if not (ROOT / ".git").exists():
        return tuple(files())
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return tuple(Path(name) for name in listed if name and (ROOT / name).is_file())


def looks_like_secrets(text: str, *, at_random: bool) -> Iterator[tuple[str, str]]:
    """Yield what looks like a secret, and as what; `at_random`: also what only looks random."""
    for name, form in FOUND_BY.items():
        if not any(beginning in text for beginning in BEGINNINGS[name]):
            continue
        for match in form.finditer(text):
            said = match[match.lastindex or 0]
            if said not in MADE_UP:
                yield name, said
    if at_random:
        yield from ((RANDOM, word) for word in WORDS.findall(text) if is_random(word))


def is_random(word: str) -> bool:
    """Return whether nobody would have thought of a word."""
    counted = Counter(word)
    bits = -sum(n / len(word) * math.log2(n / len(word)) for n in counted.values())
    if re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", word):
        return len(word) >= HEX_DIGITS_MIN and bits > HEX_BITS_MIN
    kinds = [re.search(kind, word) for kind in ("[0-9]", "[a-z]", "[A-Z]")]
    return all(kinds) and bits > BITS_MIN and len(counted) < len(word)


def unexplained(path: Path, text: str) -> list[str]:
    """Return what looks like a secret in a file and stands in no list."""
    name = path.as_posix()
    if name in DIGESTS_IN:
        text = DIGESTS.sub("", text)
    at_random = not name.endswith((*OF_OTHERS, *RECORDS))
    reasons = [start for file, start in EXAMPLES if file == name]
    return [
        f"{name}: {kind}: {said[:12]}…"
        for kind, said in looks_like_secrets(text, at_random=at_random)
        if not said.startswith(tuple(reasons))
    ]


def test_nothing_that_is_kept_looks_like_a_secret() -> None:
    texts = {}
    for path in kept():
        content = (ROOT / path).read_bytes()
        if b"\0" not in content[:8000]:
            texts[path] = content.decode("utf-8", errors="replace")

    assert len(texts) > 1000
    assert [line for path, text in texts.items() for line in unexplained(path, text)] == []


@IN_CHECK
def test_nothing_that_is_packed_looks_like_a_secret() -> None:
    packed = [path for path in kept() if path.suffix == ".gz"]

    assert packed
    for path in packed:
        text = gzip.decompress((ROOT / path).read_bytes()).decode("utf-8", errors="replace")
        assert unexplained(path, text) == []


def test_each_reason_is_still_needed() -> None:
    for (name, start), reason in EXAMPLES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        found = [said for _, said in looks_like_secrets(text, at_random=True)]
        assert any(said.startswith(start) for said in found), f"{name}: {reason}"
    for name in DIGESTS_IN:
        assert DIGESTS.search((ROOT / name).read_text(encoding="utf-8")), name


def test_no_file_is_kept_whose_name_is_that_of_a_secret() -> None:
    named = re.compile(
        r"(?:^|/)(?:\.env(?:\..+)?|id_(?:rsa|dsa|ecdsa|ed25519)|.+\.(?:pem|key|p12|pfx|jks|kdbx))$"
    )

    assert [str(path) for path in kept() if named.search(path.as_posix())] == []


def drawn(length: int) -> str:
    """Return so many letters and digits without a pattern, the same each time."""
    sums = (hashlib.sha256(bytes([n])).digest() for n in range(8))
    return base64.b64encode(b"".join(sums), altchars=b"Qz").decode()[:length]


SAMPLES = {
    "a private key": "-----BEGIN EC " + "PRIVATE KEY-----",
    "a key of Amazon's cloud": "AKIA" + "QZ7" * 5 + "Q",
    "a key of Alibaba's cloud": "LTAI" + drawn(20),
    "a key of Tencent's cloud": "AKID" + drawn(32),
    "a key of Google's cloud": "AIza" + drawn(35),
    "a token of a forge": "ghp_" + drawn(36),
    "a token of a registry": "npm_" + drawn(36),
    "a token of a chat": "xoxb-" + drawn(24),
    "a key of a bot": "webhook/send?key=" + "693a91f6-7xxx".replace("x", "0") * 3,
    "a key for payments": "sk_live_" + drawn(24),
    "a signed token": "eyJ" + drawn(20) + ".eyJ" + drawn(40) + "." + drawn(43),
    "the secret of a web hook": "whsec_" + drawn(32),
    "a key of our API": "ck_" + drawn(43),
    "a password in an address": "smtp://me:" + "tr0ub4dor" + "@mail.example.org",
    "a password": "db_pass" + 'word = "c0rrect-horse-b4ttery"',
    RANDOM: f'"{drawn(40)}"',
}


@pytest.mark.parametrize("kind", [*FORMS, RANDOM])
def test_each_kind_of_secret_would_be_found(kind: str) -> None:
    text = f"first line\nvalue = {SAMPLES[kind]}\nlast line\n"

    assert kind in [found for found, _ in looks_like_secrets(text, at_random=True)]
    assert unexplained(Path("docs/anything.md"), text) != []


def test_a_sum_is_no_secret_only_where_sums_are_expected() -> None:
    line = f'PIN = "{hashlib.sha256(b"a definition").hexdigest()}"'

    assert unexplained(Path(next(iter(DIGESTS_IN))), line) == []
    assert unexplained(Path("desk/desk.py"), line) != []
