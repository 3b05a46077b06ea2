"""The rule editor: rules read and written as forms, checked at once, compared and released."""

import re
from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from atoll_web.accounts.models import StateChange
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Configuration, ProductModel, Revision
from tests.lamps import LAMP, Lamps

SignIn = Callable[[str], Client]


class Form(HTMLParser):
    """The fields of the draft's form as a browser would send them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.area = self.select = ""
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        names = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.inside = names.get("id") == "draft"
        if not self.inside:
            return
        if tag == "input":
            self.fields[names["name"]] = names.get("value", "")
        if tag == "textarea":
            self.area, self.fields[names["name"]] = names["name"], ""
        if tag == "select":
            self.select = names["name"]
        if tag == "option" and "selected" in names:
            self.area = self.select
            self.fields[self.select] = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.fields[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag in {"textarea", "option"}:
            self.area = ""
        if tag == "form":
            self.inside = False


def text(response: Any) -> str:
    """The page's text without its tags, on one line."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())))


@pytest.fixture
def planner(company: Lamps, signed_in: SignIn) -> Client:
    return signed_in("planner")


def begin(client: Client) -> tuple[Revision, str]:
    """A draft made by the button, and its address."""
    response = client.post("/models/DL/drafts", {"revision": "A"})
    return Revision.objects.get(state="draft"), response["Location"]


def send(client: Client, address: str, **changes: str) -> Any:
    """Send the form of a draft with some fields changed; `__` stands for a point."""
    fields = Form(client.get(address).content.decode()).fields | {name.replace("__", "."): v for name, v in changes.items()}
    fields.setdefault("do", "save")
    return client.post(address, fields | {"do": changes.get("do", "save")})


def test_everybody_reads_rules_in_words_and_in_formal_form_with_what_the_checks_find(company: Lamps, signed_in: SignIn) -> None:
    response = signed_in("sales").get("/models/DL/rules")
    page = text(response)
    assert "The arm must carry the head." in page
    assert "head.weight <= arm.carries" in page
    assert "sound 120 valid configurations." in page  # 3 of 4 heads and arms, 2 dimmers, 4 extras, 5 cables
    assert "New draft" not in page
    assert signed_in("sales").post("/models/DL/drafts", {"revision": "A"}).status_code == 403
    assert Revision.objects.count() == 1


def test_packages_price_rules_volume_prices_and_currencies_are_shown_where_rules_are(company: Lamps, signed_in: SignIn) -> None:
    document = deepcopy(LAMP) | {
        "revision": "P",
        "packages": [{"name": "bright", "text": "Bright desk", "choices": {"head": "HEAD-L", "arm": "ARM-L"}, "price": 5}],
        "prices": [{"name": "spring", "amount": -3, "feature": "head", "option": "HEAD-L", "when": "arm = ARM-L"}],
        "volume_prices": [{"from_quantity": 10, "discount_percent": 4}],
        "currencies": [{"code": "CHF", "rate": "0.95", "rounding": "0.05"}],
    }
    planner = company.actor("planner")
    catalogue.draft_revision(actor=planner, document=document, valid_from=planner.today, source="test")
    for address in ("/models/DL?revision=P", "/models/DL/rules?revision=P"):
        page = text(signed_in("assembler").get(address))
        assert "Package: Bright desk for 5.00 EUR instead of the prices one by one arm ARM-L head HEAD-L" in page
        assert "spring: -3 EUR on head = HEAD-L when arm = ARM-L always" in page
        assert "From 10 units on: 4 % off" in page
        assert "In CHF: 0.95 for one EUR, rounded to 0.05" in page


def test_only_a_planner_opens_a_draft(company: Lamps, signed_in: SignIn) -> None:
    _, address = begin(signed_in("planner"))
    assert signed_in("buyer").get(address).status_code == 403
    assert signed_in("buyer").post(f"{address}/discard").status_code == 403


def test_a_new_draft_has_the_next_name_and_the_same_rules(planner: Client) -> None:
    draft, address = begin(planner)
    assert (draft.name, draft.document["rules"]) == ("B", Revision.objects.get(name="A").document["rules"])
    assert Form(planner.get(address).content.decode()).fields["rules.1.rule"] == "head.weight <= arm.carries"


@pytest.mark.parametrize(
    ("name", "following"),
    [("A", "B"), ("Z", "Z-2"), ("2026-1", "2026-2"), ("rev 09", "rev 10"), ("spring", "spring-2"), ("12B", "12C")],
)
def test_names_are_counted_on(name: str, following: str) -> None:
    assert next(catalogue._names_after(name)) == following


