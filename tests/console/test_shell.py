"""The frame of the console: signing in, languages, looks, files, what is not there."""

import hashlib
import re
from pathlib import Path

from consoles import Console, require_well_formed

from console import templating
from console.registry import PAGES
from console.statics import static_files, vendored
from console.texts import texts

CONSOLE = Path(templating.__file__).parent
NAMED = re.compile(r"""\b(?:t|said)\(\s*["']([a-z0-9_]+\.[a-z0-9_]+)["']\s*(~?)""")


async def test_nobody_is_sent_to_sign_in_and_comes_back_to_where_they_were(
    console: Console,
) -> None:
    async with console.opened_as(None) as browser:
        answer = await browser.get("/console")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/console/sign-in?next=%2Fconsole"
        form = await browser.get(answer.headers["location"])
        assert form.status_code == 200
        require_well_formed(form.text)
        assert 'name="password"' in form.text


async def test_a_link_to_another_site_is_no_place_to_come_back_to(console: Console) -> None:
    async with console.opened_as("officer") as browser:
        for wanted in ("https://evil.example/", "//evil.example", "/console//evil.example", "/v1"):
            answer = await browser.get("/console/sign-in", params={"next": wanted})
            assert (answer.status_code, answer.headers["location"]) == (303, "/console")


async def test_every_page_forbids_scripts_of_others_and_inline_ones(console: Console) -> None:
    async with console.opened_as(None) as browser:
        answer = await browser.get("/console/sign-in")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


async def test_a_page_that_is_not_there_is_told_as_a_page(console: Console) -> None:
    async with console.opened_as("officer", language="zh") as browser:
        answer = await browser.get("/console/no/such/page")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    require_well_formed(answer.text)


async def test_the_language_that_was_chosen_holds_against_that_of_the_browser(
    console: Console,
) -> None:
    async with console.opened_as(None, language="en") as browser:
        took = await browser.post(
            "/console/language", data={"language": "zh"}, headers={"Origin": "http://closeout.test"}
        )
        assert took.status_code == 303
        cookie = took.headers["set-cookie"].partition(";")[0]
        answer = await browser.get("/console/sign-in", headers={"Cookie": cookie})
    assert 'lang="zh-CN"' in answer.text


async def test_files_are_kept_for_good_under_an_address_that_changes_with_them(
    console: Console,
) -> None:
    async with console.opened_as(None) as browser:
        page = (await browser.get("/console/sign-in")).text
        address = re.search(r'href="(/console/static/[^"]+\.css)"', page)
        assert address is not None
        answer = await browser.get(address[1])
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        stale = await browser.get("/console/static/0000000000000000/app.css")
        assert stale.status_code == 404


def test_vendored_files_are_those_that_came() -> None:
    kept = static_files()
    for name, sha256 in vendored().items():
        assert hashlib.sha256(kept[f"vendor/{name}"]).hexdigest() == sha256
    there = {name.removeprefix("vendor/") for name in kept if name.startswith("vendor/")}
    assert there == set(vendored())


def test_every_text_that_is_asked_for_is_there_in_both_languages() -> None:
    known = texts()
    for name, text in known.items():
        assert set(text) == {"zh", "en"}, name
        assert all(text.values()), name
        fields = [sorted(re.findall(r"{(\w*)}", text[each])) for each in ("zh", "en")]
        assert fields[0] == fields[1], name
    asked = {
        found
        for path in (*CONSOLE.rglob("*.html"), *CONSOLE.rglob("*.py"))
        for found in NAMED.findall(path.read_text(encoding="utf-8"))
    }
    missing = {
        name
        for name, goes_on in asked
        if not any(each.startswith(name) if goes_on else each == name for each in known)
    }
    assert missing == set()


def test_every_page_has_a_name_in_the_menu_and_a_template() -> None:
    for page in PAGES:
        assert (CONSOLE / "templates" / page.template).is_file(), page.name
        if page.menu is not None:
            assert f"menu.{page.name}" in texts(), page.name
