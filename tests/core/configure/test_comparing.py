"""What differs between two revisions of a model."""

from hypothesis import given, settings

from atoll.configure import Configurator, Count, compare, count, counting, read_product_model, still_valid
from atoll.configure.compiled.circuit import Budget
from tests.core.configure.test_agreement import models


def read(document):
    return read_product_model(document, {})


def test_equal_revisions_do_not_differ(document):
    model = read(document)
    found = compare(model, read(document | {"revision": "2"}))
    assert found.changes == ()
    assert (found.count.won, found.count.lost) == (0, 0)
    assert found.count.before == found.count.after == count(model)


def test_each_difference_is_named_with_what_was_and_what_is(document):
    before = read(document)
    document["base_price"] = 120
    document["features"][0]["options"][1]["price"] = 350
    document["features"][2]["options"].pop()
    document["features"].append({"code": "bag", "name": "Bag", "kind": "optional", "options": [{"code": "b", "name": "Bag"}]})
    document["rules"][0]["text"] = "Sockets fit"
    document["rules"] = [rule for rule in document["rules"] if rule["name"] != "long"]
    document["lines"] = []
    found = {(c.what, c.code, c.sort): c.fields for c in compare(before, read(document)).changes}
    assert found == {
        ("model", "tower", "changed"): (("base_price", "99.50", "120"),),
        ("feature", "bag", "added"): (),
        ("option", "cpu i9", "changed"): (("price", "300", "350"),),
        ("option", "gpu g2", "removed"): (),
        ("option", "bag b", "added"): (),
        ("rule", "socket", "changed"): (("text", "The processor must fit the board.", "Sockets fit"),),
        ("rule", "long", "removed"): (("rule", "gpu.length > 320 -> fans >= 2", None),),
        ("line", "BRACKET", "removed"): (),
    }


def test_prices_that_changed_are_told_by_themselves(document):
    before = read(document)
    document["features"][0]["options"][1]["price"] = 350
    assert compare(before, read(document)).prices == (("option", "cpu i9", "300", "350"),)


def test_configurations_won_and_lost_are_those_that_one_revision_alone_allows(document):
    before, engine = read(document), Configurator(read(document))
    document["rules"].append({"name": "new", "rule": "fans >= 1"})
    document["rules"][2]["rule"] = "gpu.length > 320 -> fans >= 3"
    after = Configurator(read(document))
    ours, theirs = list(engine.each(10_000)), list(after.each(10_000))
    found = compare(before, after.model).count
    assert (found.before, found.after) == (len(ours), len(theirs))
    assert found.lost == sum(values not in theirs for values in ours) > 0
    assert found.won == sum(values not in ours for values in theirs) == 0


def test_a_feature_left_out_loses_only_what_had_chosen_of_it(document):
    before = read(document)
    document["features"] = [feature for feature in document["features"] if feature["code"] != "gpu"]
    document["rules"] = [rule for rule in document["rules"] if rule["name"] != "long"]
    document["lines"] = []
    found = compare(before, read(document)).count
    with_card = sum(values["gpu"] != "none" for values in Configurator(before).each(10_000))
    assert (found.lost, found.before - found.lost) == (with_card, found.after)


def test_configurations_are_counted_in_compiled_form_as_one_by_one(document):
    document["features"] = [feature for feature in document["features"] if feature["code"] != "engraving"]
    document["rules"] = [rule for rule in document["rules"] if rule["name"] != "engraving"]
    document["operations"] = []
    model = read(document)
    assert count(model) == sum(1 for _ in Configurator(model).each(100_000))


def test_texts_are_not_counted(document):
    document["rules"] = [rule for rule in document["rules"] if rule["name"] != "engraving"]
    document["operations"] = []
    with_text = count(read(document))
    document["features"] = [feature for feature in document["features"] if feature["code"] != "engraving"]
    assert with_text == count(read(document))


@settings(max_examples=120, deadline=None)
@given(models(), models())
def test_won_and_lost_are_counted_as_one_by_one_whatever_changed(before, after):
    """Features of all kinds that keep their kind or change it, come or go, with other options and other rules."""
    engines = Configurator(before), Configurator(after)
    found = [list(engine.each(10_000)) for engine in engines]
    expected = Count(
        before=len(found[0]),
        after=len(found[1]),
        won=sum(not still_valid(engines[0], values) for values in found[1]),
        lost=sum(not still_valid(engines[1], values) for values in found[0]),
    )
    assert compare(before, after).count == expected


def test_numbers_of_any_size_are_told_exactly():
    features = [
        {"code": f"f{n}", "name": "F", "kind": "many", "options": [{"code": f"o{k}", "name": "O"} for k in range(10)]}
        for n in range(9)
    ]
    document = {"code": "m", "name": "M", "end_item": "E", "revision": "1", "base_price": 1, "currency": "EUR"}
    before = read(document | {"features": features})
    after = read(document | {"features": features, "rules": [{"name": "r", "rule": "count(f0) <= 9"}]})
    found = compare(before, after).count
    assert (found.before, found.after) == (2**90, 2**90 - 2**80)
    assert (found.won, found.lost) == (0, 2**80)


def test_rules_that_are_too_large_are_not_counted(document, monkeypatch):
    monkeypatch.setattr(counting, "BUDGET", Budget(nodes=10, seconds=5.0))
    model = read(document)
    assert compare(model, model).count is None
    assert count(model) is None


def test_each_configuration_is_found_once_and_is_valid(document):
    engine = Configurator(read(document))
    found = [tuple(values.items()) for values in engine.each(10_000)]
    assert len(found) == len(set(found)) == count(engine.model)
    assert all(engine.allows(dict(values)) for values in found[::50])


def test_an_ordered_configuration_is_judged_under_another_revision(document):
    ordered = Configurator(read(document)).configuration({"cpu": "i9", "extras": ["b"]}).as_dict()
    document["rules"].append({"name": "calm", "rule": "cpu = i9 -> not extras contains b"})
    assert not still_valid(Configurator(read(document)), ordered)
    assert still_valid(Configurator(read(document)), ordered | {"extras": ["c"]})
    assert not still_valid(Configurator(read(document)), ordered | {"cpu": "i7"})