def test_a_changed_rule_is_saved_with_who_and_why(planner: Client, company: Lamps) -> None:
    draft, address = begin(planner)
    response = send(planner, address, rules__1__text="Heads need arms.", reason="Sales asked for clearer words")
    assert response["Location"] == address
    draft.refresh_from_db()
    assert draft.document["rules"][0]["text"] == "Heads need arms."
    page = text(planner.get(address))
    assert "Planner (demo) document Sales asked for clearer words" in page
    assert "Planner (demo) begun" in page


def test_rows_are_added_and_removed_without_losing_what_was_typed(planner: Client) -> None:
    draft, address = begin(planner)
    fields = Form(planner.get(address).content.decode()).fields | {"rules.1.text": "typed"}
    added = planner.post(address, fields | {"add": "rules"})
    fields = Form(added.content.decode()).fields
    assert (fields["rules.1.text"], fields["rules.2.name"]) == ("typed", "")
    fields |= {"rules.2.name": "short", "rules.2.rule": "cable <= 3"}
    fields = Form(planner.post(address, fields | {"remove": "rules.1"}).content.decode()).fields
    assert [name for name in fields if name.endswith(".rule")] == ["rules.2.rule"]
    planner.post(address, fields | {"do": "save"})
    draft.refresh_from_db()
    assert [rule["name"] for rule in draft.document["rules"]] == ["short"]


def test_tables_examples_and_days_go_there_and_back(planner: Client) -> None:
    draft, address = begin(planner)
    send(
        planner,
        address,
        rules__1__valid_until="2027-01-01",
        tables__1__name="lengths",
        tables__1__features="head, cable",
        tables__1__sort="allowed",
        tables__1__rows="HEAD-S, 1..3\nHEAD-L, *\n",
        examples__1__name="all extras",
        examples__1__choices="extras = CLAMP, BULB\nengraving = For Ada",
        examples__1__valid="valid",
    )
    draft.refresh_from_db()
    assert draft.document["rules"][0]["valid_until"] == "2027-01-01"
    assert draft.document["tables"] == [
        {"name": "lengths", "text": "lengths", "features": ["head", "cable"], "allowed": [["HEAD-S", "1..3"], ["HEAD-L", "*"]]}
    ]
    choices = {"extras": ["CLAMP", "BULB"], "engraving": "For Ada"}
    assert draft.document["examples"] == [{"name": "all extras", "choices": choices, "valid": True}]
    before = draft.document
    send(planner, address)
    draft.refresh_from_db()
    assert draft.document == before


def test_a_rule_with_a_fault_is_told_at_its_place_with_line_and_column_and_nothing_is_lost(planner: Client) -> None:
    draft, address = begin(planner)
    response = send(
        planner, address, rules__1__rule="head.weight <=\n  <= 3", rules__2__name="other", rules__2__rule="colour = red"
    )
    assert response.status_code == 422
    page = response.content.decode()
    first = re.search(r'id="faults-rules-1">(.*?)</div>', page, re.DOTALL)
    second = re.search(r'id="faults-rules-2">(.*?)</div>', page, re.DOTALL)
    assert first
    assert "Line 2, column 3: expected" in first[1]
    assert second
    assert "colour" in second[1]
    fields = Form(page).fields
    assert fields["rules.1.rule"] == "head.weight <=\n  <= 3"
    assert fields["rules.2.rule"] == "colour = red"
    draft.refresh_from_db()
    assert draft.document["rules"][0]["rule"] == "head.weight <= arm.carries"


def test_each_change_is_checked_at_once_and_nothing_is_saved(planner: Client) -> None:
    draft, address = begin(planner)
    fields = Form(planner.get(address).content.decode()).fields
    fields |= {"rules.1.rule": "head = HEAD-S", "rules.2.name": "same", "rules.2.rule": "not head = HEAD-L"}
    response = planner.post(f"{address}/check", fields, headers={"HX-Request": "true"})
    page = text(response)
    assert "<html" not in response.content.decode()
    assert "cannot be released 80 valid configurations." in page
    assert "Head Large head can never be chosen because of “same”" in page
    assert "“same” can be left out: it follows from “The arm must carry the head”" in page
    wrong = planner.post(f"{address}/check", fields | {"rules.1.rule": "head ="}, headers={"HX-Request": "true"})
    assert re.search(r'id="faults-rules-1" hx-swap-oob="innerHTML">.*?Line 1, column 7', wrong.content.decode(), re.DOTALL)
    assert "cannot be read 1 fault" in text(wrong)
    draft.refresh_from_db()
    assert draft.document["rules"][0]["rule"] == "head.weight <= arm.carries"


