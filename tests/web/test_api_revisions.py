"""Revisions over the API: read, check, draft, edit, discard, release, compare, and UVL."""

import tomllib
from copy import deepcopy

import pytest

from atoll.io.faults import Faults
from atoll.io.uvl import read_uvl
from tests.lamps import LAMP, MONDAY
from tests.web.conftest import Program

pytestmark = pytest.mark.django_db

A = "/models/DL/revisions/A"


@pytest.fixture
def planner(company):
    return Program("planner")


@pytest.fixture
def document(planner):
    return planner.get(A)["document"]


def put(program, path, body, expect=200):
    response = program.client.put(f"/api/v1{path}", body, content_type="application/json")
    assert response.status_code == expect, response.content
    return response.json()


def test_a_revision_is_read_as_json_and_as_toml(planner):
    found = planner.get(A)
    assert (found["model"], found["revision"], found["state"]) == ("DL", "A", "released")
    assert tomllib.loads(found["text"]) == found["document"]
    assert [row["revision"] for row in planner.get("/models/DL/revisions")] == ["A"]
    assert planner.get("/models/DL/revisions/Z", 404)["code"] == "not-found"


def test_a_sound_document_is_checked_with_the_number_of_its_configurations(planner, document):
    found = planner.post("/documents/check", {"document": document})
    assert found["can_be_released"]
    assert found["issues"] == []
    # head and arm: three of four; dimmer or not; at most two of two extras; one to five metres
    assert found["configurations"] == str(3 * 2 * 4 * 5)


def test_each_finding_names_its_smallest_set_of_rules(planner, document):
    document["rules"] += [
        {"name": "no large head", "text": "The large head is sold out.", "rule": "head != HEAD-L"},
        {"name": "idle", "text": "At least a metre.", "rule": "cable >= 1"},
    ]
    findings = planner.post("/documents/check", {"document": document})["findings"]
    dead = next(finding for finding in findings if finding["code"] == "dead-option")
    assert dead["blocks_release"]
    assert [rule["name"] for rule in dead["rules"]] == ["no large head"]
    assert dead["rules"][0]["text"] == "The large head is sold out."


def test_faults_of_a_document_are_told_all_at_once_and_those_of_a_text_with_the_line(planner, document):
    document["rules"][0]["rule"] = "head.weigth <= arm.carries"
    document["features"][0]["kind"] = "two"
    found = planner.post("/documents/check", {"document": document})
    assert not found["can_be_released"]
    assert {"unknown-attribute", "bad-value"} <= {issue["code"] for issue in found["issues"]}
    assert "line 2" in planner.post("/documents/check", {"text": "code = 'DL'\nname\nend = 1"}, 422)["message"]
    for body in ({}, {"text": "code = 'DL'", "document": {}}):
        assert planner.post("/documents/check", body, 422)["code"] == "one-document"


def test_a_draft_is_begun_edited_and_released_and_running_orders_keep_theirs(planner, company, document):
    order = company.order()
    draft = planner.post("/models/DL/drafts", {"revision": "A", "reason": "new prices"}, 201)
    assert (draft["revision"], draft["state"]) == ("B", "draft")
    path = "/models/DL/revisions/B"
    changed = document | {"revision": "B", "base_price": "65"}
    edited = put(planner, path, {"document": changed, "digest": draft["digest"]})
    assert edited["digest"] != draft["digest"]
    assert put(planner, path, {"document": changed, "digest": draft["digest"]}, 409)["code"] == "draft-changed"
    released = planner.post(f"{path}/release", {"valid_from": MONDAY.isoformat()})
    assert released["state"] == "released"
    assert planner.get("/models/DL")["revision"] == "B"
    assert order.lines.get().configuration.revision.name == "A"
    assert put(planner, path, {"document": changed}, 409)["code"] == "not-a-draft"


def test_a_draft_comes_from_a_text_and_is_discarded(planner, document):
    text = planner.get(A)["text"].replace('revision = "A"', 'revision = "X"')
    assert planner.post("/drafts", {"text": text}, 201)["revision"] == "X"
    assert planner.post("/drafts", {"text": text}, 409)["code"] == "revision-name-taken"
    assert planner.post("/models/DL/revisions/X/discard", {"reason": "a trial"})["state"] == "obsolete"
    assert planner.post("/models/DL/revisions/X/discard", {}, 409)["code"] == "not-a-draft"


def test_a_broken_draft_is_not_released(planner, document):
    broken = deepcopy(document) | {"revision": "N"}
    broken["rules"].append({"name": "never", "text": "Never.", "rule": "head = HEAD-S and head = HEAD-L"})
    planner.post("/drafts", {"document": broken}, 201)
    refused = planner.post("/models/DL/revisions/N/release", {}, 422)
    assert refused["code"] == "not-releasable"
    assert planner.get("/models/DL")["revision"] == "A"


def test_revisions_are_compared_with_what_was_won_and_lost(planner, document):
    later = deepcopy(document) | {"revision": "C", "rules": []}
    planner.post("/drafts", {"document": later}, 201)
    found = planner.get("/models/DL/compare", before="A", after="C")
    assert found["count"] == {"before": 120, "after": 160, "won": 40, "lost": 0}
    assert [(change["what"], change["sort"]) for change in found["changes"]] == [("rule", "removed")]


@pytest.mark.parametrize("path", ["/drafts", "/models/DL/drafts", f"{A}/release", f"{A}/discard"])
def test_only_who_keeps_the_catalogue_writes(company, path):
    body = {"revision": "A"} if path == "/models/DL/drafts" else {"document": LAMP} if path == "/drafts" else {}
    assert Program("sales").post(path, body, 403)["code"] == "not-allowed"


def test_a_revision_is_exported_as_uvl_with_what_that_cannot_say(planner, signed_in):
    found = planner.get(f"{A}/uvl")
    assert "product model DL: feature `engraving`" in [issue["source"] for issue in found["issues"]]
    faults = Faults()
    assert read_uvl(found["text"], "DL", "DL.uvl", faults) is not None
    assert faults.issues == []
    page = signed_in("sales").get("/models/DL.uvl?revision=A")
    assert page["Content-Disposition"] == 'attachment; filename="dl-a.uvl"'
    remarks, _, text = page.content.decode().partition("namespace")
    assert remarks.count("// product model DL: ") == len(found["issues"])
    assert found["text"] == f"namespace{text}"
    assert "/models/DL.uvl" in signed_in("sales").get("/models/DL").content.decode()
