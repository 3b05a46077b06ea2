"""What is found in a model before anybody orders it."""

import pytest

from atoll.configure import check, read_product_model


def findings(document, *rules):
    extra = [{"name": name, "rule": rule} | days for name, rule, days in rules]
    return check(read_product_model(document | {"rules": document["rules"] + extra}, {}))


def test_a_sound_model_has_no_findings(document):
    assert findings(document) == ()


@pytest.mark.parametrize(
    ("rule", "code", "text", "blocks", "because"),
    [
        ("cpu != i9", "dead-option", "Processor i9 can never be chosen because of “extra”.", True, ["extra"]),
        ("cpu != i9", "always-chosen", "Processor i5 is in every configuration because of “extra”.", False, ["extra"]),
        ("extras contains b", "always-chosen", "Extras B is in every configuration because of “extra”.", False, ["extra"]),
        ("fans >= 0", "never-binds", "“extra” never binds: what it asks holds anyway.", False, ["extra"]),
        ("board = b1 and cpu = i9", "no-configuration", "Nothing can be configured: the rules “The processor must fit the board”"
         " and “extra” contradict each other.", True, ["socket", "extra"]),
    ],
)  # fmt: skip
def test_each_finding_names_the_rules_that_bring_it_about(document, rule, code, text, blocks, because):
    found = [finding for finding in findings(document, ("extra", rule, {})) if finding.code == code]
    assert [(finding.text, finding.blocks_release) for finding in found] == [(text, blocks)]
    assert [rule.name for rule in found[0].rules] == because


def test_an_option_that_lives_on_some_days_is_not_dead(document):
    assert findings(document, ("extra", "cpu != i9", {"valid_from": "2026-03-01"})) == ()


def test_rules_of_different_days_do_not_contradict_each_other(document):
    early = ("early", "cpu = i5", {"valid_until": "2026-03-01"})
    late = ("late", "cpu = i9", {"valid_from": "2026-03-01"})
    assert findings(document, early, late) == ()
    both = findings(document, early, ("late", "cpu = i9", {"valid_from": "2026-02-28"}))
    assert [finding.code for finding in both] == ["no-configuration"]