def test_a_broken_rule_set_cannot_be_released_and_what_was_typed_is_saved_in_the_draft(planner: Client) -> None:
    draft, address = begin(planner)
    response = send(planner, address, rules__2__name="none", rules__2__rule="head = HEAD-L and arm = ARM-S", do="release")
    assert response.status_code == 422
    assert "cannot be released: Nothing can be configured" in text(response)
    draft.refresh_from_db()
    assert (draft.state, len(draft.document["rules"])) == ("draft", 2)


def test_a_broken_example_blocks_the_release(planner: Client) -> None:
    draft, address = begin(planner)
    example = {"examples__1__name": "big", "examples__1__choices": "head = HEAD-L\narm = ARM-S", "examples__1__valid": "valid"}
    assert "The example “big” must stay valid" in text(send(planner, address, do="release", **example))
    assert send(planner, address, do="release", examples__1__valid="invalid").status_code == 302
    draft.refresh_from_db()
    assert draft.state == "released"


def test_a_release_begins_on_its_day_and_running_orders_keep_their_revision(planner: Client, company: Lamps) -> None:
    line = company.order(1, head="HEAD-L", arm="ARM-L").lines.get()
    _, address = begin(planner)
    day = company.today + timedelta(days=7)
    response = send(
        planner, address, rules__2__name="n", rules__2__rule="arm = ARM-L -> dimmer = DIMMER", valid_from=day.isoformat(),
        do="release", reason="Strong arms flicker",
    )  # fmt: skip
    assert response["Location"] == "/models/DL/rules"
    old, new = Revision.objects.order_by("name")
    assert (old.valid_until, new.valid_from, new.state) == (day, day, "released")
    assert catalogue.orderable_revision("DL", company.today) == old
    assert catalogue.orderable_revision("DL", day) == new
    line.refresh_from_db()
    assert line.configuration.revision == old
    change = StateChange.objects.get(entity="catalogue_revision", entity_id=new.pk, to_state="released")
    assert (change.user.username, change.reason) == ("planner", "Strong arms flicker")
    assert planner.get(address)["Location"] == "/models/DL/rules?revision=B"
    assert send_release_of_released(planner, address).status_code == 302


def send_release_of_released(client: Client, address: str) -> Any:
    return client.post(address, {"do": "release"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "A"}, "DL has a revision A already"),
        ({"name": ""}, "`revision` is empty"),
        ({"valid_from": "soon"}, "“soon” is no date"),
        ({"valid_from": "2026-03-01", "do": "release"}, "which is before the business date 2026-03-02"),
        ({"rules__1__valid_from": "2026-04-01", "rules__1__valid_until": "2026-03-01"}, "Expected `valid_from` before"),
        ({"tables__1__name": "t", "tables__1__features": "head", "tables__1__rows": "HEAD-S, 1"}, "Expected 1 cells"),
        ({"examples__1__name": "e", "examples__1__choices": "colour = red"}, "There is no feature `colour`"),
        ({"digest": "0"}, "Somebody else has changed DL B"),
    ],
)
def test_a_refused_draft_comes_back_with_the_reason(planner: Client, changes: dict[str, str], words: str) -> None:
    _, address = begin(planner)
    response = send(planner, address, **changes)
    assert response.status_code == 422
    assert words in text(response)
    fields = Form(response.content.decode()).fields
    assert all(fields[name.replace("__", ".")] == value for name, value in changes.items() if name not in {"do", "digest"})


def test_a_draft_is_discarded_with_the_reason(planner: Client) -> None:
    draft, address = begin(planner)
    planner.post(f"{address}/discard", {"reason": "Not this year"})
    change = StateChange.objects.get(entity="catalogue_revision", entity_id=draft.pk, to_state="obsolete")
    assert change.reason == "Not this year"
    assert planner.get(address).status_code == 302


def test_the_comparison_says_what_differs_and_what_becomes_of_open_orders(planner: Client, company: Lamps) -> None:
    company.order(1, head="HEAD-L", arm="ARM-L")
    company.order(2)
    _, address = begin(planner)
    send(planner, address, rules__2__name="n", rules__2__rule="arm = ARM-L -> dimmer = DIMMER")
    page = text(planner.get("/models/DL/compare?before=A&after=B"))
    assert "80 valid configurations instead of 120: 0 won, 40 lost." in page
    assert "rule n rule added – arm = ARM-L -> dimmer = DIMMER" in page
    orders = text(planner.get("/models/DL/compare/orders?before=A&after=B"))
    assert "1 of 2 open order lines could no longer be ordered like this under B. They keep their own revision." in orders
    assert "SO-" in orders


def test_the_whole_document_is_downloaded_and_sent_back(planner: Client) -> None:
    draft, address = begin(planner)
    toml = planner.get("/models/DL.toml?revision=B")
    assert toml["Content-Disposition"] == 'attachment; filename="dl-b.toml"'
    changed = toml.content.decode().replace("The arm must carry the head.", "Arms carry heads.")
    file = SimpleUploadedFile("dl.toml", b"\xef\xbb\xbf" + changed.encode())
    assert planner.post(f"{address}/document", {"file": file, "reason": "by file"})["Location"] == address
    draft.refresh_from_db()
    assert draft.document["rules"][0]["text"] == "Arms carry heads."
    as_json = planner.get("/models/DL.json?revision=A").content.decode().replace('"revision": "A"', '"revision": "B"')
    assert planner.post(f"{address}/document", {"text": as_json})["Location"] == address
    draft.refresh_from_db()
    assert draft.document["rules"][0]["text"] == "The arm must carry the head."


def test_all_faults_of_a_document_are_told_at_once_and_the_text_comes_back(planner: Client) -> None:
    _, address = begin(planner)
    sent = (
        'code = "DL"\nname = "<b>Lamp</b>"\nend_item = "LAMPE"\nrevision = "B"\nbase_price = -1\ncurrency = "EUR"\ncolour = 3\n'
    )
    response = planner.post(f"{address}/document", {"text": sent})
    assert response.status_code == 422
    page = text(response)
    for words in (
        "3 faults",
        "`colour` is not known",
        "Expected `base_price` >= 0",
        "There is no item `LAMPE`. Did you mean `LAMP`?",
    ):
        assert words in page
    assert sent in unescape(response.content.decode())
    assert "<b>Lamp" not in response.content.decode()


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("code = ", "This is no TOML"),
        ('{"code": ', "This is no JSON"),
        ("[" * 5000, "This is no TOML"),
        ('{"a":' * 20000, "This is no JSON"),
        (
            'code = "OTHER"\nname = "x"\nend_item = "LAMP"\nrevision = "B"\nbase_price = 1\ncurrency = "EUR"',
            "is of the product model OTHER",
        ),
        ('code = "D\\u0000L"', "character NUL"),
        ("", "`code` is missing"),
    ],
)
def test_a_text_that_is_no_document_of_the_model_is_refused_in_words(planner: Client, sent: str, words: str) -> None:
    _, address = begin(planner)
    response = planner.post(f"{address}/document", {"text": sent})
    assert response.status_code == 422
    assert words in text(response)


def test_a_file_that_is_no_text_or_too_large_is_refused(planner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    _, address = begin(planner)
    response = planner.post(f"{address}/document", {"file": SimpleUploadedFile("x.toml", b"a\n\xff")})
    assert "draft:2: The text is not UTF-8." in text(response)
    monkeypatch.setattr("atoll_web.catalogue.drafting.LARGEST_FILE", 10)
    response = planner.post(f"{address}/document", {"file": SimpleUploadedFile("x.toml", b"a" * 11)})
    assert "has more than 10 bytes" in text(response)


def test_a_new_product_model_begins_as_a_draft(planner: Client) -> None:
    document = deepcopy(LAMP) | {"code": "TWIN", "name": "Twin lamp", "end_item": "LAMP", "revision": "1"}
    taken = planner.post("/models/new", {"text": catalogue.document_text(document)})
    assert "The item LAMP is the end item of DL already" in text(taken)
    assert taken.status_code == 422
    planner.post("/models/new", {"text": catalogue.document_text(document | {"code": "DL", "revision": "B"})})
    assert Revision.objects.get(state="draft").name == "B"


def test_a_model_is_put_into_the_shop_and_taken_out(planner: Client) -> None:
    for shown in (True, False):
        planner.post("/models/DL/shop", {"shown": "1" if shown else "0"})
        assert ProductModel.objects.get().in_shop is shown


@pytest.mark.parametrize("path", ["/models/DL/rules", "/models/DL/compare?before=A&after=B", "{draft}", "{draft}/document"])
def test_no_page_asks_more_than_fifteen_queries(
    planner: Client, path: str, django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    _, address = begin(planner)
    with django_assert_max_num_queries(15):
        assert planner.get(path.format(draft=address)).status_code == 200


def test_a_revision_that_ends_is_cut_by_one_that_begins_within_it(planner: Client, company: Lamps) -> None:
    catalogue.end_model(actor=company.actor("planner"), product_model=ProductModel.objects.get(), on=date(2026, 12, 1))
    _, address = begin(planner)
    assert send(planner, address, do="release", valid_from="2026-06-01").status_code == 302
    assert Revision.objects.get(name="A").valid_until == date(2026, 6, 1)
    assert Configuration.objects.count() == 0
